"""Put a mail about an account into the outbox, in the transaction of what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.account_mail import MailKind
from loanfund.models.message import AccountMail
from loanfund.store.message import PLANNED


def put_into_outbox(
    session: Session,
    email: str,
    kind: MailKind,
    now: datetime,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Let a mail go out to a folded address, unless the same waits to already."""
    told = dict(facts or {})
    waits = select(AccountMail.facts).where(
        AccountMail.email == email,
        AccountMail.kind == kind.value,
        AccountMail.state == PLANNED,
        AccountMail.attempts == 0,
    )
    if told in session.scalars(waits).all():
        return
    row = AccountMail(
        email=email,
        kind=kind.value,
        state=PLANNED,
        attempts=0,
        runner="",
        recorded_at=now,
        facts=told,
    )
    session.add(row)
