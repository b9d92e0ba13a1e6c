"""What closing a month does: provisions, the positions as known now, and the lock (§6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.job import RunState
from loanfund.domain.locked import Locked
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.posting import Account, TransferKey
from loanfund.domain.provision import provision_transfer
from loanfund.models.job_run import JobRun
from loanfund.models.loan import Loan
from loanfund.models.period import Books, Period
from loanfund.models.position import MonthEndPosition
from loanfund.services._booking import Booking, booking_by
from loanfund.services._closing import (
    LoanAtClose,
    SourceAtClose,
    at_close,
    kept_columns,
    locked_by,
)
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.store.ledger import add_rows, ledger_rows
from loanfund.store.lock import closed_through, lock_books


@dataclass(frozen=True, slots=True)
class Closed:
    """What a close came to."""

    month_end: date
    locked: Locked


def close_books(
    session: Session, day: date, actor: Actor, clock: Clock, approver: Actor
) -> Closed:
    """Close the month that ends on a day, inside the caller's unit of work."""
    through = lock_books(session, alone=True)
    allow(actor, Action.CLOSE_MONTH, approver)
    _check_turn(day, through, clock.today())
    _check_reconciled(session, day)
    booking = booking_by(actor, clock, through, approver)
    sources = at_close(session, day)
    _post_provisions(session, sources, booking, day)
    _freeze(session, [one for source in sources for one in source.loans], booking, day)
    closed = Closed(day, locked_by(sources))
    _mark(session, closed, booking)
    return closed


def check_closable(session: Session, day: date, clock: Clock) -> None:
    """Refuse a month whose turn it is not, or whose books were not looked at since its end."""
    _check_turn(day, closed_through(session), clock.today())
    _check_reconciled(session, day)
    if not is_verified(session, day):
        raise ConflictError("not_verified", day=day)


def is_verified(session: Session, day: date) -> bool:
    """Tell whether the newest verification after a month's end found nothing."""
    newest = (
        select(JobRun.state)
        .where(JobRun.job == "verify", JobRun.slot > day)
        .order_by(JobRun.slot.desc())
        .limit(1)
    )
    return session.scalar(newest) == RunState.DONE.value


def loans_behind(session: Session, day: date) -> int:
    """Count the loans that are not reconciled through a month's end."""
    behind = (Loan.reconciled_through.is_(None)) | (Loan.reconciled_through < day)
    query = select(func.count()).select_from(Loan).where(Loan.state == "approved", behind)
    return session.scalar(query) or 0


def _mark(session: Session, closed: Closed, booking: Booking) -> None:
    """Move the lock, and say who closed what."""
    assert booking.approved_by is not None
    session.get_one(Books, 1).closed_through = closed.month_end
    session.add(
        Period(
            month_end=closed.month_end,
            closed_at=booking.at,
            closed_by=booking.actor,
            confirmed_by=booking.approved_by,
        )
    )
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="close_month",
        subject=("period", closed.month_end.isoformat()),
        facts={
            "loans": len(closed.locked.loans),
            "outstanding": closed.locked.outstanding.dong,
            "provisions": closed.locked.provisions.dong,
            "confirmed_by": booking.approved_by,
        },
    )


def _check_turn(day: date, through: date | None, today: date) -> None:
    """Months close in order, each after its last day; the first close may begin anywhere."""
    if day != month_end(day):
        raise InvalidInputError("not_a_month_end", day=day)
    if day >= today:
        raise InvalidInputError("month_not_over", day=day)
    if through is None:
        return
    if day <= through:
        raise ConflictError("month_closed", day=day)
    following = month_end(date.fromordinal(through.toordinal() + 1))
    if day != following:
        raise InvalidInputError("month_out_of_turn", day=day, turn=following)


def _check_reconciled(session: Session, day: date) -> None:
    count = loans_behind(session, day)
    if count:
        raise ConflictError("not_reconciled", count=count, day=day)


def _post_provisions(
    session: Session, sources: Sequence[SourceAtClose], booking: Booking, day: date
) -> None:
    """Bring each provision to what is required."""
    rows: list[dict[str, Any]] = []
    for one in sources:
        cause = f"provision:{one.source.code}:{day:%Y-%m}"
        for need in _needs(one):
            transfer = provision_transfer(need.account, need.required, need.held)
            if transfer is not None:
                debit, credit, amount = transfer
                key = TransferKey(cause, day, debit, credit)
                posted = booking.posted(one.source.id, need.loan_id)
                rows += ledger_rows(posted, [(key, amount.dong)])
    add_rows(session, rows)


@dataclass(frozen=True, slots=True)
class _Need:
    """One provision: what it must be, and what it is; negative after a write-off."""

    loan_id: int | None
    account: Account
    required: Money
    held: Money


def _needs(one: SourceAtClose) -> Iterator[_Need]:
    for loan in one.loans:
        needed = one.required.specific.get(loan.loan.contract_number, NOTHING)
        held = one.specific_held[loan.loan.id]
        yield _Need(loan.loan.id, Account.SPECIFIC_PROVISION, needed, held)
    yield _Need(None, Account.GENERAL_PROVISION, one.required.general, one.general_held)


def _freeze(
    session: Session, loans: Sequence[LoanAtClose], booking: Booking, day: date
) -> None:
    """Keep every loan's position as it is known now; readers of the closed month use it."""
    rows = [
        {
            **kept_columns(one.snapshot),
            "loan_id": one.loan.id,
            "month_end": day,
            "own_group": one.own_group,
            "final_group": one.final_group,
            "known_at": booking.at,
        }
        for one in loans
    ]
    if rows:
        session.execute(insert(MonthEndPosition), rows)
