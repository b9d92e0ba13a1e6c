"""Jobs with their last and next runs, one run with what became of its items, the scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import OFFICE
from loanfund.domain.errors import NotFoundError
from loanfund.domain.job import PLANS, Plan, Reason, RunState, read_reason
from loanfund.models.job_run import JobRun, SchedulerLease
from loanfund.models.user import User

RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run: where it stands and what it came to."""

    id: int
    job: str
    slot: date
    state: RunState
    attempt: int
    recorded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    total: int
    done: int
    skipped: int
    failed: int

    @property
    def seconds(self) -> int | None:
        """How long it took, once it has ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds())

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {RunState.WANTED, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job with its newest run and when it runs next by itself."""

    plan: Plan
    last: RunLine | None
    next_at: datetime


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run with the reasons of what did not go through, and its result."""

    line: RunLine
    requested_by: str
    reasons: tuple[Reason, ...]
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SchedulerLine:
    """Who schedules and since when; `is_alive` unless it has long said nothing."""

    holder: str
    since: datetime
    is_alive: bool


def job_lines(session: Session, now: datetime) -> list[JobLine]:
    """Give every job in the order of a day."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    rows = session.scalars(select(JobRun).where(JobRun.id.in_(newest)))
    last = {row.job: _line(row) for row in rows}
    return [
        JobLine(plan, last.get(name), plan.next_at(now, OFFICE)) for name, plan in PLANS.items()
    ]


def recent_runs(session: Session, job: str | None = None) -> list[RunLine]:
    """Give the newest runs, of one job or of all."""
    query = select(JobRun).order_by(JobRun.id.desc()).limit(RECENT)
    if job is not None:
        query = query.where(JobRun.job == job)
    return [_line(row) for row in session.scalars(query)]


def run_page(session: Session, run_id: int) -> RunPage:
    """Give one run."""
    query = (
        select(JobRun, User.name)
        .outerjoin(User, User.id == JobRun.requested_by)
        .where(JobRun.id == run_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFoundError("job_run", id=run_id)
    row = found.JobRun
    reasons = tuple(read_reason(one) for one in row.reasons)
    return RunPage(_line(row), found.name or "", reasons, row.result)


def run_of_slot(session: Session, job: str, slot: date) -> RunPage:
    """Give the run of a slot."""
    query = select(JobRun.id).where(JobRun.job == job, JobRun.slot == slot)
    return run_page(session, session.scalar(query) or 0)


def scheduler_line(session: Session, now: datetime) -> SchedulerLine | None:
    """Give who schedules; None where nobody ever did."""
    row = session.scalar(select(SchedulerLease))
    if row is None:
        return None
    return SchedulerLine(row.holder, row.since, is_alive=row.expires_at > now)


def _line(row: JobRun) -> RunLine:
    names = ("id", "job", "slot", "attempt", "recorded_at", "started_at", "finished_at")
    counts = ("total", "done", "skipped", "failed")
    known = {name: getattr(row, name) for name in (*names, *counts)}
    return RunLine(state=RunState(row.state), **known)
