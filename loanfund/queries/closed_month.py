"""In which month is booked what is dated in a closed one."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from loanfund.store.lock import closed_through


def booked_in(session: Session, day: date | None) -> str:
    """Give the open month (mm/yyyy) of a day that lies in a closed one; nothing for others."""
    closed = closed_through(session)
    if day is None or closed is None or day > closed:
        return ""
    return f"{closed + timedelta(days=1):%m/%Y}"
