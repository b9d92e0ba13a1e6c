"""Ledger rows: what stands for a loan, what is added, and how principal moved (rules §13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, exists, func, insert, select
from sqlalchemy.orm import Session

from loanfund.domain.book_meaning import Shortfall
from loanfund.domain.calendar import month_end
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.posting import Account, TransferKey
from loanfund.models.base import Base
from loanfund.models.capital import CapitalMovement
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent

PROVISION_CAUSES = "provision:%"
ON_BALANCE = (Account.PRINCIPAL_IN_TERM.value, Account.PRINCIPAL_OVERDUE.value)
LENT = (*ON_BALANCE, Account.OFF_BALANCE_PRINCIPAL.value)
_TABLE = Base.metadata.tables[LedgerEntry.__tablename__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What the rows of one posting share: whose they are, when booked, who caused them."""

    source_id: int
    loan_id: int | None
    recorded_at: datetime
    recorded_by: int
    business_date: date
    closed_through: date | None
    event_id: int | None = None

    def booking_date(self, value_date: date) -> date:
        """Give the value date while its month is open, else the business date (rules §1).

        A clock that was set back into a closed month books on the first open day.
        """
        if self.closed_through is None or value_date > self.closed_through:
            return value_date
        return max(self.business_date, self.closed_through + timedelta(days=1))


def standing_transfers(
    session: Session, loan_ids: Sequence[int], days: tuple[date, date]
) -> dict[int, dict[TransferKey, int]]:
    """Give what stands in the ledger for each loan by value date, after a day through another.

    Provisions are left out: the close of a month posts them, not reconcile.
    """
    after, through = days
    query = (
        select(
            LedgerEntry.loan_id,
            LedgerEntry.cause,
            LedgerEntry.value_date,
            LedgerEntry.debit,
            LedgerEntry.credit,
            func.sum(LedgerEntry.amount),
        )
        .where(
            LedgerEntry.loan_id.in_(loan_ids),
            LedgerEntry.value_date > after,
            LedgerEntry.value_date <= through,
            LedgerEntry.cause.not_like(PROVISION_CAUSES),
        )
        .group_by(
            LedgerEntry.loan_id,
            LedgerEntry.cause,
            LedgerEntry.value_date,
            LedgerEntry.debit,
            LedgerEntry.credit,
        )
    )
    standing: dict[int, dict[TransferKey, int]] = {loan_id: {} for loan_id in loan_ids}
    for loan_id, cause, day, debit, credit, amount in session.execute(query):
        assert loan_id is not None
        key = TransferKey(cause, day, Account(debit), Account(credit))
        standing[loan_id][key] = amount.dong
    return standing


def ledger_rows(
    posted: Posted, transfers: Iterable[tuple[TransferKey, int]]
) -> list[dict[str, Any]]:
    """Give the rows of a posting, to be added together with those of others."""
    return [
        {
            "debit": key.debit.value,
            "credit": key.credit.value,
            "amount": Money(amount),
            "source_id": posted.source_id,
            "loan_id": posted.loan_id,
            "cause": key.cause,
            "value_date": key.value_date,
            "booking_date": posted.booking_date(key.value_date),
            "recorded_at": posted.recorded_at,
            "event_id": posted.event_id,
            "recorded_by": posted.recorded_by,
        }
        for key, amount in transfers
    ]


