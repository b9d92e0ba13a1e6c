"""The first ten of the quick search: the right loan first."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.queries._loan_row import Plain
from loanfund.queries._standing import Moment
from loanfund.queries.borrower_list import AskedBorrowers, borrower_list
from loanfund.queries.loan_list import ALL, Asked, loan_list
from loanfund.queries.quick_search import MOST, FoundBorrower, FoundLoan, quick_search
from loanfund.queries.voucher_search import FoundVoucher
from tests.books import a_small_book, the_2020_book
from tests.builders import a_borrower, a_loan, repaid
from tests.statement_count import counting

JUNE = Moment(date(2020, 6, 1))


def test_a_result_tells_one_loan_from_the_next(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    (found,) = quick_search(session, JUNE, "dang")

    assert isinstance(found, FoundLoan)
    assert (found.borrower, found.contract_number) == ("HTX Đặng", "03/2020/HĐTD")
    assert (found.source, found.plain) == ("VIEC", Plain.OVERDUE)
    assert found.outstanding == Money(104_457_534)
    assert found.to_pay.next_amount == Money(10_509_589)
    assert (found.days_past_due, found.to_pay.arrears) == (27, Money(5_000_000))


@pytest.mark.parametrize("typed", ["", "  ", "/-.", "không có ai"])
def test_nothing_typed_or_nobody_meant_finds_nothing(
    session: Session, clock: FixedClock, typed: str
) -> None:
    a_small_book(session, clock)

    assert quick_search(session, JUNE, typed) == ()


def test_running_loans_come_before_closed_ones(session: Session, clock: FixedClock) -> None:
    fund = a_small_book(session, clock)
    a_loan(fund, "00/2020", borrower="htx-an", amount=1_000_000)
    repaid(fund, "00/2020", date(2020, 6, 1), 2_000_000)

    loans = [one for one in quick_search(session, JUNE, "htx an") if isinstance(one, FoundLoan)]
    assert [one.contract_number for one in loans][:2] == ["01/2020/HĐTD", "02/2020/HĐTD"]
    (closed,) = quick_search(session, JUNE, "00/2020")
    assert isinstance(closed, FoundLoan)
    assert closed.plain is Plain.CLOSED


@pytest.mark.parametrize(
    "typed",
    [
        "dong tam", "tam dong", "hợp tác xã đồng tâm", "HTX Đồng", "htx-dong-tam", "0123",
        "nguyen thi huong", "Hường", "huong dong", "2400123456", "2400 123 456", "5678",
        "0912345678", "0912 345 678", "0912.34.56.78", "+84 912 345 678", "0084912345678",
    ],
)  # fmt: skip
def test_whatever_is_known_of_a_borrower_finds_it_everywhere(
    session: Session, clock: FixedClock, typed: str
) -> None:
    fund = a_small_book(session, clock)
    known = {
        "tax_code": "2400123456",
        "legal_representative": "Nguyễn Thị Hường",
        "phone": "+84 912.345.678",
    }
    code = a_borrower(fund, "HTX Đồng Tâm", **known)

    (alone,) = quick_search(session, JUNE, typed)
    a_loan(fund, "09/2020", borrower="htx-dong-tam", amount=1_000_000)
    (lent,) = quick_search(session, JUNE, typed)
    loans = loan_list(session, JUNE, Asked(q=typed, status=ALL)).rows
    borrowers = borrower_list(session, JUNE, AskedBorrowers(q=typed)).rows

    assert isinstance(alone, FoundBorrower)
    assert (alone.code, alone.legal_representative) == (code, "Nguyễn Thị Hường")
    assert isinstance(lent, FoundLoan)
    assert lent.contract_number == "09/2020"
    assert [row.facts.contract_number for row in loans] == ["09/2020"]
    assert [row.facts.code for row in borrowers] == [code]


def test_ten_at_most_in_a_handful_of_queries(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    the_2020_book(session, clock)
    session.expire_all()

    with counting(engine) as sent:
        found = quick_search(session, JUNE, "htx")

    assert len(found) == MOST
    assert len(sent) <= 6


@pytest.mark.parametrize("typed", ["TTG-2020/000002", "ttg 2", "TTG 2020/2", "ttg000002"])
def test_a_voucher_is_found_by_its_number_however_it_is_typed(
    session: Session, clock: FixedClock, typed: str
) -> None:
    a_small_book(session, clock)

    (found, *_) = quick_search(session, JUNE, typed)

    assert isinstance(found, FoundVoucher)
    assert (found.number, found.borrower) == ("TTG-2020/000002", "HTX An")
    assert (found.value_date, found.amount) == (date(2020, 3, 10), Money(476_712))


def test_a_voucher_of_another_book_is_found_by_the_number_that_it_brought(
    read_2020: Session,
) -> None:
    (found, *_) = quick_search(read_2020, JUNE, "pt 6")

    assert isinstance(found, FoundVoucher)
    assert found.number == "PT00006"
