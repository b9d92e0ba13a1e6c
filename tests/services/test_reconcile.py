"""The interest run: it posts what the fold implies, once, and heals what is missing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.money import Money
from loanfund.models.audit import AuditLine
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.position import CachedPosition
from loanfund.services.rebuild import rebuild
from loanfund.services.reconcile import (
    Report,
    bring_forward,
    reconcile_all,
    reconcile_loan,
)
from loanfund.services.repayment import Repay, repay
from tests.builders import Fund, a_contract, a_loan, repaid
from tests.services.at_once import at_once, refused
from tests.services.conftest import a_lender
from tests.services.derived import (
    AT_20_000_A_DAY,
    accounts_by_day,
    contents,
    count_of,
    differences,
    portfolio_on,
    verified,
)
from tests.services.drafts import a_draft
from tests.services.months import on
from tests.services.refusal import refusal_of

LOAN = "01/2020"
SIGNED, TODAY = date(2020, 1, 10), date(2020, 6, 1)

# 20.000 a day, nothing paid; 19 days late on 29/02, which is group 2 (rules §9).
BY_HAND = {
    (SIGNED, "principal_in_term"): 100_000_000,
    (SIGNED, "bank"): -100_000_000,
    (date(2020, 2, 10), "interest_receivable"): 620_000,
    (date(2020, 2, 10), "interest_income"): -620_000,
    (date(2020, 2, 29), "interest_receivable"): -620_000,
    (date(2020, 2, 29), "interest_income"): 620_000,
    (date(2020, 2, 29), "off_balance_interest"): 620_000,
    (date(2020, 2, 29), "off_balance_contra"): -620_000,
    (date(2020, 3, 10), "off_balance_interest"): 580_000,
    (date(2020, 3, 10), "off_balance_contra"): -580_000,
    (date(2020, 4, 10), "off_balance_interest"): 620_000,
    (date(2020, 4, 10), "off_balance_contra"): -620_000,
    (date(2020, 5, 10), "off_balance_interest"): 600_000,
    (date(2020, 5, 10), "off_balance_contra"): -600_000,
}


def of_loan(session: Session, through: date = TODAY) -> dict[tuple[date, str], int]:
    return {
        (day, account): change
        for (contract, day, account), change in accounts_by_day(session).items()
        if contract == LOAN and day <= through
    }


@pytest.fixture
def january(fund: Fund) -> Fund:
    """A loan of 100 million, lent when January was not over, and nothing since."""
    a_loan(on(fund, SIGNED), **AT_20_000_A_DAY)
    return fund


def ran(fund: Fund, sessions: sessionmaker[Session], through: date = TODAY) -> Report:
    return reconcile_all(sessions, through, fund.accountant, fund.clock)


def reconciled_through(session: Session) -> date | None:
    session.expire_all()
    return session.scalars(select(Loan.reconciled_through)).one()


def test_a_run_posts_every_charge_since_the_last(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    report = ran(january, sessions)

    # Six transfers: of the last day of February there are two.
    assert (report.done, report.posted, report.failures) == (1, 6, [])
    assert of_loan(january.session) == BY_HAND
    assert reconciled_through(january.session) == TODAY
    assert verified(january) == []


def test_a_second_run_does_nothing_at_all(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    ran(january, sessions)
    before = contents(january.session)

    report = ran(january, sessions)

    assert (report.done, report.posted) == (1, 0)
    assert contents(january.session) == before


def test_runs_through_one_day_after_another_come_to_the_same(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    days = [date(2020, 2, 9), date(2020, 2, 10), date(2020, 2, 29), date(2020, 4, 30), TODAY]

    for day in days:
        ran(january, sessions, day)
        assert of_loan(january.session) == {
            key: change for key, change in BY_HAND.items() if key[0] <= day
        }
        assert verified(january) == []


def test_a_run_through_an_earlier_day_changes_nothing(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    ran(january, sessions)
    before = contents(january.session)

    assert ran(january, sessions, date(2020, 3, 31)).posted == 0
    assert contents(january.session) == before


def test_an_earlier_day_after_a_backdated_payment_heals_only_that_far(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    ran(january, sessions)
    repaid(january, LOAN, date(2020, 2, 10), 620_000)
    before = contents(january.session)

    assert ran(january, sessions, date(2020, 3, 31)).posted == 0
    assert ran(january, sessions).posted == 0
    assert contents(january.session) == before


def test_a_day_after_the_business_date_is_refused(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    with pytest.raises(InvalidInputError, match="after_business_date"):
        ran(january, sessions, date(2020, 6, 2))


def test_a_missing_row_is_posted_again(january: Fund, sessions: sessionmaker[Session]) -> None:
    """What an interest run finds missing it adds; here the charge of March was taken back."""
    ran(january, sessions)
    row = january.session.scalars(
        select(LedgerEntry).where(LedgerEntry.cause == "charge:interest:2020-03-10")
    ).one()
    columns = {
        column.key: getattr(row, column.key)
        for column in LedgerEntry.__table__.columns
        if column.key != "id"
    }
    taken_back = {**columns, "debit": row.credit, "credit": row.debit}
    january.session.execute(insert(LedgerEntry), [taken_back])
    january.session.commit()
    assert of_loan(january.session) != BY_HAND

    assert ran(january, sessions).posted == 1

    assert of_loan(january.session) == BY_HAND


def test_a_loan_that_cannot_be_folded_is_named_and_the_others_are_done(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    a_loan(on(january, SIGNED), "02/2020")
    a_loan(on(january, SIGNED), "03/2020")
    plant_an_impossible_event(january.session, "02/2020")

    report = ran(january, sessions)

    assert [one.contract_number for one in report.failures] == ["02/2020"]
    assert report.failures[0].error.reason == "not_written_off"
    assert report.done == 2
    january.session.expire_all()
    query = select(Loan.contract_number, Loan.reconciled_through)
    assert {tuple(row) for row in january.session.execute(query)} == {
        (LOAN, TODAY),
        ("02/2020", SIGNED),
        ("03/2020", TODAY),
    }


def plant_an_impossible_event(session: Session, contract: str) -> None:
    """Write a recovery on a loan that was never written off, as only an intruder could."""
    loan = session.scalars(select(Loan).where(Loan.contract_number == contract)).one()
    session.add(
        LoanEvent(
            loan_id=loan.id,
            sequence=99,
            type="recovery",
            value_date=date(2020, 3, 1),
            amount=Money(5),
            payload={"id": "99", "type": "recovery", "date": "2020-03-01", "amount": 5},
            recorded_at=loan.recorded_at,
            recorded_by=loan.recorded_by,
        )
    )
    session.commit()


def test_one_loan_may_be_reconciled_alone(january: Fund) -> None:
    a_loan(on(january, SIGNED), "02/2020")

    report = reconcile_loan(january.session, LOAN, TODAY, january.accountant, january.clock)

    assert (report.done, report.posted) == (1, 6)
    assert of_loan(january.session) == BY_HAND


@pytest.mark.parametrize(
    ("contract", "day", "reason"),
    [("00/0000", TODAY, "loan"), (LOAN, date(2020, 6, 2), "after_business_date")],
)
def test_one_loan_is_refused_with_the_reason(
    january: Fund, contract: str, day: date, reason: str
) -> None:
    refusal = refusal_of(
        lambda: reconcile_loan(
            january.session, contract, day, january.accountant, january.clock
        )
    )

    assert refusal.reason == reason


def test_one_loan_that_cannot_be_folded_says_why_and_stays_as_it_was(january: Fund) -> None:
    plant_an_impossible_event(january.session, LOAN)
    before = contents(january.session)

    refusal = refusal_of(
        lambda: reconcile_loan(january.session, LOAN, TODAY, january.accountant, january.clock)
    )

    assert refusal.reason == "not_written_off"
    assert contents(january.session) == before


def test_drafts_and_cancelled_contracts_have_no_ledger(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    a_draft(january, contract_number="02/2020")
    a_contract(january, "03/2020")

    report = ran(january, sessions)

    assert report.done == 2  # the loan, and the contract that is approved but not disbursed
    assert verified(january) == []


def test_a_run_is_one_line_of_the_audit_log_when_it_posts(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    ran(january, sessions)
    ran(january, sessions)

    query = select(AuditLine).where(AuditLine.action == "reconcile")
    line = january.session.scalars(query).one()
    assert (line.recorded_by, line.object_id) == (january.accountant.user_id, "2020-06-01")
    assert line.facts == {"loans": [LOAN], "rows": 6}


def test_a_run_says_how_far_it_is(january: Fund, sessions: sessionmaker[Session]) -> None:
    a_loan(january, "02/2020")
    seen: list[tuple[int, int]] = []

    reconcile_all(
        sessions,
        TODAY,
        january.accountant,
        january.clock,
        lambda done, total: seen.append((done, total)),
    )

    assert seen == [(2, 2)]


def test_runs_and_payments_at_once_leave_books_that_verify(
    own_engine: Engine, clock: FixedClock
) -> None:
    numbers = [f"{place:02d}/2020" for place in range(1, 5)]
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        for number in numbers:
            a_loan(on(fund, SIGNED), number, **AT_20_000_A_DAY)

    def run(_session: Session) -> object:
        return reconcile_all(make_sessions(own_engine), TODAY, fund.accountant, fund.clock)

    def pay(number: str) -> object:
        request = Repay(
            contract_number=number, value_date=date(2020, 3, 3), amount=Money(700_000)
        )
        return lambda session: repay(session, request, fund.officer, fund.clock)

    works = [run, run, *(pay(number) for number in numbers)]
    outcomes = at_once(own_engine, works)  # type: ignore[arg-type]

    assert refused(outcomes) == []
    with make_sessions(own_engine)() as session:
        assert count_of(session, LoanEvent) == 8
        assert differences(session, TODAY) == []


# The caches


def test_a_spoilt_cache_is_found_and_healed(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    a_loan(january, "02/2020")
    ran(january, sessions)
    before = portfolio_on(january.session, TODAY, TODAY)
    spoilt = update(CachedPosition).values(principal_outstanding=Money(7), oldest_due=None)
    january.session.execute(spoilt)
    january.session.commit()
    assert portfolio_on(january.session, TODAY, TODAY) != before

    assert {one.check for one in verified(january)} == {"position"}
    assert rebuild(sessions, january.clock) == 2

    january.session.expire_all()
    assert verified(january) == []
    assert portfolio_on(january.session, TODAY, TODAY) == before


def test_a_lost_cache_changes_no_figure_and_comes_back(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    ran(january, sessions)
    before = portfolio_on(january.session, TODAY, TODAY)
    cached = contents(january.session)["position"]
    january.session.execute(delete(CachedPosition))
    january.session.commit()

    assert portfolio_on(january.session, TODAY, TODAY) == before
    assert verified(january) == []
    rebuild(sessions, january.clock)
    assert contents(january.session)["position"] == cached


def test_a_rebuild_touches_nothing_but_the_cache(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    before = contents(january.session)

    rebuild(sessions, january.clock)

    after = contents(january.session)
    assert {name for name in before if before[name] != after[name]} == {"position"}


def test_only_the_days_since_the_last_run_are_looked_at(
    january: Fund, sessions: sessionmaker[Session]
) -> None:
    """In two steps it posts what one run over everything posts, and nothing is left."""
    april = on(january, date(2020, 4, 30))
    bring_forward(sessions, date(2020, 4, 30), april.accountant, april.clock)

    report = bring_forward(sessions, TODAY, january.accountant, january.clock)

    assert report.posted == 1  # the charge of May; 620 000 left the balance sheet in February
    assert of_loan(january.session) == BY_HAND
    assert ran(january, sessions).posted == 0
    assert verified(january) == []
