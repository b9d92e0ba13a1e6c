"""`loanfund web`: the only command that builds the Flask application."""

from __future__ import annotations

import os

import click
import waitress

from loanfund.app import build_app
from loanfund.cli.program import Program, command
from loanfund.config import Settings
from loanfund.db import refusals_of_database
from loanfund.domain.errors import ConfigurationError
from loanfund.models import APPEND_ONLY

THREADS = 8


@click.command()
@command
def web(program: Program) -> None:
    """Serve the pages."""
    settings = Settings.from_environment(os.environ)
    _refuse_unsafe_database(program, settings)
    app = build_app(settings, program.sessions, program.clock)
    waitress.serve(app, host=settings.host, port=settings.port, threads=THREADS, ident=None)


def _refuse_unsafe_database(program: Program, settings: Settings) -> None:
    """Refuse a production start with a role that could rewrite the books."""
    if settings.demo:
        return
    with program.engine.connect() as connection:
        problems = refusals_of_database(connection, program.clock.now(), APPEND_ONLY)
    if problems:
        raise ConfigurationError("settings", problems=tuple(problems))
