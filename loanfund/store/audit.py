"""Write the audit line of a change, in the change's own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.models.audit import AuditLine


def write_audit(  # noqa: PLR0913 - a line has that many columns
    session: Session,
    *,
    at: datetime,
    actor: int | None,
    action: str,
    subject: tuple[str, str | int | None],
    facts: dict[str, Any] | None = None,
) -> None:
    """Add one line: who did what to which object (its type and id), with the facts."""
    kind, key = subject
    session.add(
        AuditLine(
            recorded_at=at,
            recorded_by=actor,
            action=action,
            object_type=kind,
            object_id=None if key is None else str(key),
            facts=facts or {},
        )
    )
