"""A contract typed in a real browser: the schedule follows; wide and on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import a_user

pytestmark = pytest.mark.browser


def test_a_contract_is_typed_kept_and_submitted(
    browser: Browser, live_site: LiveSite, clock: FixedClock
) -> None:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        a_user(session, Role.OFFICER)
    with window(browser, live_site.address, width=390) as opened:
        page = opened.page
        opened.enter()
        opened.open("/contract/new")
        page.fill("#q", "dang")
        expect(page.locator("#choices a")).to_have_count(1)
        opened.assert_accessible()
        page.locator("#choices a").click()

        page.fill("#contract_number", "09/2020/HĐTD")
        page.select_option("#source", "QUY")
        page.fill("#amount", "120tr")
        page.fill("#rate", "12")
        page.fill("#term_months", "12")

        # 7 months of 31 days at 1.223.014, 4 of 30 at 1.183.562, one of 28 at 1.104.658.
        expect(page.locator("#schedule tfoot")).to_contain_text("14.400.004")
        opened.assert_in_order()
        page.get_by_role("button", name="Lưu dự thảo").click()
        opened.assert_accessible()
        page.get_by_role("button", name="Trình duyệt").click()
        expect(page.get_by_text("đang chờ lãnh đạo duyệt")).to_be_visible()
