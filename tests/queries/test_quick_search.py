"""The first ten of the quick search: the right loan first."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.money import Money
from loanfund.queries._loan_row import Plain
from loanfund.queries._standing import Moment
from loanfund.queries.quick_search import MOST, quick_search
from tests.books import a_small_book, the_2020_book
from tests.builders import a_loan, repaid
from tests.statement_count import counting

JUNE = Moment(date(2020, 6, 1))


def test_a_result_tells_one_loan_from_the_next(session: Session, clock: FixedClock) -> None:
    a_small_book(session, clock)

    (found,) = quick_search(session, JUNE, "dang")

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

    assert [one.contract_number for one in quick_search(session, JUNE, "htx an")][:2] == [
        "01/2020/HĐTD",
        "02/2020/HĐTD",
    ]
    assert quick_search(session, JUNE, "00/2020")[0].plain is Plain.CLOSED


def test_ten_at_most_in_a_handful_of_queries(
    session: Session, clock: FixedClock, engine: Engine
) -> None:
    the_2020_book(session, clock)
    session.expire_all()

    with counting(engine) as sent:
        found = quick_search(session, JUNE, "htx")

    assert len(found) == MOST
    assert len(sent) <= 6
