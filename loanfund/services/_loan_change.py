"""The one way in for everything that happens to a loan (house rules: one path for every write).

Lock → idempotency key → permission → plan → append → reconcile → audit; the caller's unit of
work commits. A preview runs the same plan on a session that cannot write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.beyond_dues import AmountWatch, Beyond
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    InvalidInputError,
    NotFoundError,
)
from loanfund.domain.event import DatedEvent, Disbursement, Event
from loanfund.domain.permission import Action, Actor
from loanfund.domain.plan import Plan, fold_with, plan_events, rows_of
from loanfund.domain.simulation import position_json
from loanfund.domain.surplus import check_said, unsaid
from loanfund.domain.voucher import MONEY_IN
from loanfund.models.loan import Loan, LoanEvent
from loanfund.services._booking import Booking, booking_by
from loanfund.services._capital import beyond_capital
from loanfund.services._loan_booking import Planned, book, contract_of, new_events
from loanfund.services._permission import allow
from loanfund.store.event import EventDetails
from loanfund.store.ledger import least_undisbursed
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.lock import closed_through, lock_books, lock_loan, lock_source
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.store.setting import load_settings

LONGEST = {"payer": 200, "reference": 60, "note": 600, "reason": 300, "meant": 200}


# A reversal that two people decide on needs the same permission in every month.
PROPOSED_AS = {Action.REVERSE: Action.REVERSE_IN_CLOSED_MONTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanChange:
    """What somebody asks to happen to a loan: events as rules §11 writes them, without ids.

    `version` is the loan's version that a preview showed; None posts on whatever stands.
    `reason` says why the first event takes another back, where the last one has its own note.
    A change that `must_decide` says what becomes of a surplus, where that is a decision; one
    that `must_be_meant` has been typed, and `meant` says why an amount beyond dues is right.
    """

    contract_number: str
    action: Action
    events: tuple[dict[str, Any], ...]
    key: str = field(default_factory=new_key)
    version: int | None = None
    payer: str | None = None
    reference: str | None = None
    note: str | None = None
    reason: str | None = None
    must_decide: bool = False
    must_be_meant: bool = False
    meant: str | None = None

    def __post_init__(self) -> None:
        """Refuse texts longer than papers have room for."""
        for name, most in LONGEST.items():
            if len(getattr(self, name) or "") > most:
                raise InvalidInputError("text_long", field=name, most=most)

    def payload(self) -> dict[str, Any]:
        """What an idempotency key of this change is bound to."""
        return {
            "contract": self.contract_number,
            "events": list(self.events),
            "payer": self.payer,
            "reference": self.reference,
            "note": self.note,
            "reason": self.reason,
            **({"meant": self.meant} if self.meant else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a change came to; `result` is what its idempotency key answers from now on."""

    result: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, and the version of the loan that it was shown for.

    `beyond` tells of an amount that must be meant.
    """

    plan: Plan
    version: int
    closed_through: date | None
    beyond: Beyond | None = None


def preview(
    session: Session, change: LoanChange, clock: Clock, *, as_shown: bool = False
) -> Preview:
    """Plan a change without writing: the very plan that posting runs again under the lock.

    `as_shown` plans it on what stood at the change's version, each event having counted one.
    """
    loan = _load(session, Loan.contract_number == change.contract_number)
    if as_shown and change.version is not None:
        known = len(loan.recorded) - (loan.version - change.version)
        loan = replace(loan, version=change.version, recorded=loan.recorded[: max(0, known)])
    if loan.state != "approved":
        raise InvalidEventError("contract_not_approved", state=loan.state)
    events = new_events(loan, change.events)
    watch = AmountWatch(events)
    plan = plan_events(contract_of(loan), events, clock.today(), watch.look)
    if not as_shown:
        _check_capital(session, loan, events)
    return Preview(plan, loan.version, closed_through(session), watch.beyond)


def record(
    session: Session,
    change: LoanChange,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Let a change happen, once for each key; refusals leave everything as it was."""
    with unit_of_work(session):
        return carry_out(session, change, actor, clock, approver)


