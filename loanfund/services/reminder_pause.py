"""Pause one borrower's reminders through a day, for a reason, and let them go again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.permission import Action, Actor
from loanfund.domain.reminder import PauseReason
from loanfund.models.borrower import Borrower
from loanfund.models.reminder import ReminderPause
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.store.message import pause_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Whose reminders do not go out through which day, and why."""

    borrower_id: int
    reason: PauseReason
    last_day: date
    note: str | None = None


def pause_reminders(session: Session, request: Pause, actor: Actor, clock: Clock) -> None:
    """Pause a borrower's reminders in place of any pause before; the same again is nothing."""
    allow(actor, Action.PAUSE_REMINDERS)
    with unit_of_work(session):
        borrower = _locked(session, request.borrower_id)
        if request.last_day < clock.today():
            raise InvalidInputError("pause_day", field="last_day")
        known = pause_of(session, borrower.id, clock.today())
        facts = _facts(request)
        if known is not None and _facts(known) == facts:
            return
        now = clock.now()
        _end(known, actor, now)
        session.add(
            ReminderPause(
                borrower_id=borrower.id,
                reason=request.reason.value,
                last_day=request.last_day,
                note=request.note,
                recorded_at=now,
                recorded_by=actor.user_id,
            )
        )
        _audit(session, "pause_reminders", borrower, actor, now, facts)


def resume_reminders(session: Session, borrower_id: int, actor: Actor, clock: Clock) -> None:
    """Let a borrower's reminders go out again; nothing where they are not paused."""
    allow(actor, Action.PAUSE_REMINDERS)
    with unit_of_work(session):
        borrower = _locked(session, borrower_id)
        known = pause_of(session, borrower.id, clock.today())
        if known is not None:
            _end(known, actor, clock.now())
            _audit(session, "resume_reminders", borrower, actor, clock.now(), {})


def _locked(session: Session, borrower_id: int) -> Borrower:
    borrower = session.get(Borrower, borrower_id, with_for_update=True)
    if borrower is None:
        raise NotFoundError("borrower", code=borrower_id)
    return borrower


def _end(known: ReminderPause | None, actor: Actor, now: datetime) -> None:
    if known is not None:
        known.ended_at, known.ended_by = now, actor.user_id


def _facts(pause: Pause | ReminderPause) -> dict[str, Any]:
    day = pause.last_day.isoformat()
    return {"reason": str(pause.reason), "last_day": day, "note": pause.note}


def _audit(  # noqa: PLR0913, PLR0917 -- a line has that many sides
    session: Session,
    action: str,
    borrower: Borrower,
    actor: Actor,
    now: datetime,
    facts: dict[str, Any],
) -> None:
    write_audit(
        session,
        at=now,
        actor=actor.user_id,
        action=action,
        subject=("borrower", borrower.code),
        facts=facts,
    )
