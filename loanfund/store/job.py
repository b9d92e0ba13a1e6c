"""Rows of job runs and of the scheduler's lease."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.job import ATTEMPTS, RunState
from loanfund.models.job_run import JobRun

PAUSE = timedelta(minutes=5)  # before a run that broke is tried again
FINISHED = (RunState.DONE.value, RunState.INCOMPLETE.value)


def lock_run(session: Session, job: str, slot: date) -> JobRun | None:
    """Hold the run of a slot, None where nobody began it yet."""
    query = select(JobRun).where(JobRun.job == job, JobRun.slot == slot).with_for_update()
    return session.scalar(query)


def last_slot(session: Session, job: str) -> date | None:
    """Give the newest slot of a job that was run to its end."""
    query = select(func.max(JobRun.slot)).where(JobRun.job == job, JobRun.state.in_(FINISHED))
    return session.scalar(query)


def unfinished(session: Session, now: datetime) -> list[tuple[str, date]]:
    """Give the slots that somebody asked for, that broke, or that nobody works on any more."""
    left: list[ColumnElement[bool]] = [
        JobRun.state == RunState.WANTED,
        (JobRun.state == RunState.RUNNING) & (JobRun.leased_until < now),
        (JobRun.state == RunState.BROKEN)
        & (JobRun.attempt < ATTEMPTS)
        & (JobRun.finished_at < now - PAUSE),
    ]
    query = select(JobRun.job, JobRun.slot).where(or_(*left)).order_by(JobRun.slot, JobRun.id)
    return [(job, slot) for job, slot in session.execute(query)]
