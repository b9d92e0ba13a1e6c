"""`loanfund portfolio`: the figures of rules §10 as a table or JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from loanfund.cli.program import (
    CODE,
    Program,
    as_of_option,
    command,
    json_option,
    known_at,
    known_at_option,
)
from loanfund.cli.saying import print_json
from loanfund.domain.permission import Action, check
from loanfund.domain.portfolio import portfolio_json
from loanfund.models.capital import CapitalSource
from loanfund.queries._standing import Moment
from loanfund.queries.portfolio import portfolio_at
from loanfund.store.code import kept_code
from loanfund.store.unreadable import left_out
from loanfund.wording import dmy, percent, text, vnd

MONEY = ("capital", "outstanding", "undisbursed", "overdue_principal", "interest_open")
RATIOS = ("overdue_ratio", "overdue_principal_ratio", "bad_debt_ratio")


@click.command()
@as_of_option
@known_at_option
@click.option("--source", type=CODE, metavar="CODE", help="Only this capital source.")
@json_option
@command
def portfolio(
    program: Program,
    as_of: date | None,
    known: str | None,
    source: str | None,
    *,
    as_json: bool,
) -> None:
    """Show capital, outstanding, overdue and bad debt on a day."""
    check(program.actor, Action.SEE_REPORTS)
    today = program.clock.today()
    moment = Moment(as_of or today, known_at(known))
    with program.reading() as session:
        kept = source and kept_code(session, CapitalSource.code, source)
        found = portfolio_at(session, moment, today, kept)
        missing = left_out(session)
    figures = portfolio_json(found, moment.as_of, moment.known_at)
    if as_json:
        print_json(figures)
    else:
        _print_table(moment.as_of, figures, program.language)
    if missing:
        names = ", ".join(one.contract_number for one in missing)
        facts = {"count": len(missing), "contracts": names}
        click.echo(text("report.left_out", program.language, **facts), err=True)


def _print_table(as_of: date, figures: dict[str, Any], language: str) -> None:
    """Print a column for each source and one for the total."""
    columns = [
        *figures["sources"],
        {"source": text("portfolio.total", language), **figures["total"]},
    ]
    click.echo(text("portfolio.as_of", language, day=dmy(as_of)))
    _print_line("", [column["source"] for column in columns])
    for name in MONEY:
        _print_line(text(f"portfolio.{name}", language), [vnd(one[name]) for one in columns])
    _print_line(text("portfolio.loans", language), [str(one["loans"]) for one in columns])
    shares = [_share(one["utilisation"]) for one in columns]
    _print_line(text("portfolio.utilisation", language), shares)
    for name in RATIOS:
        _print_line(
            text(f"portfolio.{name}", language),
            [_share(one[name]["percent"]) for one in columns],
        )
    for group in "12345":
        label = text("portfolio.group", language, group=group)
        _print_line(label, [vnd(one["outstanding_by_group"][group]) for one in columns])
    for days in ("0", "30", "90"):
        _print_line(f"PAR {days}", [vnd(one["par"][days]) for one in columns])


def _print_line(label: str, cells: list[str]) -> None:
    click.echo(f"{label:<32}" + "".join(f"{cell:>24}" for cell in cells))


def _share(share: str | None) -> str:
    return "–" if share is None else percent(share)
