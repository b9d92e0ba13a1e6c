"""`loanfund db`, `reconcile`, `verify`, `rebuild`: the database and what it keeps."""

from __future__ import annotations

import sys
from datetime import date

import click

from loanfund import migrate
from loanfund.cli.program import DAY, Program, command, progress_bar
from loanfund.cli.saying import REFUSED
from loanfund.queries.verify import verify as find_differences
from loanfund.services.rebuild import rebuild as remake
from loanfund.services.reconcile import Report, reconcile_all, reconcile_loan
from loanfund.wording import explain, text


@click.group()
def db() -> None:
    """Bring the database up to date."""


@db.command()
@command
def upgrade(program: Program) -> None:
    """Make or change the tables to what this version of the program needs."""
    migrate.upgrade(program.engine)


@db.command()
@click.argument("role")
@click.option("--read-only", is_flag=True, help="For reports: may not write at all.")
@command
def grant(program: Program, role: str, *, read_only: bool) -> None:
    """Let a PostgreSQL ROLE use the tables; it can add to the books, never rewrite them."""
    migrate.grant(program.engine, role, may_write=not read_only)


@click.command()
@click.option("--through", type=DAY, metavar="D", help="Through this day; else today.")
@click.option("--loan", metavar="CONTRACT", help="This loan only.")
@command
def reconcile(program: Program, through: date | None, loan: str | None) -> None:
    """Bring every loan's ledger to a day: the monthly interest run. Safe to run again."""
    report = _reconciled(program, through or program.clock.today(), loan)
    for failure in report.failures:
        reason = explain(failure.error, program.language)
        click.echo(f"{failure.contract_number}: {reason}", err=True)
    summary = {"done": report.done, "posted": report.posted, "failed": len(report.failures)}
    click.echo(text("reconcile.done", program.language, **summary))
    if report.failures:
        sys.exit(REFUSED)


def _reconciled(program: Program, day: date, loan: str | None) -> Report:
    actor = program.actor
    if loan is not None:
        with program.sessions() as session:
            return reconcile_loan(session, loan, day, actor, program.clock)
    with progress_bar(text("reconcile.running", program.language)) as progress:
        return reconcile_all(program.sessions, day, actor, program.clock, progress)


@click.command()
@command
def verify(program: Program) -> None:
    """Compare ledger, caches and fold; print each difference, exit 1 if there is any."""
    say_differences(program)


def say_differences(program: Program) -> None:
    """Print each difference between ledger, caches and fold; exit 1 if there is any."""
    count = 0
    with program.reading() as session, progress_bar("verify") as progress:
        for one in find_differences(session, program.clock.today(), progress):
            count += 1
            click.echo(f"{one.check}\t{one.subject}\t{one.expected} ≠ {one.found}")
    click.echo(text("verify.done", program.language, count=count), err=bool(count))
    if count:
        sys.exit(1)


@click.command()
@command
def rebuild(program: Program) -> None:
    """Remake the caches from contracts and events."""
    with progress_bar("rebuild") as progress:
        count = remake(program.sessions, program.clock, progress)
    click.echo(text("rebuild.done", program.language, count=count))
