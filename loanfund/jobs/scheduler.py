"""The scheduler: a process of its own that waits to lead, and starts the jobs while it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from threading import Event, Lock

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from loanfund.clock import OFFICE
from loanfund.db import read_session
from loanfund.domain.errors import ConflictError
from loanfund.domain.job import PLANS, Every, Plan
from loanfund.jobs.leader import Leadership
from loanfund.jobs.outbox import drain, drain_accounts
from loanfund.jobs.running import Job, World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.services.account_mail import release_account_mails
from loanfund.services.job import release_runs
from loanfund.services.message import release_messages
from loanfund.store.job import last_slot, unfinished

PREFIX = "scheduler:"  # begins the name of every runner that is a scheduler
GRACE_SECONDS = 6 * 60 * 60  # a job that could not start on time still starts, so late at most
LOOKS_SECONDS = 2.0
MAILS_SECONDS = 30.0


@dataclass
class Scheduler:
    """Leads or waits; whatever it starts is kept from happening twice by the job's own row."""

    world: World
    leadership: Leadership
    jobs: dict[str, Job] = field(default_factory=lambda: dict(SCHEDULE))
    poll_seconds: float = 1.0
    mails_seconds: float = MAILS_SECONDS
    stop: Event = field(default_factory=Event)
    _turn: Lock = field(default_factory=Lock)

    def run(self) -> None:
        """Ask for the lead each second until stopped."""
        timer: BackgroundScheduler | None = None
        log = structlog.get_logger().bind(runner=self.world.runner)
        try:
            while not self.stop.is_set():
                is_leader = self.leadership.held()
                if is_leader and timer is None:
                    log.info("leads")
                    self.take_over()
                    timer = self._timer()
                elif not is_leader and timer is not None:
                    log.warning("leads_no_more")
                    timer.shutdown(wait=False)
                    timer = None
                self.stop.wait(self.poll_seconds)
        finally:
            if timer is not None:
                timer.shutdown(wait=True)
            self.leadership.let_go()

    def take_over(self) -> None:
        """Let go of what former leaders had in hand: they are no more."""
        with self.world.sessions() as session:
            release_runs(session, PREFIX, self.world.clock)
        with self.world.sessions() as session:
            release_messages(session, PREFIX, self.world.clock)
        with self.world.sessions() as session:
            release_account_mails(session, PREFIX, self.world.clock)

    def run_due(self, name: str) -> None:
        """Run the slots of a job that should have run by now and did not, oldest first."""
        now, today = self.world.clock.now(), self.world.clock.today()
        with read_session(self.world.sessions) as session:
            last = last_slot(session, name)
        for slot in PLANS[name].due_slots(last, today, now.astimezone(OFFICE).time()):
            self._run(name, slot)

    def run_left(self) -> None:
        """Run what somebody asked for, and what was left in the middle."""
        with read_session(self.world.sessions) as session:
            left = unfinished(session, self.world.clock.now())
        for name, slot in left:
            if name in self.jobs:
                self._run(name, slot)

    def send_mails(self) -> None:
        """Send what waits in the outbox, first to those who wait at the door."""
        try:
            drain_accounts(self.world)
            drain(self.world)
        except ConflictError:
            structlog.get_logger().warning("outbox_busy")

    def _run(self, name: str, slot: date) -> None:
        """Run one slot; one after the other, so that jobs do not take each other's locks."""
        with self._turn:
            if not self.stop.is_set():
                run_slot(name, self.jobs[name], slot, self.world)

    def _timer(self) -> BackgroundScheduler:
        """Start the clockwork; every job also begins now, for what was missed."""
        timer = BackgroundScheduler(
            timezone=OFFICE,
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": GRACE_SECONDS,
            },
        )
        timer.add_job(self._catch_up, id="catch_up")
        for name in self.jobs:
            timer.add_job(self.run_due, _trigger(PLANS[name]), args=[name], id=name)
        timer.add_job(self.run_left, _every(LOOKS_SECONDS), id="left")
        timer.add_job(self.send_mails, _every(self.mails_seconds), id="mails")
        timer.start()
        return timer

    def _catch_up(self) -> None:
        for name in PLANS:
            if name in self.jobs:
                self.run_due(name)


def _trigger(plan: Plan) -> CronTrigger:
    day = None if plan.every is Every.DAY else 1
    return CronTrigger(day=day, hour=plan.at.hour, minute=plan.at.minute, timezone=OFFICE)


def _every(seconds: float) -> IntervalTrigger:
    return IntervalTrigger(seconds=seconds, timezone=OFFICE)
