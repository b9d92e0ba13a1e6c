"""Capital sources, and the money put into them or taken out (rules §§10 and 13)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    InvalidInputError,
    NotFoundError,
)
from loanfund.domain.permission import Action, Actor
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.services._booking import booking_by
from loanfund.services._capital import (
    MoveCapital,
    SourceFacts,
    add_movement,
    add_source,
)
from loanfund.services._permission import allow
from loanfund.store.ledger import least_undisbursed
from loanfund.store.lock import lock_books, lock_source


def create_source(
    session: Session,
    facts: SourceFacts,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalSource:
    """Add a capital source; ConflictError where the code is taken."""
    with unit_of_work(session):
        allow(actor, Action.CHANGE_SETTINGS, approver)
        if session.scalar(select(CapitalSource.id).where(CapitalSource.code == facts.code)):
            raise ConflictError("source_code", code=facts.code)
        return add_source(session, facts, booking_by(actor, clock, None, approver))


def move_capital(
    session: Session,
    request: MoveCapital,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalMovement:
    """Record a contribution or a withdrawal; a withdrawal may not take what is lent out."""
    with unit_of_work(session):
        closed = lock_books(session)
        source = _locked(session, request.source_code)
        allow(actor, Action.MOVE_CAPITAL, approver)
        if not request.amount:
            raise InvalidInputError("zero", field="amount")
        if request.value_date > clock.today():
            raise InvalidEventError("after_business_date")
        booking = booking_by(actor, clock, closed, approver)
        row = add_movement(session, source, request, booking)
        left = least_undisbursed(session, source.id, request.value_date)
        if left.dong < 0 and request.amount.dong < 0:
            raise InvalidInputError("over_capital", field="amount", missing=-left.dong)
    return row


def reverse_movement(
    session: Session,
    movement_id: int,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalMovement:
    """Take a movement back by one that undoes it, on the same value date."""
    with unit_of_work(session):
        closed = lock_books(session)
        old = session.get(CapitalMovement, movement_id)
        if old is None:
            raise NotFoundError("capital_movement", id=movement_id)
        source = lock_source(session, old.source_id)
        allow(actor, Action.MOVE_CAPITAL, approver)
        known = select(CapitalMovement.id).where(CapitalMovement.reverses == old.id)
        if old.reverses is not None or session.scalar(known) is not None:
            raise ConflictError("movement_reversed", id=movement_id)
        undo = MoveCapital(
            source_code=source.code,
            value_date=old.value_date,
            amount=-old.amount,
            contributor=old.contributor,
            note=old.note,
        )
        booking = booking_by(actor, clock, closed, approver)
        row = add_movement(session, source, undo, booking, reverses=old.id)
        left = least_undisbursed(session, source.id, old.value_date)
        if left.dong < 0 and undo.amount.dong < 0:
            raise InvalidInputError("over_capital", field="amount")
    return row


def _locked(session: Session, code: str) -> CapitalSource:
    source_id = session.scalar(select(CapitalSource.id).where(CapitalSource.code == code))
    if source_id is None:
        raise NotFoundError("capital_source", code=code)
    return lock_source(session, source_id)
