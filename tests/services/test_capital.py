"""Capital put in and taken out, and what a source may still lend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.book import Book, DisbursementRecord, Place, Sheet
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    InvalidInputError,
    NotFoundError,
)
from loanfund.domain.money import Money
from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalMovement
from loanfund.models.ledger import LedgerEntry
from loanfund.services._book_import import ImportBook
from loanfund.services._capital import MoveCapital, SourceFacts, UndoCapital
from loanfund.services.book import import_book
from loanfund.services.capital import create_source, move_capital, reverse_movement
from loanfund.services.disbursement import Disburse, disburse
from tests.builders import FOUNDED, Fund, a_contract, a_loan, a_source, repaid
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import balances, contents, portfolio_on, verified
from tests.services.refusal import refusal_of

SIGNED, TODAY = date(2020, 1, 10), date(2020, 6, 1)


def moved(fund: Fund, amount: int, day: date = TODAY, source: str = "QUY") -> CapitalMovement:
    request = MoveCapital(
        source_code=source, value_date=day, amount=Money(amount), contributor="UBND tỉnh"
    )
    return move_capital(fund.session, request, fund.accountant, fund.clock, fund.manager)


def taken_back(fund: Fund, movement: CapitalMovement) -> CapitalMovement:
    return reverse_movement(
        fund.session,
        UndoCapital(movement_id=movement.id, reason="Ghi nhầm"),
        fund.accountant,
        fund.clock,
        fund.manager,
    )


def capital_on(fund: Fund, day: date) -> tuple[int, int]:
    figures = portfolio_on(fund.session, day, TODAY)["sources"][0]
    return figures["capital"], figures["undisbursed"]


def test_a_contribution_is_capital_from_its_day_on(fund: Fund) -> None:
    moved(fund, 500_000_000, date(2020, 3, 1))

    assert capital_on(fund, date(2020, 2, 29)) == (1_000_000_000, 1_000_000_000)
    assert capital_on(fund, date(2020, 3, 1)) == (1_500_000_000, 1_500_000_000)


def test_contributions_and_withdrawals_are_posted_both_ways(fund: Fund) -> None:
    moved(fund, -300_000_000, date(2020, 3, 1))

    assert balances(fund.session, None, date(2020, 2, 29)) == {
        "bank": 1_000_000_000,
        "capital": -1_000_000_000,
    }
    assert balances(fund.session, None, TODAY) == {
        "bank": 700_000_000,
        "capital": -700_000_000,
    }
    assert verified(fund) == []


def test_a_movement_names_who_gave_it_who_typed_it_and_who_approved_it(fund: Fund) -> None:
    row = moved(fund, 5)

    assert (row.contributor, row.recorded_by, row.approved_by) == (
        "UBND tỉnh",
        fund.accountant.user_id,
        fund.manager.user_id,
    )
    query = select(AuditLine).where(AuditLine.action == "move_capital")
    line = fund.session.scalars(query.order_by(AuditLine.id.desc())).first()
    assert line is not None
    assert (line.object_id, line.facts["amount"]) == ("QUY", 5)


def test_what_is_lent_cannot_be_withdrawn(fund: Fund) -> None:
    a_loan(fund)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: moved(fund, -900_000_001))

    assert (type(refusal), refusal.reason) == (InvalidInputError, "over_capital")
    assert refusal.facts["missing"] == 1
    assert contents(fund.session) == stands
    moved(fund, -900_000_000)
    assert capital_on(fund, TODAY) == (100_000_000, 0)


def test_a_backdated_withdrawal_looks_at_every_day_since(fund: Fund) -> None:
    a_loan(fund, amount=900_000_000, term_months=3)
    repaid(fund, "01/2020", date(2020, 4, 10), 1_000_000_000)  # settled: all is there again

    refusal = refusal_of(lambda: moved(fund, -100_000_001, date(2020, 4, 9)))
    moved(fund, -100_000_001, date(2020, 4, 10))

    assert refusal.reason == "over_capital"


@pytest.mark.parametrize("amount", [0])
def test_nothing_is_no_movement(fund: Fund, amount: int) -> None:
    assert refusal_of(lambda: moved(fund, amount)).reason == "zero"


def test_a_movement_of_tomorrow_is_refused(fund: Fund) -> None:
    refusal = refusal_of(lambda: moved(fund, 5, date(2020, 6, 2)))

    assert (type(refusal), refusal.reason) == (InvalidEventError, "after_business_date")


def test_an_unknown_source_is_not_found(fund: Fund) -> None:
    assert isinstance(refusal_of(lambda: moved(fund, 5, source="KHONG")), NotFoundError)


def test_a_code_is_given_to_one_source(fund: Fund) -> None:
    known = SourceFacts(code="QUY", name="Khác", bears_risk=False)

    refusal = refusal_of(
        lambda: create_source(fund.session, known, fund.accountant, fund.clock, fund.manager)
    )

    assert (type(refusal), refusal.reason) == (ConflictError, "source_code")


# Reversals


def test_a_movement_taken_back_never_was_but_stays_on_record(fund: Fund) -> None:
    wrong = moved(fund, 500_000_000, date(2020, 3, 1))

    undo = taken_back(fund, wrong)

    assert (undo.amount, undo.value_date, undo.reverses) == (
        Money(-500_000_000),
        date(2020, 3, 1),
        wrong.id,
    )
    assert capital_on(fund, date(2020, 3, 1)) == (1_000_000_000, 1_000_000_000)
    assert balances(fund.session, None, TODAY)["capital"] == -1_000_000_000
    rows = fund.session.scalars(select(LedgerEntry).where(LedgerEntry.loan_id.is_(None))).all()
    assert len(rows) == 3
    assert verified(fund) == []


def test_a_movement_is_reversed_once_and_its_reversal_never(fund: Fund) -> None:
    wrong = moved(fund, 5)
    undo = taken_back(fund, wrong)

    for movement in (wrong, undo):
        refusal = refusal_of(lambda movement=movement: taken_back(fund, movement))  # type: ignore[misc]
        assert (type(refusal), refusal.reason) == (ConflictError, "movement_reversed")


def test_a_contribution_that_is_lent_is_not_taken_back(fund: Fund) -> None:
    a_source(fund, "NHO", capital=0)
    given = moved(fund, 100_000_000, FOUNDED, "NHO")
    a_loan(fund, source="NHO")
    stands = contents(fund.session)

    refusal = refusal_of(lambda: taken_back(fund, given))

    assert (type(refusal), refusal.reason) == (InvalidInputError, "over_capital")
    assert contents(fund.session) == stands


def test_a_withdrawal_is_taken_back_even_where_the_book_once_lent_ahead(fund: Fund) -> None:
    """An imported book may have lent before its capital came: rules §10 look at today."""
    a_source(fund, "NHO", capital=50_000_000)
    withdrawn = moved(fund, -50_000_000, date(2020, 1, 5), "NHO")
    moved(fund, 150_000_000, date(2020, 3, 1), "NHO")
    a_contract(fund, source="NHO")
    lent_ahead(fund)

    taken_back(fund, withdrawn)

    assert portfolio_on(fund.session, TODAY, TODAY)["sources"][0]["undisbursed"] == 100_000_000


def lent_ahead(fund: Fund) -> None:
    """What only an import can: a disbursement in January, the capital of March."""
    record = DisbursementRecord(
        place=Place(Sheet.DISBURSEMENT, 2),
        contract="01/2020",
        number="KU1",
        value_date=SIGNED,
        amount=Money(100_000_000),
    )
    request = ImportBook(book=Book(disbursements=(record,)))
    import_book(fund.session, request, fund.officer, fund.clock, fund.manager)


def test_an_unknown_movement_is_not_found(fund: Fund) -> None:
    refusal = refusal_of(
        lambda: reverse_movement(
            fund.session,
            UndoCapital(movement_id=-1),
            fund.accountant,
            fund.clock,
            fund.manager,
        )
    )

    assert isinstance(refusal, NotFoundError)


# Many at once


@pytest.fixture
def lender(own_engine: Engine, clock: FixedClock) -> Fund:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_source(fund, "NHO", capital=100_000_000)
        a_contract(fund, source="NHO")
    return fund


def test_a_withdrawal_and_a_disbursement_at_once_take_the_money_once(
    lender: Fund, own_engine: Engine
) -> None:
    lend = Disburse(contract_number="01/2020", value_date=TODAY, amount=Money(100_000_000))
    take = MoveCapital(
        source_code="NHO",
        value_date=TODAY,
        amount=Money(-100_000_000),
        contributor="UBND tỉnh",
    )
    works: list[Callable[[Session], object]] = [
        lambda session: disburse(session, lend, lender.officer, lender.clock, lender.manager),
        lambda session: move_capital(
            session, take, lender.accountant, lender.clock, lender.manager
        ),
    ]

    outcomes = at_once(own_engine, works)

    assert len(accepted(outcomes)) == 1
    assert [reason for _code, reason in refused(outcomes)] == ["over_capital"]


def test_an_import_and_a_disbursement_at_once_lend_the_money_once(
    lender: Fund, own_engine: Engine
) -> None:
    lend = Disburse(contract_number="01/2020", value_date=TODAY, amount=Money(100_000_000))
    works: list[Callable[[Session], object]] = [
        lambda session: disburse(session, lend, lender.officer, lender.clock, lender.manager),
        lambda session: lent_ahead(replace(lender, session=session)),
    ]

    outcomes = at_once(own_engine, works)

    assert len(accepted(outcomes)) == 1
    assert {code for code, _reason in refused(outcomes)} <= {"over_disbursement", "workbook"}


def test_four_reversals_of_one_movement_at_once_reverse_it_once(
    lender: Fund, own_engine: Engine
) -> None:
    with make_sessions(own_engine)() as session:
        query = select(CapitalMovement.id).where(CapitalMovement.amount == Money(100_000_000))
        number = session.scalars(query).one()

    def undo(session: Session) -> CapitalMovement:
        return reverse_movement(
            session,
            UndoCapital(movement_id=number),
            lender.accountant,
            lender.clock,
            lender.manager,
        )

    outcomes = at_once(own_engine, [undo] * 4)

    assert len(accepted(outcomes)) == 1
    assert {code for code, _reason in refused(outcomes)} == {"conflict"}
