"""One loan on any day, as known at any instant."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, SystemClock
from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money
from loanfund.queries._standing import Moment
from loanfund.queries.contract import last_number
from loanfund.queries.loan import contract_numbers, loan_at
from loanfund.services._contract import Decide
from loanfund.services.contract import cancel_contract
from loanfund.services.restructuring import Amend, restructure
from loanfund.services.reversal import Reverse, reverse
from tests.builders import Fund, a_contract, a_loan, a_source, disbursed, repaid
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY

LOAN = "01/2020"
SIGNED, TODAY = date(2020, 1, 10), date(2020, 6, 1)


@pytest.fixture
def fund(session: Session, clock: FixedClock) -> Fund:
    return a_lender(session, clock)


def position(fund: Fund, day: date, known_at: datetime | None = None) -> Position:
    return loan_at(fund.session, LOAN, Moment(day, known_at)).folded.position()


def test_a_loan_comes_with_the_names_of_those_whom_it_concerns(fund: Fund) -> None:
    a_loan(fund)

    found = loan_at(fund.session, LOAN, Moment(TODAY))

    assert (found.borrower, found.borrower_code) == ("HTX Đồng Tâm", "htx-dong-tam")
    assert (found.source, found.source_name) == ("QUY", "Nguồn QUY")


@pytest.mark.parametrize(
    ("day", "accrued"),
    [
        (SIGNED, 0),
        (date(2020, 1, 11), 20_000),
        (date(2020, 2, 9), 30 * 20_000),
        (date(2020, 2, 10), 0),
        (date(2021, 1, 9), 30 * 20_000),  # a day to come, for one loan a quote
    ],
)
def test_interest_accrues_by_the_day(fund: Fund, day: date, accrued: int) -> None:
    a_loan(fund, **AT_20_000_A_DAY)

    assert position(fund, day).accrued_interest == Money(accrued)


def test_before_its_first_day_a_loan_is_a_contract(fund: Fund) -> None:
    a_loan(fund)

    found = loan_at(fund.session, LOAN, Moment(date(2020, 1, 9)))

    assert found.folded.position().status is LoanStatus.APPROVED
    assert found.final_group is None
    assert [row.principal for row in found.folded.schedule()][-1] == Money(100_000_000)


def test_what_was_recorded_later_was_not_known(fund: Fund) -> None:
    a_contract(fund, **AT_20_000_A_DAY)
    signed = SystemClock().now()
    disbursed(fund, LOAN, SIGNED, 100_000_000)
    lent = SystemClock().now()
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    paid = SystemClock().now()
    undo = Reverse(contract_number=LOAN, sequence=2, reason="Ghi nhầm")
    reverse(fund.session, undo, fund.officer, fund.clock)
    taken_back = SystemClock().now()
    amended = Amend(contract_number=LOAN, terms={"annual_rate": "3.65"})
    restructure(fund.session, amended, fund.officer, fund.clock, fund.manager)

    day = date(2020, 2, 10)
    assert position(fund, day, signed).status is LoanStatus.APPROVED
    assert [position(fund, day, known).interest_open for known in (lent, paid, taken_back)] == [
        Money(620_000),
        Money(0),
        Money(620_000),
    ]
    assert position(fund, day).interest_open == Money(310_000)


def test_a_loan_that_was_not_on_record_yet_is_not_found(fund: Fund) -> None:
    before = SystemClock().now()
    a_loan(fund)

    with pytest.raises(NotFoundError):
        position(fund, TODAY, before)


def test_the_final_group_is_the_worst_of_the_borrowers_own_risk_loans(fund: Fund) -> None:
    """112 days late is group 4; the other loan is not late, a third is entrusted capital."""
    a_source(fund, "UY", bears_risk=False)
    a_loan(fund)
    for number, source in (("02/2020", "QUY"), ("03/2020", "UY")):
        a_loan(fund, number, source=source, signed_on=date(2020, 5, 20))

    found = {
        number: loan_at(fund.session, number, Moment(TODAY))
        for number in contract_numbers(fund.session)
    }

    own = {number: one.folded.position().debt_group for number, one in found.items()}
    final = {number: one.final_group for number, one in found.items()}
    assert own == {LOAN: 4, "02/2020": 1, "03/2020": 1}
    assert final == {LOAN: 4, "02/2020": 4, "03/2020": 1}


def test_contagion_as_known_then_counts_a_loan_cancelled_since(fund: Fund) -> None:
    a_loan(fund)
    a_loan(fund, "02/2020", signed_on=date(2020, 5, 20))
    then = SystemClock().now()
    undo = Reverse(contract_number=LOAN, sequence=1, reason="Chưa giải ngân")
    reverse(fund.session, undo, fund.officer, fund.clock)
    cancel_contract(fund.session, Decide(contract_number=LOAN), fund.officer, fund.clock)

    as_known = loan_at(fund.session, "02/2020", Moment(TODAY, then)).final_group
    now = loan_at(fund.session, "02/2020", Moment(TODAY)).final_group

    assert (as_known, now) == (4, 1)


def test_an_unknown_loan_is_not_found(fund: Fund) -> None:
    with pytest.raises(NotFoundError):
        position(fund, TODAY)


def test_the_number_to_go_on_from_is_the_greatest_of_the_latest_year(
    read_2020: Session, fund: Fund
) -> None:
    """03/2020 was signed last; 94 contracts of other years have greater numbers."""
    assert last_number(fund.session) is None
    assert last_number(read_2020, "QHTPT") == "44/2020/HĐTD-QHTPT"
