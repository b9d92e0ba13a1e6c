"""From the search to the receipt by keyboard, in a real browser; and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.loan import Loan
from loanfund.wording import dmy
from loanfund.wording.reading import read_amount, read_day
from tests.browser import LiveSite, Window, window
from tests.builders import a_borrower, a_fund, a_loan, a_source, repaid
from tests.papers import words_of
from tests.people import PASSWORD, a_user

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
NAME = "HTX Đồng Tâm <b>3</b>"
TODAY = date(2020, 6, 1)
SHORT_DAYS = {
    "5/3": "05/03/2020",
    "3112": "31/12/2019",
    "2.6.20": "02/06/2020",
    "1-7": "01/07/2020",
}
SHORT_AMOUNTS = {"2500k": "2.500.000", "1 tỷ 2": "1.200.000.000", "2,25 triệu": "2.250.000"}


@pytest.fixture
def loan_id(live_site: LiveSite, clock: FixedClock) -> int:
    """A loan of 100 million at 6 % in arrears since March, and another cooperative's."""
    with live_site.sessions() as session:
        a_user(session, Role.OFFICER)
        fund = a_fund(session, clock)
        a_source(fund)
        a_borrower(fund, NAME, code="dong-tam")
        a_borrower(fund, "HTX Hòa Bình")
        a_loan(fund, "02/2020", borrower="htx-hoa-binh")
        a_loan(fund, borrower="dong-tam")
        repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
        return session.scalars(select(Loan.id).where(Loan.contract_number == "01/2020")).one()


@pytest.fixture(params=WIDTHS)
def opened(
    request: pytest.FixtureRequest, browser: Browser, live_site: LiveSite, loan_id: int
) -> Iterator[Window]:
    assert loan_id
    with window(browser, live_site.address, width=request.param) as opened:
        opened.enter()
        yield opened


def test_a_payment_as_due_takes_few_keys_and_no_mouse(
    browser: Browser, live_site: LiveSite, loan_id: int
) -> None:
    with window(browser, live_site.address) as opened:
        opened.enter()
        page = opened.page
        pressed = ["Control+k", "Enter", "Enter", "Enter", "Control+Enter"]
        page.keyboard.press(pressed[0])
        page.keyboard.type("dong tam")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press(pressed[1])
        expect(page).to_have_url(f"{live_site.address}/loan/{loan_id}")
        page.wait_for_load_state()
        page.keyboard.press(pressed[2])
        expect(page.locator("#amount")).to_be_focused()
        expect(page.locator("#amount")).to_have_value("1.479.452")
        page.keyboard.press(pressed[3])
        post = page.get_by_role("button", name="Ghi thu")
        expect(post).to_be_focused()
        expect(post).to_have_text(f"Ghi thu 1.479.452\N{NO-BREAK SPACE}đ – {NAME}")
        opened.assert_accessible()

        page.keyboard.press(pressed[4])

        expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
        assert len(pressed) <= 6
        opened.assert_accessible()


def test_the_preview_follows_what_is_typed(opened: Window, loan_id: int) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/repay")
    amount = page.locator("#amount")
    expect(page.locator("#amount-hint")).to_contain_text("Một triệu bốn trăm")
    for day, due in (("9/5", "986.301"), ("1/6", "1.479.452")):  # nobody typed an amount
        page.locator("#value_date").fill(day)
        expect(page.get_by_role("button", name="Ghi thu")).to_contain_text(due)
        expect(amount).to_have_value(due)

    amount.fill("")
    amount.press_sequentially("1900000")
    expect(amount).to_have_value("1.900.000")
    expect(page.locator("#amount-hint")).to_have_text("Một triệu chín trăm nghìn đồng")
    expect(page.get_by_role("button", name="Ghi thu")).to_contain_text("1.900.000")
    expect(page.locator("#preview")).to_contain_text("Tiền thừa")
    expect(page.get_by_label("Giữ lại cho kỳ tới")).not_to_be_checked()
    expect(page.locator("#preview")).to_contain_text("theo hợp đồng: Giữ lại cho kỳ tới")
    opened.assert_in_order()
    page.locator("#value_date").fill("31/5")
    expect(page.locator("#preview")).to_contain_text("Phải trả đến 31/05/2020")
    expect(amount).to_have_value("1.900.000")

    amount.fill("1,5")
    expect(page.locator("#preview .error")).to_contain_text("có thể hiểu hai cách")
    expect(page.get_by_role("button", name="Ghi thu")).to_have_count(0)
    page.locator("#preview [data-fill]").last.click()
    expect(page.locator("#preview")).to_contain_text("tất toán khoản vay")
    opened.assert_accessible()


def test_what_is_typed_short_stands_in_full_and_the_button_stays_under_the_mouse(
    opened: Window, loan_id: int
) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/repay")
    day, amount = page.locator("#value_date"), page.locator("#amount")
    day.fill("31/5")
    amount.fill("")
    amount.press_sequentially("1tr9")
    expect(day).to_have_value("31/05/2020")
    expect(page.locator("#amount-hint")).to_have_text("Một triệu chín trăm nghìn đồng")
    post = page.get_by_role("button", name="Ghi thu")
    expect(post).to_contain_text("1.900.000")
    page.evaluate("document.querySelector('[data-post]').remembered = true")

    amount.evaluate("one => one.blur()")

    expect(amount).to_have_value("1.900.000")
    assert post.evaluate("one => one.remembered")
    for typed, stands in SHORT_DAYS.items():
        day.fill(typed)
        day.evaluate("one => one.blur()")
        expect(day).to_have_value(stands)
        assert dmy(read_day(stands, TODAY)) == dmy(read_day(typed, TODAY, past=True))
    for typed, stands in SHORT_AMOUNTS.items():
        amount.fill(typed)
        amount.evaluate("one => one.blur()")
        expect(amount).to_have_value(stands)
        assert read_amount(stands) == read_amount(typed)