def carry_out(
    session: Session,
    change: LoanChange,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Let a change happen inside the caller's unit of work."""
    closed = lock_books(session)
    _lock_source_of(session, change)
    row = lock_loan(session, change.contract_number)
    request = _keyed(change, actor)
    replayed = first_result(session, request)
    if replayed is not None:
        return Recorded(result=replayed, replayed=True)
    failpoint.reach("after_key")
    needed = proposed_action if approver else needed_action
    allow(actor, needed(session, row, change, closed), approver)
    booking = booking_by(actor, clock, closed, approver)
    result = _post(session, row, change, booking)
    keep_result(session, request, result, booking.at)
    return Recorded(result=result, replayed=False)


def proposed_action(
    session: Session, row: Loan, change: LoanChange, closed: date | None
) -> Action:
    """Give the permission where two people decide: they take back what is no receipt, too."""
    needed = needed_action(session, row, change, closed)
    targets = [int(event["of"]) for event in change.events if event["type"] == "reversal"]
    query = select(LoanEvent.id).where(
        LoanEvent.loan_id == row.id,
        LoanEvent.sequence.in_(targets),
        LoanEvent.type.not_in(MONEY_IN),
    )
    if needed is Action.REVERSE and session.scalar(query.limit(1)) is not None:
        return PROPOSED_AS[needed]
    return needed


def needed_action(
    session: Session, row: Loan, change: LoanChange, closed: date | None
) -> Action:
    """Give the permission that is needed; a reversal into a closed month needs two people.

    So does a correction that puts the new event there.
    """
    targets = [int(event["of"]) for event in change.events if event["type"] == "reversal"]
    if closed is None or not targets:
        return change.action
    if any(event.get("date", "9999") <= closed.isoformat() for event in change.events):
        return Action.REVERSE_IN_CLOSED_MONTH
    query = select(func.min(LoanEvent.value_date)).where(
        LoanEvent.loan_id == row.id, LoanEvent.sequence.in_(targets)
    )
    earliest = session.scalar(query)
    is_closed = earliest is not None and earliest <= closed
    return Action.REVERSE_IN_CLOSED_MONTH if is_closed else change.action


def _post(session: Session, row: Loan, change: LoanChange, booking: Booking) -> dict[str, Any]:
    """Fold what stands with the change, append its events and bring the books after it."""
    if change.version is not None and change.version != row.version:
        raise ConflictError("stale_preview", shown=change.version, stands=row.version)
    if row.state != "approved":
        raise InvalidEventError("contract_not_approved", state=row.state)
    loan = _load(session, Loan.id == row.id)
    events = new_events(loan, change.events)
    watch = AmountWatch(events)
    after = fold_with(contract_of(loan), events, booking.business_date, watch.look)
    _check_capital(session, loan, events)
    if change.must_be_meant:
        watch.check_meant(change.meant)
    if change.must_decide:
        check_said(after, events)
    planned = Planned(
        loan=loan,
        new=events,
        after=after,
        action=change.action,
        details=details_of(change, booking),
        reason=change.reason,
        beyond=watch.beyond,
        meant=change.meant,
    )
    booked = book(session, [planned], {row.id: row}, booking)[0]
    return _result(planned, booked.number)


def details_of(change: LoanChange, booking: Booking) -> EventDetails:
    """Give what the rows of the events keep beside them."""
    return EventDetails(
        recorded_at=booking.at,
        recorded_by=booking.actor,
        business_date=booking.business_date,
        approved_by=booking.approved_by,
        payer=change.payer,
        reference=change.reference,
        note=change.note,
        idempotency_key=change.key,
    )


def _result(planned: Planned, number: str | None) -> dict[str, Any]:
    """Give what the caller learns, as plain JSON that a key can keep."""
    rows = rows_of(planned.after, planned.new)
    row = rows[-1] if rows else None
    parts = ("principal", "interest", "overdue_interest", "late_interest", "credit")
    left = [one.amount for one in unsaid(planned.after, planned.new)]
    return {
        "receipt": number,
        "event": int(planned.new[-1].id),
        "allocation": {part: getattr(row, part).dong for part in parts} if row else None,
        "position": position_json(planned.after.position()),
        **({"surplus": left[0]} if left else {}),
    }


def _load(session: Session, *conditions: Any) -> LoadedLoan:
    found = load_loans(session, load_settings(session), *conditions)
    if not found:
        raise NotFoundError("loan")
    return found[0]


def _keyed(change: LoanChange, actor: Actor) -> KeyedRequest:
    return KeyedRequest(change.key, change.action.value, change.payload(), actor.user_id)


def _lock_source_of(session: Session, change: LoanChange) -> None:
    """Hold the capital source before the loan where the change lends from it."""
    if any(event["type"] == "disbursement" for event in change.events):
        query = select(Loan.source_id).where(Loan.contract_number == change.contract_number)
        source_id = session.scalar(query)
        if source_id is not None:
            lock_source(session, source_id)


def _check_capital(session: Session, loan: LoadedLoan, events: Sequence[Event]) -> None:
    """Refuse a disbursement beyond the source's undisbursed capital on any day from then on."""
    for event in events:
        if isinstance(event, Disbursement) and isinstance(event, DatedEvent):
            left = least_undisbursed(session, loan.source_id, event.value_date)
            if event.amount > left:
                raise beyond_capital(left, event=event.id)
