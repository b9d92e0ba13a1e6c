"""`loanfund verify` finds every kind of difference that somebody could plant, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.account import LoanStatus
from loanfund.domain.money import Money
from loanfund.domain.snapshot import Snapshot
from loanfund.models.capital import CapitalMovement
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.position import CachedPosition
from loanfund.queries.verify import verify
from loanfund.services.reconcile import reconcile_loan
from loanfund.services.restructuring import WriteOff, restructure
from tests.builders import Fund, a_borrower, a_contract, a_loan, a_source, repaid
from tests.prepared import prepared
from tests.services.conftest import a_lender
from tests.services.derived import AT_20_000_A_DAY, verified
from tests.services.drafts import a_draft
from tests.services.months import closed

LOAN, LOST = "01/2020", "02/2020"
NEXT = 3  # number of the next event of either
TODAY = date(2020, 6, 1)


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Two loans, one of them written off; a contract, and a draft."""
    fund = a_lender(session, clock)
    a_source(fund, "VIEC", bears_risk=False)
    a_borrower(fund, "HTX An")
    a_loan(fund, **AT_20_000_A_DAY)
    repaid(fund, LOAN, date(2020, 2, 10), 620_000)
    a_loan(fund, LOST, **AT_20_000_A_DAY)
    lost = WriteOff(contract_number=LOST, value_date=date(2020, 5, 1))
    restructure(session, lost, fund.officer, clock, fund.manager)
    a_contract(fund, "03/2020")
    a_draft(fund, contract_number="04/2020")
    for contract in (LOAN, LOST, "03/2020"):
        reconcile_loan(session, contract, TODAY, fund.accountant, clock)
    assert verified(fund) == []
    return fund


def checks(fund: Fund) -> set[str]:
    fund.session.expire_all()
    return {one.check for one in verified(fund)}


def loan_of(fund: Fund, contract: str = LOAN) -> Loan:
    return fund.session.scalars(select(Loan).where(Loan.contract_number == contract)).one()


def plant(fund: Fund, debit: str, credit: str, **more: Any) -> None:
    """Add one row of 5 đồng to the ledger of a loan."""
    loan, posted = loan_of(fund), a_charge(fund.session)
    row = {
        "debit": debit,
        "credit": credit,
        "amount": Money(5),
        "source_id": loan.source_id,
        "loan_id": loan.id,
        "cause": "event:2",
        "value_date": date(2020, 2, 10),
        "booking_date": date(2020, 2, 10),
        "recorded_at": posted.recorded_at,
        "recorded_by": posted.recorded_by,
        **more,
    }
    fund.session.execute(insert(LedgerEntry), [row])


@pytest.mark.parametrize(
    ("debit", "credit", "found"),
    [
        ("bank", "interest_receivable", {"ledger", "interest"}),
        ("cash", "interest_income", {"ledger"}),
        ("principal_in_term", "bank", {"ledger", "principal_outstanding", "roll_forward"}),
        ("principal_overdue", "principal_in_term", {"ledger", "principal_overdue"}),
        ("bank", "borrower_credit", {"ledger", "credit"}),
        ("off_balance_principal", "off_balance_contra", {"ledger", "off_balance_principal"}),
        ("off_balance_interest", "off_balance_contra", {"ledger", "interest"}),
    ],
)
def test_a_row_too_much_is_found_by_the_lines_that_it_breaks(
    fund: Fund, debit: str, credit: str, found: set[str]
) -> None:
    plant(fund, debit, credit)

    assert checks(fund) == found


def test_the_difference_names_loan_transfer_and_amount(fund: Fund) -> None:
    plant(fund, "cash", "interest_income")

    (one,) = verified(fund)

    assert one.subject == "01/2020 event:2 2020-02-10 interest_income/cash"
    assert (one.expected, one.found) == ("5", "0")


def test_a_row_on_another_day_or_for_another_cause_is_found(fund: Fund) -> None:
    """The sums still fit: only the comparison transfer by transfer can see it."""
    plant(fund, "bank", "interest_receivable")
    plant(fund, "interest_receivable", "bank", cause="event:3")

    assert checks(fund) == {"ledger"}


