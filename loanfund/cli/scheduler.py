"""`loanfund scheduler`: the process that starts the jobs; any number may run, one leads."""

from __future__ import annotations

import os
import secrets
import signal
import socket

import click

from loanfund.cli.program import Program, command, refuse_unsafe_database
from loanfund.config import Settings
from loanfund.jobs import log
from loanfund.jobs.leader import leadership
from loanfund.jobs.running import World
from loanfund.jobs.scheduler import PREFIX, Scheduler
from loanfund.mail import post_of


@click.command()
@command
def scheduler(program: Program) -> None:
    """Wait to lead, then start the jobs on time and send mails, until stopped."""
    settings = Settings.from_environment(os.environ)
    refuse_unsafe_database(program, settings)
    log.configure()
    holder = f"{PREFIX}{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    world = World(
        sessions=program.sessions,
        clock=program.clock,
        runner=holder,
        base_url=settings.base_url,
        post=post_of(settings),
    )
    lead = leadership(program.engine, program.sessions, holder, program.clock)
    running = Scheduler(world, lead)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop.set())
    running.run()
