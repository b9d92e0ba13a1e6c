"""When the used code of a letter was typed again: somebody else may have the letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.models.audit import AuditLine


def retries(session: Session, user_ids: Sequence[int]) -> dict[int, datetime]:
    """Give when that happened last, of those of these people of whom it did."""
    query = (
        select(AuditLine.object_id, func.max(AuditLine.recorded_at).label("at"))
        .where(AuditLine.action == "retry_letter", AuditLine.object_type == "user")
        .where(AuditLine.object_id.in_([str(one) for one in user_ids]))
        .group_by(AuditLine.object_id)
    )
    return {int(row.object_id): row.at for row in session.execute(query)}