def test_a_row_after_the_day_the_ledger_speaks_of_waits_for_it(fund: Fund) -> None:
    later = TODAY + timedelta(days=1)
    plant(fund, "cash", "interest_income", value_date=later, booking_date=later)

    assert checks(fund) == set()


def test_a_row_in_the_name_of_another_source_is_found(fund: Fund) -> None:
    """The loan's own sums fit; the principal of the sources does not."""
    other = fund.session.scalar(text("SELECT id FROM capital_source WHERE code = 'VIEC'"))
    plant(fund, "principal_in_term", "bank", source_id=other)
    plant(fund, "bank", "principal_in_term")

    found = [(one.check, one.expected, one.found) for one in verified(fund)]

    assert found == [("roll_forward", "0", "-5"), ("roll_forward", "0", "5")]


def without_protection(session: Session) -> None:
    """What the owner of the database can do: take the triggers away, and a check."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER ledger_entry_refuses_update"))
        session.execute(text("DROP TRIGGER ledger_entry_refuses_delete"))
        return
    session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))
    session.execute(
        text("ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_amount_positive")
    )


def a_charge(session: Session) -> LedgerEntry:
    query = select(LedgerEntry).join(Loan, Loan.id == LedgerEntry.loan_id)
    own = query.where(Loan.contract_number == LOAN)
    return session.scalars(own.where(LedgerEntry.cause == "charge:interest:2020-02-10")).one()


def test_a_row_that_the_owner_of_the_database_changed_is_found(fund: Fund) -> None:
    row = a_charge(fund.session)
    without_protection(fund.session)

    fund.session.execute(
        update(LedgerEntry).where(LedgerEntry.id == row.id).values(amount=Money(619_999))
    )

    assert checks(fund) == {"structure", "ledger", "interest"}


def test_a_row_that_the_owner_of_the_database_removed_is_found(fund: Fund) -> None:
    row = a_charge(fund.session)
    without_protection(fund.session)

    fund.session.execute(text("DELETE FROM ledger_entry WHERE id = :id"), {"id": row.id})

    assert checks(fund) == {"structure", "ledger", "interest"}


@contextmanager
def without_checks(session: Session) -> Iterator[None]:
    """Of SQLite, whose checks belong to the connection, which other tests use too."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        session.execute(text("PRAGMA ignore_check_constraints=1"))
    yield
    if is_sqlite:
        session.execute(text("PRAGMA ignore_check_constraints=0"))


