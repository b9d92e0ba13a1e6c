"""Lending: never beyond the contract nor beyond the source, however many lend at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    NotFoundError,
    OverDisbursementError,
)
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.models.loan import LoanEvent
from loanfund.services._loan_change import Recorded
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.repayment import Repay, repay
from loanfund.services.restructuring import WriteOff, preview_restructuring, restructure
from tests.builders import (
    Fund,
    a_borrower,
    a_contract,
    a_loan,
    a_source,
    capital_moved,
    disbursed,
    repaid,
)
from tests.services.at_once import accepted, at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import (
    AT_20_000_A_DAY,
    balances,
    contents,
    loan_json,
    portfolio_on,
    verified,
)
from tests.services.drafts import a_draft
from tests.services.refusal import refusal_of

LOAN = "01/2020"
SIGNED = date(2020, 1, 10)
TODAY = date(2020, 6, 1)


def test_a_disbursement_is_numbered_approved_and_posted(fund: Fund) -> None:
    a_contract(fund, **AT_20_000_A_DAY)
    request = Disburse(
        contract_number=LOAN,
        value_date=SIGNED,
        amount=Money(100_000_000),
        method=PaymentMethod.CASH,
        note="Giải ngân một lần",
    )

    answer = disburse(fund.session, request, fund.officer, fund.clock, fund.manager).result

    row = fund.session.scalars(select(LoanEvent)).one()
    assert answer["receipt"] == row.number == "PC-2020/000001"
    assert (row.recorded_by, row.approved_by) == (fund.officer.user_id, fund.manager.user_id)
    assert balances(fund.session, LOAN, SIGNED) == {
        "principal_in_term": 100_000_000,
        "cash": -100_000_000,
    }
    assert verified(fund) == []


def test_tranches_go_as_far_as_the_contract(fund: Fund) -> None:
    a_contract(fund)
    disbursed(fund, LOAN, SIGNED, 60_000_000)
    stands = contents(fund.session)

    refusal = refusal_of(lambda: disbursed(fund, LOAN, date(2020, 2, 1), 40_000_001))

    assert isinstance(refusal, OverDisbursementError)
    assert contents(fund.session) == stands
    last = disbursed(fund, LOAN, date(2020, 2, 1), 40_000_000)
    assert last.result["position"]["principal_disbursed"] == 100_000_000


def test_a_source_lends_no_more_than_it_has(fund: Fund) -> None:
    a_source(fund, "NHO", capital=200_000_000)
    a_loan(fund, source="NHO")
    a_contract(fund, "02/2020", source="NHO")
    capital_moved(fund, "NHO", -50_000_000)  # after it was promised
    stands = contents(fund.session)

    refusal = refusal_of(lambda: disbursed(fund, "02/2020", SIGNED, 50_000_001))

    assert (refusal.reason, refusal.facts) == ("over_capital", {"left": Money(50_000_000)})
    assert contents(fund.session) == stands
    disbursed(fund, "02/2020", SIGNED, 50_000_000)
    figures = portfolio_on(fund.session, TODAY, TODAY)["sources"][0]
    assert (figures["source"], figures["undisbursed"]) == ("NHO", 0)


def test_a_backdated_disbursement_needs_the_capital_on_every_day_since(fund: Fund) -> None:
    a_source(fund, "NHO", capital=100_000_000)
    a_loan(fund, source="NHO", term_months=3)
    repaid(fund, LOAN, date(2020, 4, 10), 200_000_000)  # settles it: the source has all again
    a_contract(fund, "02/2020", source="NHO")

    early = refusal_of(lambda: disbursed(fund, "02/2020", date(2020, 4, 9), 1))
    disbursed(fund, "02/2020", date(2020, 4, 10), 100_000_000)

    assert (early.reason, early.facts) == ("over_capital", {"left": Money(0)})


def test_what_was_written_off_is_gone_from_the_source(fund: Fund) -> None:
    # K − outstanding − written off and not recovered: rules §10.
    a_source(fund, "NHO", capital=200_000_000)
    a_loan(fund, source="NHO")
    lost = WriteOff(contract_number=LOAN, value_date=date(2020, 5, 1))
    restructure(fund.session, lost, fund.officer, fund.clock, fund.manager)
    a_contract(fund, "02/2020", source="NHO")
    capital_moved(fund, "NHO", -100_000_000)

    refusal = refusal_of(lambda: disbursed(fund, "02/2020", TODAY, 1))

    assert refusal.reason == "over_capital"


def test_an_unknown_contract_is_not_found(fund: Fund) -> None:
    refusal = refusal_of(lambda: disbursed(fund, "00/0000", SIGNED, 1))

    assert isinstance(refusal, NotFoundError)


def test_a_draft_is_no_contract_to_lend_on(fund: Fund) -> None:
    a_draft(fund)

    refusal = refusal_of(lambda: disbursed(fund, LOAN, SIGNED, 1))

    assert (type(refusal), refusal.reason) == (InvalidEventError, "contract_not_approved")


def test_a_stale_preview_of_a_disbursement_is_refused(fund: Fund) -> None:
    a_contract(fund)
    request = Disburse(contract_number=LOAN, value_date=SIGNED, amount=Money(1_000_000))
    shown = preview_restructuring(fund.session, request, fund.clock)
    disbursed(fund, LOAN, SIGNED, 60_000_000)

    late = replace(request, version=shown.version)
    refusal = refusal_of(
        lambda: disburse(fund.session, late, fund.officer, fund.clock, fund.manager)
    )

    assert (type(refusal), refusal.reason) == (ConflictError, "stale_preview")


# Many at once


@pytest.fixture
def lender(own_engine: Engine, clock: FixedClock) -> Fund:
    """A fund with a source of 150 million and two contracts of 100 million."""
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_source(fund, "NHO", capital=1_000_000_000)
        a_borrower(fund, "HTX An")
        for number in (LOAN, "02/2020"):
            a_contract(fund, number, source="NHO", **AT_20_000_A_DAY)
        capital_moved(fund, "NHO", -850_000_000)  # after all was promised
    return fund


def lending(fund: Fund, number: str, amount: int, **more: Any) -> Callable[[Session], Recorded]:
    request = Disburse(contract_number=number, value_date=SIGNED, amount=Money(amount), **more)
    return lambda session: disburse(session, request, fund.officer, fund.clock, fund.manager)


def test_two_tranches_at_once_never_exceed_the_contract(
    lender: Fund, own_engine: Engine
) -> None:
    outcomes = at_once(own_engine, [lending(lender, LOAN, 60_000_000) for _ in range(2)])

    assert len(accepted(outcomes)) == 1
    assert [code for code, _reason in refused(outcomes)] == ["over_disbursement"]
    with make_sessions(own_engine)() as session:
        position = loan_json(session, LOAN, TODAY)["position"]
        assert position["principal_disbursed"] == 60_000_000


def test_two_contracts_at_once_never_exceed_their_source(
    lender: Fund, own_engine: Engine
) -> None:
    works = [lending(lender, number, 100_000_000) for number in (LOAN, "02/2020")]

    outcomes = at_once(own_engine, works)

    assert len(accepted(outcomes)) == 1
    assert refused(outcomes) == [("over_disbursement", "over_capital")]
    with make_sessions(own_engine)() as session:
        figures = portfolio_on(session, TODAY, TODAY)["sources"][0]
        assert (figures["outstanding"], figures["undisbursed"]) == (100_000_000, 50_000_000)


def test_eight_at_once_lend_exactly_what_the_source_has(
    lender: Fund, own_engine: Engine
) -> None:
    numbers = [f"{place:02d}/2020" for place in range(3, 11)]
    with make_sessions(own_engine)() as session:
        fund = replace(lender, session=session)
        capital_moved(fund, "NHO", 850_000_000)
        for number in numbers:
            a_contract(fund, number, source="NHO")
        capital_moved(fund, "NHO", -850_000_000)

    outcomes = at_once(own_engine, [lending(lender, number, 30_000_000) for number in numbers])

    assert len(accepted(outcomes)) == 5  # 5 × 30 = 150 million
    assert refused(outcomes) == [("over_disbursement", "over_capital")] * 3


def test_the_same_disbursement_eight_times_lends_once(lender: Fund, own_engine: Engine) -> None:
    outcomes = at_once(own_engine, [lending(lender, LOAN, 100_000_000, key="k1")] * 8)

    assert refused(outcomes) == []
    assert {one.result["receipt"] for one in accepted(outcomes)} == {"CTG-2020/000001"}


@pytest.mark.parametrize("own_database", ["postgresql"], indirect=True)
@pytest.mark.postgresql
def test_a_payment_and_a_tranche_on_one_loan_do_not_block_each_other(
    lender: Fund, own_engine: Engine
) -> None:
    """The payment holds the loan and needs the source; the tranche the other way round."""
    with make_sessions(own_engine)() as session:
        disbursed(replace(lender, session=session), LOAN, SIGNED, 50_000_000)
    payment_has_loan, tranche_has_source = Event(), Event()

    def in_this_order(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "FOR" not in statement.rsplit("\n", maxsplit=1)[-1]:
            return
        if "FROM loan " in statement and not tranche_has_source.is_set():
            payment_has_loan.set()
            assert tranche_has_source.wait(timeout=30)
        elif "FROM capital_source" in statement:
            tranche_has_source.set()

    def pay(session: Session) -> Recorded:
        request = Repay(contract_number=LOAN, value_date=TODAY, amount=Money(1_000_000))
        return repay(session, request, lender.officer, lender.clock)

    def lend(session: Session) -> Recorded:
        assert payment_has_loan.wait(timeout=30)
        return lending(lender, LOAN, 50_000_000)(session)

    event.listen(own_engine, "after_cursor_execute", in_this_order)
    outcomes = at_once(own_engine, [pay, lend])

    assert refused(outcomes) == []
