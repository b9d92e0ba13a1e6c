"""What managers are told about accounts on their first page (S-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session, aliased

from loanfund.models.audit import AuditLine
from loanfund.models.user import User

TOLD_FOR = timedelta(days=14)
NEWS = ("issue_link", "disable_user", "turn_off_factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotice:
    """One thing about an account: `waits` until a manager has confirmed its person."""

    kind: str
    name: str
    email: str
    by: str
    at: datetime
    waits: bool
    reason: str = ""


def account_notices(session: Session, now: datetime) -> tuple[AccountNotice, ...]:
    """Give whom to confirm, the longest waiting first, then what was done, the latest first."""
    return (*_unconfirmed(session), *_news(session, now))


def _unconfirmed(session: Session) -> list[AccountNotice]:
    query = select(User).where(User.unconfirmed_since.is_not(None), User.disabled_at.is_(None))
    return [
        AccountNotice(
            kind="unconfirmed",
            name=row.name,
            email=row.email,
            by="",
            at=row.unconfirmed_since,
            waits=True,
        )
        for row in session.scalars(query.order_by(User.unconfirmed_since, User.id))
        if row.unconfirmed_since is not None
    ]


def _news(session: Session, now: datetime) -> list[AccountNotice]:
    """Give what the audit log says of the last days."""
    about, by = aliased(User), aliased(User)
    query = (
        select(AuditLine, about.name, about.email, by.name)
        .join(about, cast(about.id, String) == AuditLine.object_id)
        .join(by, by.id == AuditLine.recorded_by)
        .where(AuditLine.object_type == "user", AuditLine.action.in_(NEWS))
        .where(AuditLine.recorded_at > now - TOLD_FOR, by.id != about.id)
        .order_by(AuditLine.id.desc())
    )
    return [
        AccountNotice(
            kind=line.action,
            name=name,
            email=email,
            by=who,
            at=line.recorded_at,
            waits=False,
            reason=line.facts.get("reason", ""),
        )
        for line, name, email, who in session.execute(query)
        if line.facts.get("by") != "mail"
    ]