def unlocked(session: Session, table: str) -> None:
    """Take away what keeps the rows of a table as they are."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"DROP TRIGGER {table}_refuses_update"))
    else:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


@pytest.mark.parametrize(
    "wrong",
    [{"amount": Money(1)}, {"value_date": date(2020, 1, 11)}, {"type": "recovery"}],
    ids=str,
)
def test_what_a_row_repeats_of_its_event_is_compared(fund: Fund, wrong: dict[str, Any]) -> None:
    unlocked(fund.session, "loan_event")

    fund.session.execute(update(LoanEvent).where(LoanEvent.sequence == 1).values(**wrong))

    assert checks(fund) == {"structure", "event"}


def test_capital_on_the_account_of_another_is_found(fund: Fund) -> None:
    unlocked(fund.session, "ledger_entry")

    fund.session.execute(
        text("UPDATE ledger_entry SET debit = 'cash' WHERE cause LIKE 'capital:%'")
    )

    assert checks(fund) == {"structure", "capital"}


def test_a_row_of_nothing_is_found(fund: Fund) -> None:
    without_protection(fund.session)
    with without_checks(fund.session):
        plant(fund, "cash", "interest_income", amount=Money(0))

    assert checks(fund) == {"structure", "transfer"}


SPOILT: dict[str, Any] = {
    "as_of": date(2020, 5, 31),
    "valid_through": date(2020, 6, 2),
    "status": LoanStatus.CLOSED.value,
    "maturity_date": date(2021, 1, 11),
    "oldest_due": date(2020, 3, 11),
    "frozen_days": 1,
    "is_frozen": True,
    "accruing": {
        "day_count": "actual/365",
        "interest": [7, 7],
        "overdue_interest": [0, 0],
        "late_interest": [0, 0],
    },
    "group_floor": 2,
    "next_due_date": date(2020, 6, 11),
}


@pytest.mark.parametrize("field", [one.name for one in fields(Snapshot)])
def test_every_field_of_a_cached_position_is_compared(fund: Fund, field: str) -> None:
    fund.session.execute(
        update(CachedPosition)
        .where(CachedPosition.loan_id == loan_of(fund).id)
        .values({field: SPOILT.get(field, Money(7))})
    )

    found = verified(fund)

    if field == "as_of":  # said of another day, it is that day's fold that it must equal
        assert {one.check for one in found} <= {"position"}
    else:
        assert [(one.check, one.subject) for one in found] == [("position", f"{LOAN} {field}")]


def test_a_cache_of_an_older_version_is_no_difference_because_nobody_reads_it(
    fund: Fund,
) -> None:
    spoilt = update(CachedPosition).values(principal_outstanding=Money(7), loan_version=0)
    fund.session.execute(spoilt)

    assert checks(fund) == set()


def an_event(fund: Fund, kind: str, **payload: Any) -> LoanEvent:
    loan = loan_of(fund)
    day = date(2020, 3, 10)
    return LoanEvent(
        loan_id=loan.id,
        sequence=NEXT,
        type=kind,
        value_date=day,
        amount=Money(payload["amount"]),
        payload={"id": str(NEXT), "type": kind, "date": day.isoformat(), **payload},
        recorded_at=loan.recorded_at,
        recorded_by=loan.recorded_by,
    )


def test_an_event_that_came_behind_the_programs_back_is_found(fund: Fund) -> None:
    fund.session.add(an_event(fund, "repayment", amount=580_000))
    fund.session.flush()

    # The payment of March's interest: in the fold, but not in the ledger nor the cache, and
    # nobody is said to have recorded it.
    assert checks(fund) == {"audit", "ledger", "interest", "position"}


def test_a_history_that_cannot_be_is_named_and_the_others_are_verified(fund: Fund) -> None:
    plant(fund, "cash", "interest_income", loan_id=loan_of(fund, LOST).id)
    fund.session.add(an_event(fund, "recovery", amount=5))
    fund.session.flush()

    found = verified(fund)

    assert {(one.check, one.subject.split()[0]) for one in found} == {
        ("audit", LOAN),
        ("history", LOAN),
        ("ledger", LOST),
        ("roll_forward", "source"),  # what the broken loan lent, the fold cannot say
    }


# Capital, and months that were closed


def test_a_capital_row_without_a_movement_is_found(fund: Fund) -> None:
    plant(fund, "bank", "capital", loan_id=None, cause="capital:0")

    assert checks(fund) == {"capital"}


def test_a_movement_of_capital_without_a_row_is_found(fund: Fund) -> None:
    loan = loan_of(fund)
    fund.session.add(
        CapitalMovement(
            number="TTG-1",
            source_id=loan.source_id,
            value_date=date(2020, 3, 1),
            amount=Money(5),
            contributor="UBND tỉnh",
            recorded_at=loan.recorded_at,
            recorded_by=loan.recorded_by,
        )
    )
    fund.session.flush()

    told, one = verified(fund)

    assert (told.check, told.found) == ("audit", "not told")
    assert (one.check, one.subject) == ("capital", f"source {loan.source_id} 03/2020")
    assert (one.expected, one.found) == ("5", "0")


def test_what_comes_after_a_close_is_no_difference(fund: Fund) -> None:
    closed(fund, date(2020, 2, 29))
    closed(fund, date(2020, 3, 31))
    repaid(fund, LOAN, date(2020, 2, 15), 1_000)

    assert checks(fund) == set()


def test_verifying_says_how_far_it_is(fund: Fund) -> None:
    seen: list[tuple[int, int]] = []

    list(verify(fund.session, TODAY, lambda done, total: seen.append((done, total))))

    assert seen == [(4, 4)]
