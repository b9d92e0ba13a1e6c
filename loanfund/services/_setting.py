"""Write settings; shared by their own service and by proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.permission import Action, Actor
from loanfund.domain.setting import SETTINGS, check_setting, first_day_moved
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.position import CachedPosition
from loanfund.models.setting import Setting
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.store.lock import lock_books
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSetting:
    """A value of a key from a day on; of one source, or of the whole fund."""

    key: str
    value: Any
    valid_from: date
    source_code: str | None = None


def write_setting(
    session: Session,
    request: SetSetting,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Setting:
    """Record a value inside the caller's unit of work; it holds the books alone from here."""
    check_setting(request.key, request.value)
    closed = lock_books(session, alone=True)
    allow(actor, Action.CHANGE_SETTINGS, approver)
    source_id = _source_id(session, request)
    known = load_settings(session)
    moved = first_day_moved(request.key, request.value, request.valid_from, known)
    if moved is not None and closed is not None and moved <= closed:
        raise InvalidInputError("setting_in_closed_month", field=request.key, closed=closed)
    facts = _facts(session, request, source_id)
    row = Setting(
        key=request.key,
        source_id=source_id,
        value=request.value,
        valid_from=request.valid_from,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        approved_by=approver.user_id if approver else None,
    )
    session.add(row)
    if moved is not None:
        _look_again(session, source_id, moved)
    write_audit(
        session,
        at=row.recorded_at,
        actor=actor.user_id,
        action="set_setting",
        subject=("setting", request.key),
        facts={**facts, "approved_by": row.approved_by},
    )
    return row


def _facts(session: Session, request: SetSetting, source_id: int | None) -> dict[str, Any]:
    """Give what the audit line says: the value, and the one in force before it."""
    was = load_settings(session).get(request.key, request.valid_from, source_id)
    return {
        "value": request.value,
        "valid_from": request.valid_from.isoformat(),
        "source": request.source_code,
        "before": {"value": was},
    }


def _look_again(session: Session, source_id: int | None, moved: date) -> None:
    """Let ledger and caches speak only of the days before; the next run brings them after."""
    loans = (
        select(Loan.id) if source_id is None else select(Loan.id).filter_by(source_id=source_id)
    )
    spoken = Loan.id.in_(loans), Loan.reconciled_through >= moved
    day_before = date.fromordinal(moved.toordinal() - 1)
    session.execute(update(Loan).where(*spoken).values(reconciled_through=day_before))
    session.execute(delete(CachedPosition).where(CachedPosition.loan_id.in_(loans)))


def _source_id(session: Session, request: SetSetting) -> int | None:
    if request.source_code is None:
        return None
    if not SETTINGS[request.key].per_source:
        raise InvalidInputError("setting_not_per_source", field=request.key)
    query = select(CapitalSource.id).where(CapitalSource.code == request.source_code)
    found = session.scalar(query)
    if found is None:
        raise NotFoundError("capital_source", code=request.source_code)
    return found
