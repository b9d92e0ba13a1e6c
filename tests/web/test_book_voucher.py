"""Vouchers of capital and of closed months: issued once, and as the journal has it."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalMovement
from loanfund.models.document import Document
from loanfund.models.ledger import LedgerEntry
from loanfund.queries._recorded import gaps_of_numbers
from loanfund.services._capital import MoveCapital, UndoCapital
from loanfund.services.capital import move_capital, reverse_movement
from tests.books import a_small_book
from tests.builders import Fund
from tests.papers import words_of
from tests.prepared import prepared
from tests.services.months import closed
from tests.site import Browser, Site

APRIL = date(2020, 4, 30)
AMOUNT = r"\d{1,3}(?:\.\d{3})+"
MONTH = "/period/2020-04"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Three loans of two sources, and the months through April closed."""
    fund = a_small_book(session, clock)
    closed(fund, APRIL)
    return fund


@pytest.fixture
def accountant(site: Site, fund: Fund) -> Browser:
    assert fund.accountant.role is Role.ACCOUNTANT
    return site.sign_in(Role.ACCOUNTANT)


def booked(fund: Fund, cause: str) -> list[int]:
    """What the journal of April has of a cause, each transfer."""
    query = select(LedgerEntry.amount).where(
        LedgerEntry.cause.startswith(cause),
        LedgerEntry.booking_date.between(date(2020, 4, 1), APRIL),
    )
    return [amount.dong for amount in fund.session.scalars(query)]


def amounts(words: str) -> list[int]:
    """The amounts of the table of a voucher, its sum last."""
    table = words.partition("Số tiền (đồng)")[2] or words.partition("TK Có")[2]
    return [int(one.replace(".", "")) for one in re.findall(AMOUNT, table)]


@pytest.mark.parametrize(
    ("booking", "causes"),
    [
        ("interest", ["charge:"]),
        ("provision", ["provision:"]),
        ("transfer", ["overdue:", "off_balance:", "credit:"]),
    ],
)
def test_a_month_has_one_journal_voucher_of_a_kind_that_adds_up_to_the_journal(
    accountant: Browser, fund: Fund, booking: str, causes: list[str]
) -> None:
    accountant.get(MONTH)

    first = accountant.post(f"{MONTH}/voucher/{booking}").location
    again = accountant.post(f"{MONTH}/voucher/{booking}").location

    words = words_of(accountant.get(first).data)
    *lines, last = amounts(words)
    assert again == first
    assert re.search(r"/voucher/PKT-2020/\d{6}\.pdf$", first)
    assert sum(sum(booked(fund, one)) for one in causes) == sum(lines) == last > 0
    assert "Thông tư" not in words  # which has a form for cash alone
    assert fund.accountant.name in words
    assert fund.manager.name in words
    assert "Ngày 30 tháng 04 năm 2020" in words


def test_every_entry_of_a_closed_month_names_its_voucher(accountant: Browser) -> None:
    """Whatever caused it, in the journal and in the account's ledger."""
    accountant.get(MONTH)
    journal = "/reports/journal?from=2020-04-01&to=2020-04-30"
    ledger = "/reports/account_ledger?account=provision_expense&from=2020-04-01&to=2020-04-30"
    before = numbers_of(accountant.get(journal).text)

    papers = {
        one: accountant.post(f"{MONTH}/voucher/{one}").location
        for one in ("provision", "interest", "transfer")
    }

    after = numbers_of(accountant.get(journal).text)
    assert before.count("") > 0
    assert "" not in after
    for paper in papers.values():
        assert re.findall(r"PKT-2020/\d{6}", paper)[0] in after
    assert re.findall(r"PKT-2020/\d{6}", papers["provision"])[0] in accountant.get(ledger).text
    assert "Dự phòng rủi ro tháng 04/2020" in accountant.get(journal).text


