"""What managers are told about accounts on their first page (S-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.permission import Actor
from loanfund.models.audit import AuditLine
from loanfund.models.user import User

TOLD_FOR = timedelta(days=14)
NEWS = ("issue_link", "invite", "disable_user", "enable_user", "turn_off_factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotice:
    """One thing about an account: it waits until a manager has confirmed its person.

    Or it is news until it was read, or is old: `line` is that of the audit log.
    """

    kind: str
    name: str
    email: str
    by: str
    at: datetime
    reason: str = ""
    line: int | None = None

    @property
    def waits(self) -> bool:
        """Whether something is to be done."""
        return self.line is None


def account_notices(
    session: Session, reader: Actor, now: datetime
) -> tuple[AccountNotice, ...]:
    """Give whom to confirm, the longest waiting first, then unread news, the latest first."""
    return (*_unconfirmed(session, reader), *_news(session, reader, now))


def _unconfirmed(session: Session, reader: Actor) -> list[AccountNotice]:
    """Give whom this manager may confirm: everybody else who is still let in."""
    query = (
        select(User)
        .where(User.unconfirmed_since.is_not(None), User.disabled_at.is_(None))
        .where(User.id != reader.user_id)
        .order_by(User.unconfirmed_since, User.id)
    )
    return [
        AccountNotice(
            kind="unconfirmed",
            name=row.name,
            email=row.email,
            by="",
            at=row.unconfirmed_since,
        )
        for row in session.scalars(query)
        if row.unconfirmed_since is not None
    ]


def _news(session: Session, reader: Actor, now: datetime) -> list[AccountNotice]:
    """Give what the audit log says of the last days, and this manager did not do or read."""
    about, by = aliased(User), aliased(User)
    read = select(User.news_read_through).where(User.id == reader.user_id)
    query = (
        select(AuditLine, about.name, about.email, by.name)
        .join(about, cast(about.id, String) == AuditLine.object_id)
        .join(by, by.id == AuditLine.recorded_by)
        .where(AuditLine.object_type == "user", AuditLine.action.in_(NEWS))
        .where(AuditLine.recorded_at > now - TOLD_FOR, by.id != about.id)
        .where(by.id != reader.user_id, AuditLine.id > (session.scalar(read) or 0))
        .order_by(AuditLine.id.desc())
    )
    return [
        AccountNotice(
            kind=line.action,
            name=name,
            email=email,
            by=who,
            at=line.recorded_at,
            reason=line.facts.get("reason", ""),
            line=line.id,
        )
        for line, name, email, who in session.execute(query)
        if _is_news(line)
    ]


def _is_news(line: AuditLine) -> bool:
    """Say whether somebody saw a link that opens an account: no mail, no first letter."""
    if line.action == "invite":
        return "again" in line.facts
    return line.facts.get("by") != "mail"
