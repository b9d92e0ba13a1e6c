"""`loanfund job`: what runs by itself, and running it by hand."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from datetime import date
from typing import Any

import click

from loanfund.cli.program import DAY, Program, command, json_option, progress_bar
from loanfund.cli.saying import REFUSED, print_json
from loanfund.clock import OFFICE
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.job import PLANS, RunState
from loanfund.domain.permission import Action, check
from loanfund.jobs import log
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.mail import post_of
from loanfund.queries.job import JobLine, RunLine, RunPage, job_lines, run_of_slot
from loanfund.wording import dmy, text


@click.group()
def job() -> None:
    """Jobs: interest, verify, classification, statements, reminders."""


@job.command("list")
@json_option
@command
def list_jobs(program: Program, *, as_json: bool) -> None:
    """List every job with its last and its next run."""
    with program.reading() as session:
        lines = job_lines(session, program.clock.now())
    if as_json:
        print_json([_job_json(line) for line in lines])
        return
    for line in lines:
        coming = f"{line.next_at.astimezone(OFFICE):%d/%m/%Y %H:%M}"
        last = _said(line.last, program.language) if line.last else "–"
        click.echo(f"{line.plan.name:<16}{coming:<18}{last}")


@job.command()
@click.argument("name", type=click.Choice(list(SCHEDULE)))
@click.option(
    "--on", "day", type=DAY, metavar="D", help="For this day, or its month; else now."
)
@click.option("--again", is_flag=True, help="Also what failed before.")
@json_option
@command
def run(program: Program, name: str, day: date | None, *, again: bool, as_json: bool) -> None:
    """Run a job now, in this process; a slot that was run is not run again."""
    log.configure()
    check(program.actor, Action.RUN_JOBS)
    slot = PLANS[name].slot(day or program.clock.today())
    if slot > program.clock.today():
        raise InvalidInputError("job_slot", job=name, slot=slot)
    with progress_bar(name) as progress:
        world = World(
            sessions=program.sessions,
            clock=program.clock,
            runner=f"cli:{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            base_url=program.settings.base_url,
            post=post_of(program.settings),
            progress=progress,
        )
        report = run_slot(name, SCHEDULE[name], slot, world, again=again)
    with program.reading() as session:
        page = run_of_slot(session, name, slot)
    if report is None and page.line.is_open:
        raise ConflictError("job_running")
    _print(page, program.language, as_json=as_json)
    if page.line.state is not RunState.DONE:
        sys.exit(REFUSED)


def _print(page: RunPage, language: str, *, as_json: bool) -> None:
    if as_json:
        reasons = [reason.plain() for reason in page.reasons]
        print_json({**_run_json(page.line), "reasons": reasons, "result": dict(page.result)})
        return
    for reason in page.reasons:
        why = text(reason.key, language, **reason.facts)
        click.echo(f"{reason.item}: {why}" if reason.item else why, err=True)
    click.echo(_said(page.line, language))


def _said(line: RunLine, language: str) -> str:
    state = text(f"jobs_page.state.{line.state.value}", language)
    counts = {"done": line.done, "skipped": line.skipped, "failed": line.failed}
    return text("jobs_page.line", language, slot=dmy(line.slot), state=state, **counts)


def _job_json(line: JobLine) -> dict[str, Any]:
    return {
        "job": line.plan.name,
        "next": line.next_at.isoformat(),
        "last": _run_json(line.last) if line.last else None,
    }


def _run_json(line: RunLine) -> dict[str, Any]:
    return {
        "job": line.job,
        "slot": line.slot.isoformat(),
        "state": line.state.value,
        "done": line.done,
        "skipped": line.skipped,
        "failed": line.failed,
    }
