"""`loanfund user`: people who sign in."""

from __future__ import annotations

import os
import sys

import click
from sqlalchemy.orm import Session

from loanfund.cli.program import Program, command
from loanfund.config import Settings
from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.permission import Role
from loanfund.queries.user import user_named, users
from loanfund.seal import SECOND_FACTOR, Seal
from loanfund.services._proposable import link_for
from loanfund.services.link import approved_link, collect_link
from loanfund.services.password import check_password
from loanfund.services.proposal import Propose, propose
from loanfund.services.second_factor import reseal, turn_off_by_operator
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import AddUser, add_user, disable_user, enable_user, issue_link
from loanfund.wording import text

ROLES = [role.value for role in Role if role is not Role.CLI]


@click.group()
def user() -> None:
    """Add people, set passwords, disable, enable, list."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", help="Name; else the address.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@command
def add(
    program: Program, email: str, role: str, name: str | None, *, password_stdin: bool
) -> None:
    """Add a person; without a password, print the link with which they choose one."""
    actor, now = program.actor, program.clock.now()
    request = AddUser(email=email, name=name or email, role=Role(role))
    password = _read_password() if password_stdin else None
    if password is not None:  # before anything is written
        check_password(password, borrower=False, known=[email, request.name])
    with program.sessions() as session:
        add_user(session, request, actor, now=now)
    _choose(program, email, password)


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@command
def passwd(program: Program, email: str, *, password_stdin: bool) -> None:
    """Set a person's password, or print the link with which they choose one.

    Of staff who has a password, where another manager can approve it, that is proposed; run the
    command again once it was approved.
    """
    _choose(program, email, _read_password() if password_stdin else None)


@user.command()
@click.argument("email")
@click.option("--reason", required=True, help="Why; all managers are told.")
@command
def disable(program: Program, email: str, reason: str) -> None:
    """Let a person in no longer."""
    with program.sessions() as session:
        disable_user(session, email, reason, program.actor, now=program.clock.now())


@user.command()
@click.argument("email")
@command
def enable(program: Program, email: str) -> None:
    """Let a disabled person in again."""
    with program.sessions() as session:
        enable_user(session, email, program.actor, now=program.clock.now())


@user.command("factor-off")
@click.argument("email")
@click.option("--reason", required=True, help="Why; all managers are told.")
@command
def turn_factor_off(program: Program, email: str, reason: str) -> None:
    """Switch a person's second factor off, who lost it and whom nobody else can help."""
    now = program.clock.now()
    with program.sessions() as session:
        turn_off_by_operator(session, email, reason, program.actor, now=now)
    click.echo(text("user.cli.factor_off", program.language))


@user.command("reseal")
@command
def reseal_all(program: Program) -> None:
    """Seal second factors under the present secret key, so that former ones can go."""
    settings = Settings.from_environment(os.environ)
    seal = Seal((settings.secret_key, *settings.secret_key_fallbacks), SECOND_FACTOR)
    with program.sessions() as session:
        count = reseal(session, program.actor, seal=seal, now=program.clock.now())
    click.echo(text("user.cli.resealed", program.language, count=count))


@user.command("list")
@command
def list_users(program: Program) -> None:
    """List everybody."""
    with program.reading() as session:
        lines = users(session)
    for one in lines:
        state = "disabled" if one.is_disabled else "active"
        label = text(f"user.{state}", program.language)
        click.echo(f"{one.email:<36}{one.role.value:<14}{label:<16}{one.name}")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def _choose(program: Program, email: str, password: str | None) -> None:
    """Set the password that is handed in, else say by which link it can be chosen."""
    now = program.clock.now()
    with program.sessions() as session:
        link = _link(program, session, email)
        if link is None:
            return
        if user_named(session, email).is_confirmed is False:
            click.echo(text("user.cli.unconfirmed", program.language), err=True)
        if password is not None:
            set_password(session, SetPassword(link=link, password=password), now=now)
            return
    address = program.settings.base_url or "LOANFUND_BASE_URL"
    click.echo(f"{address}/password/{link}")


def _link(program: Program, session: Session, email: str) -> str | None:
    """Give the secret of a link; None where it is proposed first, which is said."""
    actor, now = program.actor, program.clock.now()
    try:
        return issue_link(session, email, actor, now=now)
    except PermissionDeniedError as error:
        if error.reason != "has_password":
            raise
    approved = approved_link(session, email, actor, now=now)
    if approved is not None:
        return collect_link(session, approved, actor, now=now).secret
    number = propose(session, Propose(proposed=link_for(email)), actor, program.clock)
    click.echo(text("user.cli.proposed", program.language, number=number))
    return None
