"""The command line: `loanfund COMMAND`; commands act as a user and print tables or JSON."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from loanfund.cli.saying import REFUSED, print_json

# Each command's module is loaded when it is asked for: only `web` needs Flask,
# and the calculator needs neither a database nor a configuration.
COMMANDS = {
    "backup": "backup:backup",
    "close": "close:close",
    "db": "database:db",
    "demo": "demo:demo",
    "import": "book:import_command",
    "job": "job:job",
    "loan": "loan:loan",
    "portfolio": "portfolio:portfolio",
    "rebuild": "database:rebuild",
    "reconcile": "database:reconcile",
    "repay": "loan:repay",
    "restore": "backup:restore",
    "scheduler": "scheduler:scheduler",
    "setting": "setting:setting",
    "simulate": "simulate:simulate",
    "statement": "loan:statement",
    "user": "user:user",
    "verify": "database:verify",
    "web": "web:web",
}


class Commands(click.Group):
    """The commands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"loanfund.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; who asked for JSON is told in JSON also of a wrong call."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except click.UsageError as wrong:
            if not as_json:
                raise
            print_json({"error": {"code": "usage", "message": wrong.format_message()}})
            ctx.exit(REFUSED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "email", metavar="EMAIL", help="Act as this user, not as LOANFUND_ACTOR.")
@click.version_option(package_name="loanfund")
@click.pass_context
def main(context: click.Context, email: str | None) -> None:
    """Run the loan book of a cooperative development support fund."""
    context.obj = email
