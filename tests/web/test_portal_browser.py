"""The cooperative's pages as a phone shows them: 360 px wide, with JavaScript switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from tests.books import a_small_book
from tests.browser import LiveSite, window
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser
LATE, IN_ORDER = "late@htx.vn", "in-order@htx.vn"
NEW = "năm con mèo nằm trên mái"
# What somebody presses with a thumb; a link inside a sentence is no target of its own.
FIRST_VIEW_BYTES = 150_000  # with signing in, before any compression
SMALL = """[...document.querySelectorAll("a, button, input:not([type=hidden]), summary")]
  .filter(one => !one.closest("p, .skip, .unseen") && !one.matches(".skip, .unseen"))
  .filter(one => one.getBoundingClientRect().height < 44)
  .map(one => one.outerHTML)"""
SMALL_LETTERS = """[...document.querySelectorAll("body *")]
  .filter(one => parseFloat(getComputedStyle(one).fontSize) < 16)
  .map(one => one.outerHTML)"""

# Who has set letters of twice the size reads all of them, none beside its card.
STUCK_OUT = """[...document.querySelectorAll("body *")]
  .filter(one => !one.closest(".unseen, .skip") && one.getClientRects().length)
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1
    || getComputedStyle(one).display != "inline" && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.outerHTML)"""


@pytest.fixture
def address(live_site: LiveSite, clock: FixedClock) -> str:
    with live_site.sessions() as session:
        a_small_book(session, clock)
        for email, code in ((LATE, "hop-tac-xa-anh-duong"), (IN_ORDER, "htx-an")):
            query = select(Borrower.id).where(Borrower.code == code)
            owner = session.scalars(query).one()
            a_user(session, Role.COOPERATIVE, email=email, borrower_id=owner)
    return live_site.address


def enter(page: Page, address: str, email: str, password: str = PASSWORD) -> None:
    page.goto(address)
    page.fill("#email", email)
    page.fill("#password", password)
    page.press("#password", "Enter")
    expect(page.locator(".loan")).to_be_visible()


def test_everything_is_done_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}, has_touch=True
    )
    page = context.new_page()
    enter(page, address, IN_ORDER)
    expect(page.locator("main")).to_contain_text("Kỳ tới 10/06/2020: 509.589 đ (lãi 31 ngày)")

    page.get_by_role("link", name="Xem cách tính").click()
    expect(page.locator("main")).to_contain_text("31 ngày × số dư 100.000.000 đ × 6 %/năm")
    page.get_by_role("link", name="Khoản vay", exact=True).click()
    page.get_by_role("link", name="Tải sao kê PDF").click()
    page.fill("#period_from", "1/3")
    with page.expect_response(lambda answer: "/my/paper/" in answer.url) as answered:
        page.get_by_role("button", name="Tải sao kê PDF").click()
    assert answered.value.headers["content-type"] == "application/pdf"
    name = "Sao-ke_HD-01-2020-HDTD_2020-03-01_2020-06-01.pdf"
    assert f'filename="{name}"' in answered.value.headers["content-disposition"]

    page.goto(f"{address}/password")
    page.fill("#current", PASSWORD)
    page.fill("#password", NEW)
    page.get_by_role("button", name="Đổi mật khẩu").click()
    expect(page.get_by_role("status")).to_contain_text("Mật khẩu đã được đổi")
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator("main")).to_contain_text("Bạn đã đăng xuất")
    enter(page, address, IN_ORDER, NEW)
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_readable_and_fits_a_thumb(
    browser: Browser, address: str, width: int
) -> None:
    with window(browser, address, width=width) as opened:
        page = opened.page
        enter(page, address, LATE)
        paths = ["/my", "/password", "/sessions", "/nothing/here"]
        found = page.locator(".acts a").all()
        paths += [str(link.get_attribute("href")) for link in found]

        for path in (one for one in paths if one.startswith("/")):
            opened.open(path)
            opened.assert_in_order()
            assert page.evaluate(SMALL) == [], path
            assert page.evaluate(SMALL_LETTERS) == [], path
            page.evaluate("document.documentElement.style.fontSize = '34px'")
            assert page.evaluate(STUCK_OUT) == [], path
            assert page.evaluate(SMALL_LETTERS.replace("16", "31")) == [], path


def test_the_first_view_is_light(browser: Browser, address: str) -> None:
    weights: dict[str, int] = {}

    def weigh(answer: Response) -> None:
        weights[answer.url] = int(answer.headers["content-length"])

    with window(browser, address, width=360) as opened:
        opened.page.on("response", weigh)
        enter(opened.page, address, LATE)

    assert sum(weights.values()) <= FIRST_VIEW_BYTES, weights
    assert any(".css" in url for url in weights)
