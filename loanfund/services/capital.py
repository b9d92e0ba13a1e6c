"""Capital sources, and the money put into them or taken out (rules §§10 and 13)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.code import check_code, fold_code
from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Action, Actor
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.services._booking import booking_by
from loanfund.services._capital import (
    MoveCapital,
    SourceFacts,
    UndoCapital,
    add_source,
    undo_movement,
    write_movement,
)
from loanfund.services._permission import allow


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
        check_code(facts.code, "code")
        same = CapitalSource.code_fold == fold_code(facts.code)
        known = session.scalar(select(CapitalSource.code).where(same))
        if known is not None:
            raise ConflictError("source_code", code=known)
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
        return write_movement(session, request, actor, clock, approver)


def reverse_movement(
    session: Session,
    request: UndoCapital,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> CapitalMovement:
    """Take a movement back by one that undoes it, on the same value date."""
    with unit_of_work(session):
        return undo_movement(session, request, actor, clock, approver)
