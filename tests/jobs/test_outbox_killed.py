"""Mails of a process that dies in the middle: once more, or as if nothing had been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loanfund import failpoint
from loanfund.jobs.outbox import drain
from loanfund.jobs.reminders import reminders as reminders_job
from loanfund.jobs.running import World, run_slot
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock
from tests.jobs.owing import messages
from tests.jobs.smtp import Box
from tests.jobs.test_outbox import ALL, a_mailing_world, remind, states, the_owing_fund

__all__ = ["a_mailing_world", "the_owing_fund"]
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def killed(database: str, port: int, place: str) -> int:
    """Run the day's reminders in a process that dies at a place."""
    command = [sys.executable, "-m", "tests.jobs.killed", database, "reminders"]
    environment = {**os.environ, failpoint.VARIABLE: place}
    done = subprocess.run(
        [*command, TODAY.isoformat(), str(port)], cwd=ROOT, env=environment, check=False
    )
    return done.returncode


def test_killed_after_the_server_took_it_a_mail_comes_again_under_the_same_id(
    own_database: str, mailing: World, served: Box, hands: HandClock
) -> None:
    """Nobody can know whether the server took it; docs/operations.md says so."""
    died = killed(own_database, served.port, "after_mail_before_mark")
    hands.pass_by(minutes=16)
    drain(mailing)
    run_slot("reminders", reminders_job, TODAY, mailing)

    ids = [mail["Message-ID"] for mail in served.taken]
    assert died == -signal.SIGKILL
    assert len(ids) == 4
    assert len(set(ids)) == 3
    assert set(served.recipients) == set(ALL)


def test_killed_while_planning_it_goes_on_as_if_nothing_had_been(
    own_database: str, mailing: World, served: Box, hands: HandClock
) -> None:
    died = killed(own_database, served.port, "between_items")
    planned = len(messages(mailing.sessions))
    assert run_slot("reminders", reminders_job, TODAY, mailing) is None
    hands.pass_by(minutes=3)

    remind(mailing)

    assert died == -signal.SIGKILL
    assert planned == 1
    assert served.recipients == ALL
    assert states(mailing) == ["sent"] * 3
