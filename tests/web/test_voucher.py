"""Printing vouchers: a POST keeps the paper, the GET serves it, a further print is a copy."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.document import Document
from loanfund.services.reversal import Reverse, reverse
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.papers import words_of
from tests.prepared import prepared
from tests.site import Browser, Site
from tests.web.test_repayment import hidden, path, plain


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A loan on which one payment was made."""
    fund = a_lending_fund(session, clock)
    a_loan(fund)
    repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
    return fund


def printed(browser: Browser, fund: Fund, sequence: int = 2) -> str:
    """Press the button of the page, and give the address of the file."""
    page = browser.get(path(fund, f"/voucher/{sequence}"))
    if page.status_code == 302:
        page = browser.get(page.headers["Location"])
    key = hidden(page.text)["request_key"]
    address = path(fund, f"/voucher/{sequence}/print")
    answer = browser.post(address, {"request_key": key})
    again = browser.post(address, {"request_key": key})
    assert answer.status_code == 302, answer.text
    assert again.headers["Location"] == answer.headers["Location"]
    return answer.headers["Location"]


def said(browser: Browser, address: str) -> str:
    return words_of(browser.get(address).data)


def prints(fund: Fund) -> int:
    return fund.session.scalar(select(func.count()).select_from(Document)) or 0


def test_a_receipt_is_printed_kept_and_served(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    address = printed(browser, fund)
    file = browser.get(address)

    assert address == "/voucher/TTG-2020/000001.pdf"
    assert file.mimetype == "application/pdf"
    name = file.headers["Content-Disposition"]
    assert name.startswith('inline; filename="Chung-tu_TTG-2020-000001_01-2020.pdf"')
    assert file.data == browser.get(address).data
    assert "CHỨNG TỪ THU TIỀN GỬI" in said(browser, address)
    assert "https://quy.example.vn/verify/" in said(browser, address)
    page = plain(browser.get(path(fund, "/receipt/2")))
    assert "In lại (lần 1)" in page
    assert f'href="{address}"' in page
    assert prints(fund) == 1


def test_the_next_print_says_which_copy_it_is(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.ACCOUNTANT)
    printed(browser, fund)

    second, third = printed(browser, fund), printed(browser, fund)

    assert "In lại lần 1" in said(browser, second)
    assert "In lại lần 2" in said(browser, third)
    assert "in lại lần 2" in plain(browser.get(path(fund, "/receipt/2")))


def test_a_receipt_taken_back_prints_struck(site: Site, fund: Fund) -> None:
    undo = Reverse(contract_number="01/2020", sequence=2, reason="Tiền không về")
    reverse(fund.session, undo, fund.officer, fund.clock)
    browser = site.sign_in(Role.OFFICER)

    found = said(browser, printed(browser, fund))

    assert "ĐÃ HỦY" in found
    assert "Chứng từ đã hủy theo PKT-2020/000001" in found
    assert "Tiền không về" in found


def test_money_that_left_has_a_page_and_a_payment_voucher(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.MANAGER)

    page = plain(browser.get(path(fund, "/voucher/1")))
    found = said(browser, printed(browser, fund, 1))

    assert path(fund, "/voucher/1") in browser.get(path(fund, "")).text
    assert "Chứng từ chi tiền gửi" in page
    assert "đợt 1" in page
    assert "Một trăm triệu đồng" in page
    assert "CHỨNG TỪ CHI TIỀN GỬI" in found
    assert browser.get(path(fund, "/voucher/2")).status_code == 302


def test_looking_prints_nothing_and_a_reader_has_no_button(site: Site, fund: Fund) -> None:
    auditor = site.sign_in(Role.AUDITOR)

    page = auditor.get(path(fund, "/receipt/2"))

    assert page.status_code == 200
    assert "data-paper" not in page.text
    assert auditor.post(path(fund, "/voucher/2/print"), {}).status_code == 403
    assert prints(fund) == 0
    assert auditor.get("/voucher/TTG-2020/000001.pdf").status_code == 404


def test_without_a_token_nothing_is_printed(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)

    answer = browser.post(path(fund, "/voucher/2/print"), {"csrf_token": "x"})

    assert answer.status_code == 400
    assert prints(fund) == 0
