"""The row that says who schedules, as a lease; with a lock elsewhere it is only for people."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.models.job_run import SchedulerLease

NAME = "scheduler"


def take_lease(session: Session, holder: str, length: timedelta, clock: Clock) -> bool:
    """Take the lease, or make it longer; False while another holds it."""
    with unit_of_work(session):
        row = session.get(SchedulerLease, NAME, with_for_update=True)
        if row is not None and row.holder != holder and row.expires_at > clock.now():
            return False
        _write(session, row, holder, length, clock)
    return True


def announce(session: Session, holder: str, length: timedelta, clock: Clock) -> None:
    """Say who holds the lead by other means; no length says that it was let go."""
    with unit_of_work(session):
        row = session.get(SchedulerLease, NAME, with_for_update=True)
        if length or (row is not None and row.holder == holder):
            _write(session, row, holder, length, clock)


def _write(
    session: Session,
    row: SchedulerLease | None,
    holder: str,
    length: timedelta,
    clock: Clock,
) -> None:
    now = clock.now()
    if row is None:
        row = SchedulerLease(name=NAME, holder=holder, since=now)
        session.add(row)
    if row.holder != holder:
        row.holder, row.since = holder, now
    row.expires_at = now + length