def numbers_of(journal: str) -> list[str]:
    """The voucher of each entry, as the page has it."""
    rows = re.findall(r"<tr\b.*?</tr>", journal, re.DOTALL)
    cells = [re.findall(r"<td\b[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [re.sub(r"<[^>]*>", "", row[2]).strip() for row in cells if len(row) == 13]


def test_capital_through_the_bank_has_a_receipt_and_a_payment_each_once(
    accountant: Browser, fund: Fund
) -> None:
    movements = fund.session.scalars(select(CapitalMovement).order_by(CapitalMovement.id)).all()
    accountant.get("/capital")

    found = {
        one.id: accountant.post(f"/capital/{one.id}/voucher").location for one in movements
    }
    again = [accountant.post(f"/capital/{one.id}/voucher").location for one in movements]

    assert again == list(found.values())
    for one in movements:
        words = words_of(accountant.get(found[one.id]).data)
        assert "CHỨNG TỪ THU TIỀN GỬI" in words
        assert f"{one.amount.dong:,}".replace(",", ".") in words
        assert one.contributor in words
    assert len(set(found.values())) == len(movements)
    count = select(func.count()).select_from(Document).where(Document.loan_id.is_(None))
    assert fund.session.scalar(count) == len(movements)
    codes = fund.session.scalars(select(Document.code)).all()
    pages = [accountant.get(f"/verify/{code}") for code in codes]
    assert [one.status_code for one in pages] == [200] * len(movements)


def test_money_moved_has_its_voucher_from_the_booking_on_in_every_book(
    accountant: Browser, fund: Fund
) -> None:
    """Nothing was printed, and yet each place cites the number, and what undoes it its own."""
    moved = MoveCapital(
        source_code="QUY",
        value_date=date(2020, 6, 1),
        amount=Money(400_000_000),
        contributor="UBND tỉnh",
        note="Theo CV 77",
    )
    wrong = move_capital(fund.session, moved, fund.accountant, fund.clock, fund.manager)
    places = (
        "/capital",
        "/reports/journal?from=2020-06-01&to=2020-06-01",
        "/reports/cash_book?from=2020-06-01&to=2020-06-01",
        "/reports/account_ledger?account=capital&from=2020-06-01&to=2020-06-01",
        "/reports/daily_list?as_of=2020-06-01",
    )
    assert re.fullmatch(r"TTG-2020/\d{6}", wrong.number)
    for place in places:
        assert wrong.number in accountant.get(place).text, place
    accountant.get("/capital")
    printed = accountant.post(f"/capital/{wrong.id}/voucher").location
    clean = words_of(accountant.get(printed).data)

    asked = UndoCapital(movement_id=wrong.id, reason="Ghi nhầm nguồn")
    undo = reverse_movement(fund.session, asked, fund.accountant, fund.clock, fund.manager)

    assert re.fullmatch(r"PKT-2020/\d{6}", undo.number)
    for place in places[:-1]:
        seen = accountant.get(place).text
        assert undo.number in seen, place
        assert place == places[0] or f"Hoàn {wrong.number}" in seen, place
    assert "Ghi nhầm nguồn" in accountant.get("/capital").text
    struck = accountant.post(f"/capital/{wrong.id}/voucher").location
    assert accountant.post(f"/capital/{wrong.id}/voucher").location == struck
    again = words_of(accountant.get(struck).data)
    reversal = words_of(
        accountant.get(accountant.post(f"/capital/{undo.id}/voucher").location).data
    )
    assert "ĐÃ HỦY" not in clean
    assert "Số tiền trong bảng cân đối" not in clean
    assert "Nội dung: Theo CV 77" in clean
    for words in (again, reversal):
        assert wrong.number in words
        assert undo.number in words
        assert "Ghi nhầm nguồn" in words
    assert "ĐÃ HỦY" in again
    assert "In lại lần 1" in again
    assert "PHIẾU KẾ TOÁN" in reversal
    assert "Bên trả tiền" not in reversal
    assert list(gaps_of_numbers(fund.session)) == []


def test_an_open_month_and_what_was_not_booked_have_no_voucher(accountant: Browser) -> None:
    accountant.get("/period")

    assert accountant.post("/period/2020-05/voucher/interest").status_code == 404
    assert accountant.post(f"{MONTH}/voucher/capital").status_code == 404
    assert accountant.post("/capital/999/voucher").status_code == 404


def test_a_voucher_of_the_books_is_no_cooperatives(
    site: Site, accountant: Browser, session: Session
) -> None:
    accountant.get(MONTH)
    paper = accountant.post(f"{MONTH}/voucher/interest").location

    auditor = site.sign_in(Role.AUDITOR)
    auditor.get(MONTH)
    assert auditor.get(paper).status_code == 200
    assert auditor.post(f"{MONTH}/voucher/interest").status_code == 403
    borrower = session.scalars(select(Borrower.id)).first()
    cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=borrower)
    assert cooperative.get(paper).status_code == 404
