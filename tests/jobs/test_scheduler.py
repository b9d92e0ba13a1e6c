"""Two schedulers, real processes: whatever befalls the leader, nothing is double or lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import SystemClock
from loanfund.domain.job import PLANS
from loanfund.jobs.leader import Lease
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.jobs.scheduler import Scheduler
from loanfund.models.job_run import JobRun, SchedulerLease
from loanfund.queries.job import scheduler_line
from loanfund.services.job import ask_for_run
from tests.builders import Fund
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.owing import an_owing_fund, reminders
from tests.jobs.smtp import Box, free_port, listening

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40
LENDERS = 5
ALL = [f"htx{number}@vi-du.example" for number in range(1, LENDERS + 1)]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something to hold, but not for ever."""
    deadline = monotonic() + PATIENCE_SECONDS
    pause = Event()
    while not holds():
        assert monotonic() < deadline, "it never came true"
        pause.wait(0.05)


@pytest.fixture
def box() -> Box:
    return Box(free_port())


@pytest.fixture(name="owing")
def a_fund_that_is_owed(
    own_sessions: sessionmaker[Session], hands: HandClock
) -> sessionmaker[Session]:
    with own_sessions() as session:
        an_owing_fund(session, hands, LENDERS)
    return own_sessions


@contextmanager
def scheduler(database: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a scheduler for which it is nine o'clock on 1 June 2020."""
    off = (at_office(TODAY).instant - SystemClock().now()).total_seconds()
    command = [sys.executable, "-m", "tests.jobs.one_scheduler", database, str(port), str(off)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(PATIENCE_SECONDS)


def holder(sessions: sessionmaker[Session]) -> int:
    """The process that leads, 0 for none."""
    with sessions() as session:
        found = session.scalar(select(SchedulerLease.holder))
    return int(found.removeprefix("scheduler:")) if found else 0


def all_done(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        query = select(func.count()).where(JobRun.state == "done")
        return session.scalar(query) == len(SCHEDULE)


def assert_each_ran_once(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        rows = session.execute(select(JobRun.job, JobRun.slot, JobRun.state)).all()
    expected = {(name, PLANS[name].slot(TODAY), "done") for name in SCHEDULE}
    assert sorted(map(tuple, rows)) == sorted(expected)


def told(box: Box) -> list[str]:
    """Who owes and got a mail; auditors get one of their own at night."""
    return [one for one in box.recipients if not one.startswith("auditor@")]


def assert_everybody_was_told_once(box: Box, sessions: sessionmaker[Session]) -> None:
    assert told(box) == ALL
    assert [state for *_, state in reminders(sessions)] == ["sent"] * LENDERS


@pytest.mark.slow
def test_the_leader_killed_in_the_middle_loses_and_doubles_nothing(
    own_database: str, owing: sessionmaker[Session], box: Box
) -> None:
    box.held = {ALL[2]}

    with (
        listening(box),
        scheduler(own_database, box.port) as first,
        scheduler(own_database, box.port) as second,
    ):
        assert box.waiting.wait(PATIENCE_SECONDS)
        leader = first if holder(owing) == first.pid else second
        other = second if leader is first else first
        assert holder(owing) == leader.pid
        leader.kill()
        leader.wait(PATIENCE_SECONDS)
        box.released.set()
        until(lambda: all_done(owing))
        until(lambda: len(told(box)) >= LENDERS)
        until(lambda: {state for *_, state in reminders(owing)} == {"sent"})

        assert holder(owing) == other.pid
    assert_everybody_was_told_once(box, owing)
    assert_each_ran_once(owing)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.parametrize("own_database", ["postgresql"], indirect=True)
def test_a_leader_that_hangs_is_replaced_and_steps_down(
    own_database: str, owing: sessionmaker[Session], box: Box
) -> None:
    with listening(box), scheduler(own_database, box.port) as first:
        until(lambda: holder(owing) == first.pid)
        until(lambda: all_done(owing))
        with scheduler(own_database, box.port) as second:
            first.send_signal(signal.SIGSTOP)
            until(lambda: holder(owing) == second.pid)
            first.send_signal(signal.SIGCONT)
            said = expires(owing)
            until(lambda: expires(owing) > said + timedelta(seconds=1))

            assert holder(owing) == second.pid
            assert first.poll() is None
    assert_everybody_was_told_once(box, owing)
    assert_each_ran_once(owing)


def expires(sessions: sessionmaker[Session]) -> datetime:
    with sessions() as session:
        return session.scalars(select(SchedulerLease.expires_at)).one()


@pytest.mark.slow
def test_a_scheduler_told_to_stop_leaves_the_lead_at_once(
    own_database: str, owing: sessionmaker[Session], box: Box
) -> None:
    with listening(box), scheduler(own_database, box.port) as first:
        until(lambda: all_done(owing))

        first.send_signal(signal.SIGTERM)

        assert first.wait(PATIENCE_SECONDS) == 0
        with scheduler(own_database, box.port) as second:
            until(lambda: holder(owing) == second.pid)
    assert_everybody_was_told_once(box, owing)


def test_a_lease_is_for_one_until_it_runs_out(
    own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    one, other = (Lease(own_sessions, f"scheduler:{name}", hands) for name in "ab")

    assert one.held()
    assert not other.held()
    hands.pass_by(seconds=9)
    assert one.held()
    hands.pass_by(seconds=9)
    assert not other.held()
    hands.pass_by(seconds=2)
    assert other.held()
    assert not one.held()
    other.let_go()
    assert one.held()


def test_people_see_who_schedules_and_whether_it_lives(
    own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    with own_sessions() as session:
        assert scheduler_line(session, hands.now()) is None
    Lease(own_sessions, "scheduler:a", hands).held()
    with own_sessions() as session:
        alive = scheduler_line(session, hands.now())
        dead = scheduler_line(session, hands.now() + timedelta(minutes=1))

    assert alive is not None
    assert dead is not None
    assert (alive.holder, alive.is_alive, dead.is_alive) == ("scheduler:a", True, False)


@pytest.fixture(name="idle")
def a_scheduler_whose_clock_stands(world: World, hands: HandClock) -> Scheduler:
    return Scheduler(world, Lease(world.sessions, world.runner, hands))


def test_what_an_admin_asks_for_is_run(
    fund: Fund, idle: Scheduler, hands: HandClock, own_sessions: sessionmaker[Session]
) -> None:
    ask_for_run(fund.session, "interest", TODAY, fund.admin, hands)

    idle.run_left()

    with own_sessions() as session:
        assert session.scalars(select(JobRun.state)).all() == ["done"]


@pytest.mark.usefixtures("fund")
def test_months_that_were_missed_have_their_reports(
    idle: Scheduler, world: World, hands: HandClock, own_sessions: sessionmaker[Session]
) -> None:
    run_slot(
        "classification", SCHEDULE["classification"], PLANS["classification"].slot(TODAY), world
    )
    hands.pass_by(days=95)

    idle.run_due("classification")
    idle.run_due("classification")

    with own_sessions() as session:
        slots = session.scalars(select(JobRun.slot).order_by(JobRun.slot)).all()
    assert [f"{slot:%m/%Y}" for slot in slots] == ["05/2020", "06/2020", "07/2020", "08/2020"]


def test_before_its_hour_a_job_waits(
    idle: Scheduler, hands: HandClock, own_sessions: sessionmaker[Session]
) -> None:
    hands.instant = at_office(TODAY, 7, 59).instant
    idle.run_due("reminders")
    with own_sessions() as session:
        assert session.scalars(select(JobRun.id)).all() == []

    hands.pass_by(minutes=1)
    idle.run_due("reminders")

    with own_sessions() as session:
        assert session.scalars(select(JobRun.state)).all() == ["done"]
