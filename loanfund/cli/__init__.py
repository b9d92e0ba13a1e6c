"""The command line: `loanfund COMMAND`; commands act as a user and print tables or JSON."""

from __future__ import annotations

from importlib import import_module

import click

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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "email", metavar="EMAIL", help="Act as this user, not as LOANFUND_ACTOR.")
@click.version_option(package_name="loanfund")
@click.pass_context
def main(context: click.Context, email: str | None) -> None:
    """Run the loan book of a cooperative development support fund."""
    context.obj = email
