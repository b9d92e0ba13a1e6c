"""`loanfund web`: the only command that builds the Flask application."""

from __future__ import annotations

import os

import click
import waitress

from loanfund.app import build_app
from loanfund.cli.program import Program, command, refuse_unsafe_database
from loanfund.config import Settings

THREADS = 8


@click.command()
@command
def web(program: Program) -> None:
    """Serve the pages."""
    settings = Settings.from_environment(os.environ)
    refuse_unsafe_database(program, settings)
    app = build_app(settings, program.sessions, program.clock)
    waitress.serve(app, host=settings.host, port=settings.port, threads=THREADS, ident=None)
