"""A payment over a network that fails: its answer or the form itself gets lost on the way."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from tests.browser import LiveSite, Window, window
from tests.builders import a_lending_fund, a_loan, repaid
from tests.people import a_user

pytestmark = pytest.mark.browser


@pytest.fixture
def loan_id(live_site: LiveSite, clock: FixedClock) -> int:
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
        fund = a_lending_fund(session, clock)
        a_loan(fund)
        repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
        return session.scalars(select(Loan.id)).one()


def forget_what_was_cut(opened: Window) -> None:
    """The console complains of the requests that the test cut, and of nothing else."""
    opened.complaints[:] = [one for one in opened.complaints if "net::ERR_FAILED" not in one]


def typed_and_sent(page: Page) -> None:
    page.fill("#amount", "1479452")
    page.fill("#payer", "Bà Tư")
    expect(page.get_by_role("button", name="Ghi thu")).to_contain_text("1.479.452")
    page.keyboard.press("Control+Enter")


def test_an_answer_that_got_lost_is_found_by_the_key(
    browser: Browser, live_site: LiveSite, loan_id: int
) -> None:
    with window(browser, live_site.address) as opened:
        opened.enter()
        page = opened.page
        opened.open(f"/loan/{loan_id}/repay")

        def lose_the_answer(route: Route) -> None:
            route.fetch(max_redirects=0)
            route.abort()

        page.route("**/repay", lose_the_answer)
        typed_and_sent(page)

        expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
        opened.open(f"/loan/{loan_id}")
        expect(page.locator("#transactions tbody tr")).to_have_count(3)
        forget_what_was_cut(opened)


def test_a_form_that_got_lost_is_still_there_and_is_sent_again(
    browser: Browser, live_site: LiveSite, loan_id: int
) -> None:
    with window(browser, live_site.address) as opened:
        opened.enter()
        page = opened.page
        page.clock.install()
        opened.open(f"/loan/{loan_id}/repay")
        lost = ("**/repay", "**/posted.json*")
        for address in lost:
            page.route(address, lambda route: route.abort())

        notice = page.locator("main [role=status].notice:visible")
        expect(notice).to_have_count(0)
        typed_and_sent(page)
        expect(notice).to_contain_text("Đang kiểm tra phiếu…")
        expect(notice).to_contain_text("Chưa nối được với máy chủ")
        page.unroute(lost[1])
        while "Phiếu chưa được ghi" not in notice.inner_text():
            page.clock.fast_forward("00:05")  # as long as the page pauses between questions
        opened.assert_accessible()
        expect(page.locator("#amount")).to_have_value("1.479.452")
        expect(page.locator("#payer")).to_have_value("Bà Tư")
        page.unroute(lost[0])
        page.keyboard.press("Control+Enter")

        expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
        forget_what_was_cut(opened)
