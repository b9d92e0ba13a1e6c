"""`loanfund close`: lock a month, for an accountant and with a manager's confirmation."""

from __future__ import annotations

from datetime import date

import click

from loanfund.cli.program import DAY, Program, command, progress_bar
from loanfund.jobs.close import close as close_month
from loanfund.wording import text


@click.command()
@click.argument("month_end", type=DAY, metavar="MONTH_END")
@click.option("--approved-by", metavar="EMAIL", required=True, help="The manager who confirms.")
@command
def close(program: Program, month_end: date, approved_by: str) -> None:
    """Close the month whose last day is MONTH_END; act as an accountant with --as."""
    people = (program.actor, program.person(approved_by))
    with progress_bar(text("close.running", program.language)) as progress:
        closed = close_month(program.sessions, month_end, people, program.clock, progress)
    locked = closed.locked
    facts = {"loans": len(locked.loans), "outstanding": locked.outstanding}
    click.echo(text("close.done", program.language, day=closed.month_end, **facts))
