"""Lines of the audit log about accounts: all of them say from which network somebody acted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.permission import Actor
from loanfund.store.audit import write_audit


def note_account(  # noqa: PLR0913 -- a line has that many columns
    session: Session,
    action: str,
    user_id: int | None,
    actor: Actor,
    now: datetime,
    *,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write down what a person did to an account, their own or another's."""
    by, network = actor.user_id, actor.network
    note_visit(session, action, user_id, by=by, network=network, at=now, facts=facts)


def note_visit(  # noqa: PLR0913 -- a line has that many columns
    session: Session,
    action: str,
    user_id: int | None,
    *,
    by: int | None,
    network: str,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """The same of who is not signed in; commands and jobs come from no network."""
    origin = {"network": network} if network else {}
    write_audit(
        session,
        at=at,
        actor=by,
        action=action,
        subject=("user", user_id),
        facts={**(facts or {}), **origin},
    )
