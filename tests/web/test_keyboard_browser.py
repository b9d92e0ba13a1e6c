"""A repayment from the first page to its correction by keyboard alone (UX-01 … UX-12)."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from tests.browser import LiveSite, Window, window
from tests.builders import a_borrower, a_fund, a_loan, a_source, repaid
from tests.papers import words_of
from tests.people import a_user

pytestmark = pytest.mark.browser
MOST_TABS = 60


@pytest.fixture
def book(live_site: LiveSite, clock: FixedClock) -> None:
    """100 million at 6 %: April's 509 589 and May's 493 151 are due, the rest is paid."""
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
        fund = a_fund(session, clock)
        a_source(fund)
        a_borrower(fund, "HTX Đồng Tâm 3")
        a_borrower(fund, "HTX Hòa Bình")
        a_loan(fund, "01/2020", borrower="htx-dong-tam-3")
        a_loan(fund, "02/2020", borrower="htx-hoa-binh")
        repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
        repaid(fund, "01/2020", date(2020, 3, 10), 476_712)


def tab_to(page: Page, said: str) -> None:
    """Press Tab until the thing that reads so has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if str(page.evaluate("document.activeElement.textContent")).strip().startswith(said):
            return
    pytest.fail(f"Tab never reaches “{said}”")


def find_the_loan(page: Page) -> None:
    """Type a name without its marks into the search that has the focus, and open the loan."""
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("dong tam")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("HTX Đồng Tâm 3")
    page.wait_for_load_state()


def record_ahead(page: Page, amount: str, grouped: str) -> None:
    """From the loan's page: type an amount, say what becomes of what is too much, and post."""
    page.keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(amount)
    expect(page.locator("#amount")).to_have_value(grouped)
    page.keyboard.press("Enter")
    expect(page.locator("[name=surplus][value=credit]")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("[name=surplus][value=credit]")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ghi thu")).to_be_focused()
    page.keyboard.press("Control+Enter")


def pay_what_is_due(opened: Window) -> None:
    """What is due stands ready, with its words and the lines of its interest."""
    page = opened.page
    heading = page.get_by_role("heading", level=1)
    page.keyboard.press("Enter")
    amount, preview = page.locator("#amount"), page.locator("#preview")
    expect(amount).to_have_value("1.002.740")
    expect(page.locator("#amount-hint")).to_contain_text("Một triệu không trăm linh hai")
    expect(preview.locator("table.interest .charge-head")).to_have_count(2)
    expect(preview.locator("table.interest")).to_contain_text("10/03/2020")

    # A digit typed into the middle: thousands are grouped, the caret stays behind it.
    page.keyboard.press("End")
    for _ in "002.740":
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("5")
    expect(amount).to_have_value("15.002.740")
    page.keyboard.press("Backspace")
    expect(amount).to_have_value("1.002.740")

    # Enter leads to the button that names the act; Ctrl+Enter presses it.
    page.keyboard.press("Enter")
    post = page.get_by_role("button", name="Ghi thu")
    expect(post).to_be_focused()
    expect(post).to_have_text("Ghi thu 1.002.740\N{NO-BREAK SPACE}đ – HTX Đồng Tâm 3")
    page.keyboard.press("Control+Enter")
    expect(heading).to_contain_text("TTG-2020/000003")


def print_it(opened: Window) -> None:
    """The paper right after, and then the search for the next payment."""
    page = opened.page
    served = page.context.expect_event("response", lambda one: one.url.endswith(".pdf"))
    with served as answer, page.expect_popup() as popup:
        page.keyboard.press("Control+p")
    printed = page.request.get(answer.value.url).body()
    popup.value.close()
    text = words_of(printed)
    assert "CHỨNG TỪ THU TIỀN GỬI" in text
    assert "1.002.740" in text
    expect(page.get_by_role("link", name="Thu khoản tiếp")).to_be_focused()
    page.keyboard.press("Enter")


def pay_it_again(opened: Window) -> None:
    """The same once more is stopped beside the first one, whose number is a Tab away."""
    page = opened.page
    heading = page.get_by_role("heading", level=1)
    find_the_loan(page)
    record_ahead(page, "1002740", "1.002.740")
    expect(page.locator("[role=alert]")).to_contain_text("TTG-2020/000003")
    opened.assert_accessible()
    tab_to(page, "TTG-2020/000003")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("TTG-2020/000003")


def take_it_back(opened: Window) -> None:
    """With a reason, after seeing what stands again."""
    page = opened.page
    heading = page.get_by_role("heading", level=1)
    tab_to(page, "Hoàn")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Số liệu sau khi hoàn")
    # 1 002 740 and the 22 days since 10/05: 100 million × 6 % × 22/365 = 361 644.
    expect(page.locator("table.picture")).to_contain_text("1.364.384")
    tab_to(page, "– Hãy chọn –")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("gõ nhầm khoản vay")
    page.keyboard.press("Control+Enter")
    expect(heading).to_contain_text("đã hoàn")


def correct_the_first(opened: Window) -> None:
    """What was too much in February pays March, whose own money becomes credit: seen first."""
    page = opened.page
    heading = page.get_by_role("heading", level=1)
    page.keyboard.press("Control+k")
    find_the_loan(page)
    tab_to(page, "TTG-2020/000001")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("TTG-2020/000001")
    tab_to(page, "Sửa")
    page.keyboard.press("Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("1000000")
    expect(page.locator("#preview").locator("table.ledger ins").first).to_be_visible()
    expect(page.locator("#preview")).to_contain_text("10/03/2020")
    opened.assert_accessible()
    tab_to(page, "– Hãy chọn –")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("đếm lại tiền")
    page.keyboard.press("Enter")
    keep = page.get_by_label("Giữ lại cho kỳ tới")  # beyond what falls due next: a decision
    expect(keep).to_be_focused()
    page.keyboard.press("Space")
    expect(keep).to_be_checked()
    expect(page.locator("[data-post]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(heading).to_contain_text("TTG-2020/000004")
    expect(page.locator("main")).to_contain_text("TTG-2020/000001")
    opened.assert_accessible()


def test_a_whole_repayment_by_keyboard(
    browser: Browser, live_site: LiveSite, book: None
) -> None:
    assert book is None
    with window(browser, live_site.address) as opened:
        opened.enter()
        page = opened.page
        expect(page.get_by_role("heading", level=1)).to_contain_text("Việc hôm nay")
        opened.assert_accessible()
        page.keyboard.press("Enter")
        find_the_loan(page)
        pay_what_is_due(opened)
        print_it(opened)
        pay_it_again(opened)
        take_it_back(opened)
        correct_the_first(opened)
