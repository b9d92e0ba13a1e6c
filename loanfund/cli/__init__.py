"""The command line: `loanfund COMMAND`; commands act as a user and print tables or JSON."""

from __future__ import annotations

import click

from loanfund.cli.book import import_command
from loanfund.cli.database import db, rebuild, reconcile, verify
from loanfund.cli.demo import demo
from loanfund.cli.loan import loan, repay, statement
from loanfund.cli.portfolio import portfolio
from loanfund.cli.program import Program
from loanfund.cli.setting import setting
from loanfund.cli.simulate import simulate
from loanfund.cli.user import user
from loanfund.cli.web import web


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "email", metavar="EMAIL", help="Act as this user, not as LOANFUND_ACTOR.")
@click.version_option(package_name="loanfund")
@click.pass_context
def main(context: click.Context, email: str | None) -> None:
    """Run the loan book of a cooperative development support fund."""
    context.obj = context.obj or Program(email)


for command in (
    db,
    demo,
    import_command,
    loan,
    portfolio,
    rebuild,
    reconcile,
    repay,
    setting,
    simulate,
    statement,
    user,
    verify,
    web,
):
    main.add_command(command)
