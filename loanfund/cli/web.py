"""`loanfund web`: the only command that builds the Flask application."""

from __future__ import annotations

import os

import click

from loanfund.app import build_app
from loanfund.cli.program import Program, command, refuse_unsafe_database
from loanfund.config import Settings
from loanfund.web.server import serve


@click.command()
@command
def web(program: Program) -> None:
    """Serve the pages."""
    settings = Settings.from_environment(os.environ)
    refuse_unsafe_database(program, settings)
    app = build_app(settings, program.sessions, program.clock)
    serve(app, settings)
