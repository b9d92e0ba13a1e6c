"""`loanfund demo`: the 2020 book and a user of each role, to look around in."""

from __future__ import annotations

import secrets

import click

from loanfund.cli.book import import_workbook
from loanfund.cli.program import Program, command
from loanfund.domain.errors import ConfigurationError
from loanfund.domain.permission import Role
from loanfund.paths import DEMO_BOOK
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import AddUser, add_user, issue_link
from loanfund.wording import text

PASSWORD_BYTES = 12


@click.command()
@command
def demo(program: Program) -> None:
    """Load the 2020 book and make a user for each role, with passwords printed once."""
    if not program.settings.demo:
        raise ConfigurationError("demo_only")
    import_workbook(program, DEMO_BOOK)
    click.echo(text("demo.users", program.language))
    for role in Role:
        if role not in {Role.CLI, Role.COOPERATIVE}:
            email = f"{role.value}@demo.example"
            click.echo(f"{email:<32}{_add(program, email, role)}")


def _add(program: Program, email: str, role: Role) -> str:
    """Add a user with a random password and give the password."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    actor, now = program.actor, program.clock.now()
    with program.sessions() as session:
        name = text(f"role.{role.value}", program.language)
        add_user(session, AddUser(email=email, name=name, role=role), actor, now=now)
        link = issue_link(session, email, actor, now=now)
        set_password(session, SetPassword(link=link, password=password), now=now)
    return password
