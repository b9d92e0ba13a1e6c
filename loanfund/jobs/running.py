"""Run one slot of a job: once, in the name of the command line, and say how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.domain.errors import ConflictError, LoanFundError
from loanfund.domain.job import Reason
from loanfund.domain.permission import Actor
from loanfund.mail import Post
from loanfund.services.job import (
    Begin,
    Report,
    Ticket,
    begin_run,
    finish_run,
    keep_progress,
    refused,
)
from loanfund.services.user import command_line

Progress = Callable[[int, int], None]
SELDOM = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every job may ask for; `runner` names who runs it."""

    sessions: sessionmaker[Session]
    clock: Clock
    runner: str
    base_url: str = ""
    post: Post | None = None
    progress: Progress = lambda _done, _total: None
    in_hand: Lock = field(default_factory=Lock)  # held by who sends a mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One slot of a job to be done."""

    world: World
    slot: date
    actor: Actor
    progress: Progress

    @property
    def sessions(self) -> sessionmaker[Session]:
        return self.world.sessions

    @property
    def clock(self) -> Clock:
        return self.world.clock


Job = Callable[[Work], Report]


def run_slot(
    name: str, job: Job, slot: date, world: World, *, again: bool = False
) -> Report | None:
    """Run a slot and give what it came to; None where it was run, or somebody else is at it.

    What breaks a run is written down with it; the next attempt goes on where it stopped.
    """
    log = structlog.get_logger().bind(job=name, slot=slot.isoformat())
    try:
        with world.sessions() as session:
            actor = command_line(session, now=world.clock.now())
            asked = Begin(job=name, slot=slot, runner=world.runner, again=again)
            ticket = begin_run(session, asked, world.clock)
    except ConflictError:
        return None  # somebody else began it at the same moment
    if ticket is None:
        return None
    progress = _Kept(world, ticket)
    work = Work(world=world, slot=slot, actor=actor, progress=progress)
    report, broken = _done(job, work)
    try:
        with world.sessions() as session:
            finish_run(session, ticket, report, world.clock, broken)
    except ConflictError:
        log.warning("job_taken_over")
        return None
    counts = {"done": report.done, "skipped": report.skipped, "failed": report.failed}
    log.info("job_run", **counts, broken=broken.key if broken else None)
    return report


def _done(job: Job, work: Work) -> tuple[Report, Reason | None]:
    try:
        return job(work), None
    except LoanFundError as error:
        return Report(failed=1), refused("", error)
    except Exception as accident:  # noqa: BLE001 -- whatever it is, other jobs go on
        structlog.get_logger().exception("job_broken")
        kind = {"kind": type(accident).__name__}
        return Report(failed=1), Reason("", "jobs_page.accident", kind)


@dataclass
class _Kept:
    """Writes progress down, but not more often than people can read it."""

    world: World
    ticket: Ticket
    said: datetime | None = field(default=None)

    def __call__(self, done: int, total: int) -> None:
        self.world.progress(done, total)
        now = self.world.clock.now()
        if self.said is None or now - self.said >= SELDOM or done >= total:
            with self.world.sessions() as session:
                keep_progress(session, self.ticket, done, total, self.world.clock)
            self.said = now
