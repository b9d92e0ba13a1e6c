"""One scheduler in a process of its own: `python -m tests.jobs.one_scheduler URL PORT SECONDS`.

SECONDS is how far its clock is off the machine's, so that it may be nine o'clock in 2020.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loanfund.clock import SystemClock, office_day
from loanfund.db import make_engine, make_sessions
from loanfund.jobs import log
from loanfund.jobs.leader import leadership
from loanfund.jobs.running import World
from loanfund.jobs.scheduler import PREFIX, Scheduler
from loanfund.mail import SmtpPost


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock, moved."""

    by: timedelta

    def now(self) -> datetime:
        return SystemClock().now() + self.by

    def today(self) -> date:
        return office_day(self.now())


def main(address: str, port: str, seconds: str) -> None:
    log.configure()
    engine = make_engine(address)
    clock = ShiftedClock(timedelta(seconds=float(seconds)))
    world = World(
        sessions=make_sessions(engine),
        clock=clock,
        runner=f"{PREFIX}{os.getpid()}",
        base_url="https://quy.example.vn",
        post=SmtpPost(
            host="127.0.0.1", port=int(port), sender="quy@quy.example.vn", security="none"
        ),
    )
    lead = leadership(engine, world.sessions, world.runner, clock)
    running = Scheduler(world, lead, poll_seconds=0.2, mails_seconds=1)
    signal.signal(signal.SIGTERM, lambda *_: running.stop.set())
    running.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
