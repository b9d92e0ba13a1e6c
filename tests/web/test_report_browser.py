"""Reports in a real browser: accessible, within the policy, no wider than a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.report_offer import OFFERS
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_every_report_is_accessible_and_fits(
    browser: Browser, live_site: LiveSite, clock: FixedClock, width: int
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.MANAGER)
    with window(browser, live_site.address, width=width) as opened:
        page = opened.page
        opened.open("/sign-in")
        page.locator("#email").fill("manager@quy.example.vn")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Báo cáo").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Báo cáo và sổ kế toán")
        opened.assert_accessible()
        for name in OFFERS:
            opened.open(f"/reports/{name}")
            expect(page.get_by_role("link", name="Tải Excel")).to_be_visible()
            opened.assert_accessible()
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