def add_rows(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write ledger rows in one statement."""
    if rows:
        session.execute(insert(_TABLE), rows)


def least_undisbursed(session: Session, source_id: int, since: date) -> Money:
    """Give the least undisbursed capital of a source at the end of any day from `since` on.

    K − outstanding − written off and not recovered (rules §10), as the ledger says.
    """
    return Money(_least(_undisbursed_changes(session, source_id), since))


def promised_capital(session: Session, source_id: int, but: int | None = None) -> Money:
    """Give what a source's contracts were approved for that nothing was lent of yet.

    `but` is the one contract that is left out.
    """
    is_lent = exists().where(LoanEvent.loan_id == Loan.id)
    query = select(func.sum(Loan.amount)).where(
        Loan.source_id == source_id, Loan.state == "approved", ~is_lent
    )
    return session.scalar(query.where(Loan.id != but) if but else query) or NOTHING


def shortfalls(session: Session, source_id: int) -> tuple[Shortfall, ...]:
    """Give every span of days at whose ends the undisbursed capital was below nothing."""
    found: list[Shortfall] = []
    balance, first, least = 0, None, 0
    for day, change in sorted(_undisbursed_changes(session, source_id).items()):
        balance += change
        if balance < 0:
            first, least = first or day, min(least, balance)
        elif first is not None:
            found.append(Shortfall(first, day - timedelta(days=1), Money(-least)))
            first, least = None, 0
    if first is not None:
        found.append(Shortfall(first, None, Money(-least)))
    return tuple(found)


def _undisbursed_changes(session: Session, source_id: int) -> dict[date, int]:
    """Give by how much the undisbursed capital of a source changed on each day."""
    changes: dict[date, int] = {}
    capital = (
        select(CapitalMovement.value_date, func.sum(CapitalMovement.amount))
        .where(CapitalMovement.source_id == source_id)
        .group_by(CapitalMovement.value_date)
    )
    signed = case((LedgerEntry.debit.in_(LENT), -LedgerEntry.amount), else_=0) + case(
        (LedgerEntry.credit.in_(LENT), LedgerEntry.amount), else_=0
    )
    lent = (
        select(LedgerEntry.value_date, func.sum(signed))
        .where(LedgerEntry.source_id == source_id)
        .where(LedgerEntry.debit.in_(LENT) | LedgerEntry.credit.in_(LENT))
        .group_by(LedgerEntry.value_date)
    )
    for query in (capital, lent):
        for day, change in session.execute(query):
            changes[day] = changes.get(day, 0) + _dong(change)
    return changes


def _dong(amount: Any) -> int:
    return amount.dong if isinstance(amount, Money) else int(amount)


def _least(changes: dict[date, int], since: date) -> int:
    """Give the least running sum at the end of `since` or of any later day."""
    balance = sum(change for day, change in changes.items() if day <= since)
    least = balance
    for day in sorted(day for day in changes if day > since):
        balance += changes[day]
        least = min(least, balance)
    return least


def lent_by_month(session: Session) -> dict[tuple[int, date], int]:
    """Give how the principal on the balance sheet changed, by source and month's end.

    Of each loan through the day that its ledger speaks of.
    """
    changes: dict[tuple[int, date], int] = {}
    for side, sign in ((LedgerEntry.debit, 1), (LedgerEntry.credit, -1)):
        query = (
            select(LedgerEntry.source_id, LedgerEntry.value_date, func.sum(LedgerEntry.amount))
            .join(Loan, Loan.id == LedgerEntry.loan_id)
            .where(side.in_(ON_BALANCE), LedgerEntry.value_date <= Loan.reconciled_through)
            .group_by(LedgerEntry.source_id, LedgerEntry.value_date)
        )
        for source_id, day, amount in session.execute(query):
            key = source_id, month_end(day)
            changes[key] = changes.get(key, 0) + sign * amount.dong
    return {key: change for key, change in changes.items() if change}


def capital_by_month(session: Session) -> tuple[dict[tuple[int, date], int], ...]:
    """Give how capital moved, and how its account did, by source and month's end."""
    movement = select(
        CapitalMovement.source_id, CapitalMovement.value_date, CapitalMovement.amount
    )
    row = select(LedgerEntry.source_id, LedgerEntry.value_date, LedgerEntry.amount)
    capital = Account.CAPITAL.value
    moved: dict[tuple[int, date], int] = {}
    booked: dict[tuple[int, date], int] = {}
    for changes, query, sign in (
        (moved, movement, 1),
        (booked, row.where(LedgerEntry.credit == capital), 1),
        (booked, row.where(LedgerEntry.debit == capital), -1),
    ):
        for source_id, day, amount in session.execute(query):
            key = source_id, month_end(day)
            changes[key] = changes.get(key, 0) + sign * amount.dong
    return moved, booked


def provision_held(session: Session, loan_id: int, through: date) -> Money:
    """Give the specific provision of one loan at a day's end."""
    return provisions_held(session, through)[0].get(loan_id, NOTHING)


def provisions_held(
    session: Session, through: date, known_at: datetime | None = None
) -> tuple[dict[int, Money], dict[int, Money]]:
    """Give the specific provisions by loan and the general ones by source, at a day's end.

    `known_at` leaves out what was booked later. A specific provision is negative after a
    write-off that used more than had been set up.
    """
    known = through, known_at
    specific = _credited(session, [Account.SPECIFIC_PROVISION], LedgerEntry.loan_id, *known)
    general = _credited(session, [Account.GENERAL_PROVISION], LedgerEntry.source_id, *known)
    return specific, general


def provisions_of_sources(
    session: Session, through: date, known_at: datetime | None = None
) -> dict[int, Money]:
    """Give all provisions of each source that are booked at a day's end."""
    accounts = [Account.SPECIFIC_PROVISION, Account.GENERAL_PROVISION]
    return _credited(session, accounts, LedgerEntry.source_id, through, known_at)


def _credited(
    session: Session,
    accounts: Sequence[Account],
    owner: Any,
    through: date,
    known_at: datetime | None,
) -> dict[int, Money]:
    """Give what stands to the credit of accounts by whose it is."""
    names = [one.value for one in accounts]
    credited = case((LedgerEntry.credit.in_(names), LedgerEntry.amount), else_=0)
    debited = case((LedgerEntry.debit.in_(names), LedgerEntry.amount), else_=0)
    query = (
        select(owner, func.sum(credited) - func.sum(debited))
        .where(LedgerEntry.debit.in_(names) | LedgerEntry.credit.in_(names))
        .where(LedgerEntry.value_date <= through)
        .group_by(owner)
    )
    if known_at is not None:
        query = query.where(LedgerEntry.recorded_at <= known_at)
    return {key: Money(_dong(amount)) for key, amount in session.execute(query)}
