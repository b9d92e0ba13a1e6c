"""Reports in a real browser: accessible, within the policy, no wider than a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.report_offer import OFFERS
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import a_user

pytestmark = pytest.mark.browser


def test_every_report_is_accessible_and_fits(
    browser: Browser, live_site: LiveSite, clock: FixedClock
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.MANAGER)
    with window(browser, live_site.address, width=390) as opened:
        page = opened.page
        opened.enter(Role.MANAGER)
        page.get_by_role("link", name="Báo cáo").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Báo cáo và sổ kế toán")
        for name in OFFERS:
            opened.open(f"/reports/{name}")
            expect(page.get_by_role("link", name="Tải Excel")).to_be_visible()
            opened.assert_in_order()
