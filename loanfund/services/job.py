"""Runs of jobs as rows: begin one slot once, say how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import ConflictError, InvalidInputError, LoanFundError
from loanfund.domain.job import ATTEMPTS, PLANS, Reason, RunState
from loanfund.domain.permission import Action, Actor, check
from loanfund.models.job_run import JobRun
from loanfund.store.audit import write_audit
from loanfund.store.job import lock_run
from loanfund.wording import shown

LEASE = timedelta(minutes=2)  # so long after its last sign of life a run is taken over
KEPT_REASONS = 500


@dataclass(slots=True)
class Report:
    """What a run came to."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    reasons: list[Reason] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)

    def fail(self, item: str, error: LoanFundError) -> None:
        """Count an item that was refused; the others go on."""
        self.failed += 1
        self.reasons.append(refused(item, error))

    def skip(self, item: str, key: str) -> None:
        """Count an item that needed nothing."""
        self.skipped += 1
        self.reasons.append(Reason(item, key))


def refused(item: str, error: LoanFundError) -> Reason:
    """Give a refusal as the reason of an item."""
    facts = {name: shown(fact) for name, fact in error.facts.items()}
    return Reason(item, error.key, facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Which slot to run, by whom; `again` also takes a run whose items failed or that broke."""

    job: str
    slot: date
    runner: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A run in hand; another attempt makes it worthless."""

    run_id: int
    attempt: int


def begin_run(session: Session, request: Begin, clock: Clock) -> Ticket | None:
    """Take a slot to run it; None where it was run, or somebody else is at it.

    ConflictError where somebody else took it at the same moment.
    """
    with unit_of_work(session):
        now = clock.now()
        run = lock_run(session, request.job, request.slot)
        if run is None:
            run = _new(request.job, request.slot, now)
            session.add(run)
        elif not _is_free(run, now, again=request.again):
            return None
        run.state = RunState.RUNNING.value
        run.runner = request.runner
        run.attempt += 1
        run.started_at, run.finished_at, run.leased_until = now, None, now + LEASE
        run.total = run.done = run.skipped = run.failed = 0
        run.reasons, run.result = [], {}
        session.flush()
        return Ticket(run.id, run.attempt)


def keep_progress(
    session: Session, ticket: Ticket, done: int, total: int, clock: Clock
) -> None:
    """Say how far the run is, and that it lives; ConflictError when another has taken it."""
    with unit_of_work(session):
        run = _held(session, ticket)
        run.done, run.total = done, total
        run.leased_until = clock.now() + LEASE


def finish_run(
    session: Session,
    ticket: Ticket,
    report: Report,
    clock: Clock,
    broken: Reason | None = None,
) -> None:
    """Say how the run ended; `broken` is why it stopped before its end."""
    with unit_of_work(session):
        run = _held(session, ticket)
        state = RunState.INCOMPLETE if report.failed else RunState.DONE
        run.state = (RunState.BROKEN if broken else state).value
        run.done, run.skipped, run.failed = report.done, report.skipped, report.failed
        run.total = max(run.total, report.done + report.skipped + report.failed)
        reasons = [*([broken] if broken else []), *report.reasons]
        run.reasons = [reason.plain() for reason in reasons[:KEPT_REASONS]]
        run.result = report.result
        run.finished_at, run.leased_until = clock.now(), None


def ask_for_run(session: Session, job: str, slot: date, actor: Actor, clock: Clock) -> int:
    """Let the scheduler run a slot at once; refused while it runs, or when it is done."""
    check(actor, Action.RUN_JOBS)
    if job not in PLANS or slot > clock.today():
        raise InvalidInputError("job_slot", job=job, slot=slot)
    with unit_of_work(session):
        now = clock.now()
        run = lock_run(session, job, slot)
        if run is None:
            run = _new(job, slot, now)
            session.add(run)
        elif not _is_free(run, now, again=True):
            raise ConflictError("job_done" if run.state == RunState.DONE else "job_running")
        run.state, run.requested_by = RunState.WANTED.value, actor.user_id
        session.flush()
        facts = {"job": job, "slot": slot.isoformat()}
        write_audit(
            session,
            at=now,
            actor=actor.user_id,
            action="ask_for_run",
            subject=("job_run", run.id),
            facts=facts,
        )
    return run.id


def release_runs(session: Session, runner_prefix: str, clock: Clock) -> None:
    """Let go of the runs of schedulers that are no more; the new one takes them at once."""
    with unit_of_work(session):
        query = (
            select(JobRun)
            .where(JobRun.state == RunState.RUNNING, JobRun.runner.startswith(runner_prefix))
            .order_by(JobRun.id)
            .with_for_update()
        )
        for run in session.scalars(query):
            run.leased_until = clock.now() - timedelta(seconds=1)


def _new(job: str, slot: date, now: datetime) -> JobRun:
    return JobRun(
        job=job,
        slot=slot,
        state=RunState.WANTED.value,
        attempt=0,
        runner="",
        recorded_at=now,
        total=0,
        done=0,
        skipped=0,
        failed=0,
        reasons=[],
        result={},
    )


def _is_free(run: JobRun, now: datetime, *, again: bool) -> bool:
    if run.state == RunState.RUNNING:
        return run.leased_until is None or run.leased_until < now
    if run.state == RunState.BROKEN and run.attempt < ATTEMPTS:
        return True
    if run.state in {RunState.INCOMPLETE, RunState.BROKEN}:
        return again
    return run.state == RunState.WANTED


def _held(session: Session, ticket: Ticket) -> JobRun:
    run = session.get_one(JobRun, ticket.run_id, with_for_update=True)
    if run.attempt != ticket.attempt or run.state != RunState.RUNNING:
        raise ConflictError("job_taken_over")
    return run