def test_what_becomes_of_a_surplus_is_decided_by_keyboard_before_it_is_posted(
    opened: Window, loan_id: int
) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/repay")
    page.locator("#amount").fill("51.479.452")
    keep, prepay = (page.get_by_label(one) for one in ("Giữ lại cho kỳ tới", "Trả bớt gốc"))
    post = page.get_by_role("button", name="Ghi thu")
    expect(page.locator("#preview")).to_contain_text("Tiền thừa 50.000.000")

    page.locator("#amount").press("Enter")
    meant = page.get_by_label("Đúng là số tiền này")
    expect(meant).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("bán được kho")
    page.keyboard.press("Enter")
    expect(keep).to_be_focused()
    expect(keep).not_to_be_checked()
    expect(prepay).not_to_be_checked()
    expect(post).to_have_count(0)
    opened.assert_accessible()
    opened.assert_in_order()
    page.keyboard.press("ArrowDown")
    expect(post).to_be_visible()
    expect(prepay).to_be_focused()
    expect(prepay).to_be_checked()
    expect(page.locator("#preview")).to_contain_text("50.000.000")
    expect(meant).to_be_checked()
    expect(page.get_by_label("Lý do")).to_have_value("bán được kho")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
    expect(page.locator("main")).to_contain_text("50.000.000")


def test_a_session_that_ends_while_one_types_leaves_no_old_figures(
    opened: Window, loan_id: int
) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/repay")
    expect(page.locator("[data-post]")).to_be_visible()
    page.context.clear_cookies()

    page.locator("#amount").fill("7tr")

    expect(page.locator("[data-said]")).to_contain_text("Phiên làm việc đã kết thúc")
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("[data-post]")).to_have_count(0)
    look = page.locator("[data-look]")
    expect(look).to_be_visible()
    page.keyboard.press("Enter")
    expect(look).to_be_focused()
    opened.assert_accessible()
    page.keyboard.press("Enter")
    expect(page.locator("#password, [name=password]").first).to_be_visible()


def test_the_page_of_a_loan_is_calm_on_every_section(opened: Window, loan_id: int) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}")
    expect(page.locator("#transactions")).to_be_visible()
    expect(page.locator("#schedule")).to_be_hidden()

    for section in ("schedule", "interest", "settlement", "contract", "events", "statements"):
        page.locator(f".sections a[href='#{section}']").click()
        expect(page.locator(f"#{section}")).to_be_visible()
        expect(page.locator("#transactions")).to_be_hidden()
        opened.assert_in_order()
    page.emulate_media(media="print")
    expect(page.locator("#transactions")).to_be_visible()
    expect(page.locator(".top")).to_be_hidden()


def test_a_statement_can_be_read_back(opened: Window, loan_id: int) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/statement")
    opened.assert_accessible()
    issued = page.request.post(
        f"{opened.address}/loan/{loan_id}/statement",
        form={
            "csrf_token": page.locator("[name=csrf_token]").last.input_value(),
            "request_key": page.locator("[name=request_key]").input_value(),
        },
    )

    text = words_of(issued.body())

    assert NAME in text
    assert "509.589" in text
    assert "inline" in issued.headers["content-disposition"]
    opened.open(f"/loan/{loan_id}/statement")
    expect(page.get_by_role("link", name="SK-2020/000001")).to_be_visible()
    opened.assert_accessible()


def test_a_receipt_is_reversed_and_struck(opened: Window, loan_id: int) -> None:
    page = opened.page
    opened.open(f"/loan/{loan_id}/receipt/2")
    opened.assert_in_order()

    page.get_by_role("link", name="Hoàn").click()
    expect(page.locator("main")).to_contain_text("Số liệu sau khi hoàn")
    opened.assert_accessible()
    page.select_option("#why", "loan")
    page.fill("#words", "gõ nhầm khoản vay")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("đã hoàn")
    opened.open(f"/loan/{loan_id}")
    expect(page.locator("#transactions .struck")).to_contain_text("TTG-2020/000001")
    opened.assert_accessible()


def test_a_double_click_posts_once(browser: Browser, live_site: LiveSite, loan_id: int) -> None:
    with window(browser, live_site.address) as opened:
        opened.enter()
        page = opened.page
        opened.open(f"/loan/{loan_id}/repay")

        page.get_by_role("button", name="Ghi thu").dblclick()

        expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
        page.reload()
        opened.open(f"/loan/{loan_id}")
        expect(page.locator("#transactions tbody tr")).to_have_count(3)


def test_it_all_works_without_a_script(
    browser: Browser, live_site: LiveSite, loan_id: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_site.address}/sign-in?next=/loan/{loan_id}/repay")
    page.fill("#email", "officer@quy.example.vn")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.fill("#amount", "1tr")

    page.press("#amount", "Enter")
    expect(page.get_by_role("button", name="Ghi thu")).to_contain_text("1.000.000")
    page.get_by_role("button", name="Ghi thu").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("TTG-2020/000002")
    page.goto(f"{live_site.address}/loan/{loan_id}")
    expect(page.locator("#schedule")).to_be_visible()
    context.close()
