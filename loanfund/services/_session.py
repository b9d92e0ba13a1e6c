"""Rows of sessions: begun with the password, begun anew once the second factor is proved."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from loanfund.models.user import User, UserSession
from loanfund.services._account_line import note_visit
from loanfund.store.user import hash_of

LONGEST_AGENT = 300
SESSION_LIVES = timedelta(hours=12)
HALF_LIVES = timedelta(minutes=10)  # with the password only, where a code is asked for


def note_sign_in(session: Session, user: User, address: str, now: datetime) -> None:
    """Note that somebody is in, with all that their account asks for."""
    user.signed_in_at = now
    note_visit(session, "sign_in", user.id, by=user.id, network=address, at=now)


def open_session(  # noqa: PLR0913 -- a session has that many sides
    session: Session,
    user: User,
    token: str,
    now: datetime,
    *,
    agent: str,
    confirmed_at: datetime,
    factor_at: datetime | None = None,
) -> None:
    """Begin a session, and clear away this person's that ran out."""
    ended = UserSession.user_id == user.id, UserSession.expires_at <= now
    session.execute(delete(UserSession).where(*ended))
    is_half = user.factor is not None and factor_at is None
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=now + (HALF_LIVES if is_half else SESSION_LIVES),
            confirmed_at=confirmed_at,
            factor_at=factor_at,
            agent=agent[:LONGEST_AGENT] or None,
            data={},
        )
    )
