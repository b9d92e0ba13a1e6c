"""Runs a job in a process of its own: `python -m tests.jobs.killed URL JOB DAY [PORT]`."""

from __future__ import annotations

import sys
from datetime import date

from loanfund.db import make_engine, make_sessions
from loanfund.domain.job import PLANS
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.mail import SmtpPost
from loanfund.services import reconcile
from tests.jobs.hand_clock import at_office

SMALL = 10  # loans in a chunk, so that the 2020 book has several


def main(address: str, name: str, day: str, port: str = "") -> None:
    reconcile.CHUNK = SMALL
    clock = at_office(date.fromisoformat(day))
    world = World(
        sessions=make_sessions(make_engine(address)),
        clock=clock,
        runner="test:killed",
        base_url="https://quy.example.vn",
        post=SmtpPost(
            host="127.0.0.1", port=int(port), sender="quy@quy.example.vn", security="none"
        )
        if port
        else None,
    )
    run_slot(name, SCHEDULE[name], PLANS[name].slot(clock.today()), world)


if __name__ == "__main__":
    main(*sys.argv[1:])
