"""Sign the own browsers out: one of them, or all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Actor
from loanfund.models.user import User, UserSession
from loanfund.services._account_line import note_account
from loanfund.store.user import end_sessions, mark_of


def end_session(session: Session, mark: str, actor: Actor, *, now: datetime) -> None:
    """End the one of the own sessions that a page marked so; another's is not found."""
    with unit_of_work(session):
        own = select(UserSession.token_hash).where(UserSession.user_id == actor.user_id)
        marked = [one for one in session.scalars(own) if mark_of(one) == mark]
        if not marked:
            raise NotFoundError("session")
        session.execute(delete(UserSession).where(UserSession.token_hash == marked[0]))
        _audit_end(session, actor, now)


def end_every_session(session: Session, actor: Actor, *, now: datetime) -> None:
    """Sign a person out everywhere."""
    with unit_of_work(session):
        end_sessions(session, session.get_one(User, actor.user_id))
        _audit_end(session, actor, now)


def _audit_end(session: Session, actor: Actor, now: datetime) -> None:
    note_account(session, "end_sessions", actor.user_id, actor, now)
