"""The overview in a real browser: accessible, nothing refused by the policy, both widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import a_user

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_the_overview_is_accessible_and_its_pictures_lead_to_loans(
    browser: Browser, live_site: LiveSite, clock: FixedClock, width: int
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.MANAGER)
    with window(browser, live_site.address, width=width) as opened:
        page = opened.page
        opened.enter(Role.MANAGER)
        page.get_by_role("link", name="Tổng quan").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tổng quan")
        for twin in page.get_by_text("Xem bảng số").all():
            twin.click()
        opened.assert_in_order()

        opened.open("/dashboard?source=QUY&as_of=2020-05-31")
        page.locator("#groups-picture-text").wait_for(state="attached")
        page.locator("svg.chart a").filter(visible=True).last.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "/loans?" in page.url
