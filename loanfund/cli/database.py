"""`loanfund db`, `reconcile`, `verify`, `rebuild`: the database and what it keeps."""

from __future__ import annotations

import sys
from datetime import date

import click

from loanfund import migrate, rights
from loanfund.cli.program import DAY, Program, command, progress_bar
from loanfund.cli.saying import REFUSED
from loanfund.domain.audit_chain import Answer, Head, read_head
from loanfund.queries.audit_chain import check_chain
from loanfund.queries.remarks import remarks
from loanfund.queries.verify import verify as find_differences
from loanfund.rights import Purpose
from loanfund.services.rebuild import rebuild as remake
from loanfund.services.reconcile import Report, reconcile_all, reconcile_loan
from loanfund.wording import explain, text


@click.group()
def db() -> None:
    """Bring the database up to date."""


@db.command()
@command
def upgrade(program: Program) -> None:
    """Make or change the tables to what this version of the program needs.

    What is only kept to save time is made anew, as this version needs it.
    """
    before = migrate.current(program.engine)
    migrate.upgrade(program.engine)
    if before not in (None, migrate.newest()):
        _remake(program)


@db.command()
@click.argument("role")
@click.option(
    "--read-only",
    "purpose",
    flag_value=Purpose.REPORT.value,
    help="For reports: reads all but passwords, sessions and links.",
)
@click.option(
    "--backup", "purpose", flag_value=Purpose.BACKUP.value, help="For backups: reads all."
)
@command
def grant(program: Program, role: str, purpose: str | None) -> None:
    """Let a PostgreSQL ROLE use the tables; it can add to the books, never rewrite them."""
    rights.grant(program.engine, role, Purpose(purpose or Purpose.PROGRAM))


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
@click.option("--audit", is_flag=True, help="Only the audit log: is it as it was written?")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="LINE:CODE",
    help="With --audit: a line and its code, as printed or mailed before.",
)
@command
def verify(program: Program, heads: tuple[str, ...], *, audit: bool) -> None:
    """Compare ledger, caches and fold; print each difference, exit 1 if there is any.

    Notices are listed too: nothing is wrong with them, so they leave the exit status alone.
    """
    if audit:
        _say_chain(program, [_head(one) for one in heads])
    elif heads:
        raise click.UsageError("--head: --audit")
    else:
        say_notices(program)
        say_differences(program)


def _head(typed: str) -> Head:
    line, _, code = typed.partition(":")
    return read_head(line, code)


def _say_chain(program: Program, printed: list[Head]) -> None:
    """Print the head of the audit log and whatever is wrong with it; exit 1 if anything is."""
    with program.reading() as session:
        found = check_chain(session, printed)
    for one in found.breaks:
        said = text(f"audit.chain.{one.kind}", program.language)
        click.echo(f"{text('audit.chain.line', program.language, line=one.line)}: {said}")
    for typed in found.typed:
        if typed.answer is not Answer.SAME:
            told = {"line": typed.head.line, "count": typed.slips, "other": typed.elsewhere}
            click.echo(text(f"audit.typed.{typed.answer}", program.language, **told))
    facts = {"line": found.head.line, "code": found.head.hash, "count": len(found.breaks)}
    click.echo(text("verify.audit", program.language, **facts), err=bool(found.breaks))
    if not found.holds:
        sys.exit(1)


def say_notices(program: Program) -> None:
    """Print what stands as it was meant, but as the present rules would not have it."""
    with program.reading() as session:
        for one in remarks(session):
            told = text(f"verify.notice.{one.kind}", program.language)
            click.echo(f"{text('verify.notice', program.language)}\t{one.subject}\t{told}")


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
    _remake(program)


def _remake(program: Program) -> None:
    with progress_bar("rebuild") as progress:
        count = remake(program.sessions, program.clock, progress)
    click.echo(text("rebuild.done", program.language, count=count))
