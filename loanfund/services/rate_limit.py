"""Count what is dear to answer, in the database that all processes share (S-46)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.rate_limit import Use
from loanfund.services._rate_limit import count


def count_use(session: Session, use: Use, subject: str, *, now: datetime) -> None:
    """Count one use; raise TooManyRequestsError when it is one too many."""
    with unit_of_work(session):
        count(session, use, subject, now)
