"""A slot runs once, whoever asks; what was interrupted goes on; what fails is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.domain.errors import ConflictError
from loanfund.domain.job import RunState
from loanfund.jobs.running import Work, World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.models.job_run import JobRun
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries.job import job_lines, run_of_slot
from loanfund.queries.verify import verify
from loanfund.services.job import Begin, Report, ask_for_run, begin_run, keep_progress
from tests.books import the_2020_book
from tests.builders import Fund
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock

ROOT = Path(__file__).resolve().parents[2]
YESTERDAY = date(2020, 5, 31)


def run(name: str, world: World, slot: date = TODAY, **more: Any) -> Report | None:
    return run_slot(name, SCHEDULE[name], slot, world, **more)


def run_row(sessions: sessionmaker[Session]) -> JobRun:
    with sessions() as session:
        return session.scalars(select(JobRun)).one()


def postings(sessions: sessionmaker[Session]) -> list[tuple[Any, ...]]:
    """The ledger without its numbers and instants, in a fixed order."""
    columns = (
        LedgerEntry.loan_id,
        LedgerEntry.cause,
        LedgerEntry.value_date,
        LedgerEntry.booking_date,
        LedgerEntry.debit,
        LedgerEntry.credit,
        LedgerEntry.amount,
    )
    with sessions() as session:
        return sorted(map(tuple, session.execute(select(*columns))), key=str)


def differences(sessions: sessionmaker[Session]) -> list[Any]:
    with read_session(sessions) as session:
        return list(verify(session, TODAY, lambda _done, _all: None))


def counted(calls: list[date], report: Report | None = None) -> Callable[[Work], Report]:
    def job(work: Work) -> Report:
        calls.append(work.slot)
        work.progress(1, 2)
        work.progress(2, 2)
        return report or Report(done=2)

    return job


def test_a_slot_runs_once(world: World) -> None:
    calls: list[date] = []

    first = run_slot("interest", counted(calls), TODAY, world)
    second = run_slot("interest", counted(calls), TODAY, replace(world, runner="test:2"))
    again = run_slot("interest", counted(calls), TODAY, world, again=True)

    assert first is not None
    assert (second, again) == (None, None)
    assert calls == [TODAY]


def test_two_runners_at_the_same_moment_run_it_once(world: World) -> None:
    calls: list[date] = []
    barrier = Barrier(2)

    def begin(number: int) -> Report | None:
        barrier.wait(timeout=30)
        return run_slot("interest", counted(calls), TODAY, replace(world, runner=f"t:{number}"))

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(begin, (1, 2)))

    assert calls == [TODAY]
    assert sum(report is not None for report in reports) == 1


def test_progress_and_the_end_are_written_down(
    world: World, own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    seen: list[tuple[str, int, int]] = []

    def job(work: Work) -> Report:
        for done in (1, 2, 3):
            work.progress(done, 3)
            row = run_row(own_sessions)
            seen.append((row.state, row.done, row.total))
            hands.pass_by(seconds=2)
        return Report(done=2, skipped=1)

    run_slot("interest", job, TODAY, world)

    row = run_row(own_sessions)
    assert seen == [("running", 1, 3), ("running", 2, 3), ("running", 3, 3)]
    assert (row.state, row.done, row.skipped, row.failed) == ("done", 2, 1, 0)
    assert row.finished_at == hands.instant


def test_a_run_with_failed_items_is_retried_only_when_asked(world: World) -> None:
    calls: list[date] = []
    failing = Report(done=1)
    failing.fail("01/2020", ConflictError("busy"))

    run_slot("interest", counted(calls, failing), TODAY, world)
    run_slot("interest", counted(calls), TODAY, world)
    run_slot("interest", counted(calls), TODAY, world, again=True)

    with world.sessions() as session:
        page = run_of_slot(session, "interest", TODAY)
    assert calls == [TODAY, TODAY]
    assert (page.line.state, page.line.attempt) == (RunState.DONE, 2)


def test_an_accident_is_written_down_and_tried_three_times(world: World) -> None:
    calls: list[date] = []

    def job(work: Work) -> Report:
        calls.append(work.slot)
        raise ZeroDivisionError

    for _ in range(5):
        run_slot("interest", job, TODAY, world)

    with world.sessions() as session:
        page = run_of_slot(session, "interest", TODAY)
    assert calls == [TODAY] * 3
    assert page.line.state is RunState.BROKEN
    assert page.reasons[0].facts == {"kind": "ZeroDivisionError"}


def test_who_was_too_silent_loses_the_run(
    own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    first = Begin(job="interest", slot=TODAY, runner="test:1")
    other = Begin(job="interest", slot=TODAY, runner="test:2")
    with own_sessions() as session:
        ticket = begin_run(session, first, hands)
        hands.pass_by(minutes=1)
        assert begin_run(session, other, hands) is None
        hands.pass_by(minutes=2)
        taken = begin_run(session, other, hands)

        assert ticket is not None
        assert taken is not None
        with pytest.raises(ConflictError, match="job_taken_over"):
            keep_progress(session, ticket, 1, 2, hands)
        keep_progress(session, taken, 1, 2, hands)


def test_an_admin_asks_for_a_run_once(fund: Fund, hands: HandClock, world: World) -> None:
    session = fund.session

    ask_for_run(session, "interest", TODAY, fund.admin, hands)
    run("interest", world)

    with pytest.raises(ConflictError, match="job_done"):
        ask_for_run(session, "interest", TODAY, fund.admin, hands)


@pytest.mark.usefixtures("fund")
def test_days_that_were_missed_are_posted_with_the_next(
    world: World, hands: HandClock, own_sessions: sessionmaker[Session]
) -> None:
    hands.pass_by(days=75)

    report = run("interest", world, hands.today())

    assert report is not None
    assert (report.done, report.failed) == (3, 0)
    with read_session(own_sessions) as session:
        through = set(session.scalars(select(Loan.reconciled_through)))
        lines = {line.plan.name: line for line in job_lines(session, hands.now())}
        assert list(verify(session, hands.today(), lambda _done, _all: None)) == []
    assert through == {date(2020, 8, 15)}
    assert lines["interest"].last is not None
    assert run("interest", world, hands.today()) is None


def test_a_loan_that_fails_stops_no_other(
    fund: Fund, world: World, own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    with own_sessions() as session:
        spoil(session, "02/2020/HĐTD", fund, hands)
    hands.pass_by(days=20)

    report = run("interest", world, hands.today())
    checked = run("verify", world, hands.today())

    with own_sessions() as session:
        page = run_of_slot(session, "interest", hands.today())
    assert report is not None
    assert (report.done, report.failed) == (2, 1)
    assert page.line.state is RunState.INCOMPLETE
    assert [reason.item for reason in page.reasons] == ["02/2020/HĐTD"]
    assert checked is not None
    assert "02/2020/HĐTD" in {reason.item for reason in checked.reasons}


def spoil(session: Session, number: str, fund: Fund, hands: HandClock) -> None:
    """Record an event that cannot be: a recovery of what was never written off."""
    loan = session.scalars(select(Loan).where(Loan.contract_number == number)).one()
    payload = {"id": "99", "type": "recovery", "date": "2020-05-01", "amount": 1}
    session.add(
        LoanEvent(
            loan_id=loan.id,
            sequence=99,
            type="recovery",
            value_date=date(2020, 5, 1),
            payload=payload,
            recorded_at=hands.now(),
            recorded_by=fund.officer.user_id,
        )
    )
    session.commit()


@pytest.mark.usefixtures("fund")
def test_a_sound_book_verifies(world: World) -> None:
    report = run("verify", world)

    assert report is not None
    assert (report.done, report.failed) == (3, 0)


@pytest.mark.usefixtures("fund")
def test_the_classification_by_hand(world: World) -> None:
    """On 31/05: Ánh's oldest due was 15/02, 106 days before: group 4, half of 200 million.

    Đặng's is 05/05, 26 days, of a source whose risk the fund does not bear. The general
    provision is 0.5 % of the 300 million of the other source.
    """
    report = run("classification", world, YESTERDAY)

    assert report is not None
    result = report.result
    by_loan = {
        one["contract"]: (one["own_group"], one["final_group"], one["provision"])
        for one in result["loans"]
    }
    assert by_loan == {
        "01/2020/HĐTD": (1, 1, 0),
        "02/2020/HĐTD": (4, 4, 100_000_000),
        "03/2020/HĐTD": (2, 2, 0),
    }
    assert (result["specific"], result["general"]) == (100_000_000, 1_500_000)
    assert [one["loans"] for one in result["groups"]] == [1, 1, 0, 1, 0]


@pytest.mark.slow
def test_a_run_killed_in_the_middle_goes_on_as_if_nothing_had_been(
    own_database: str,
    own_sessions: sessionmaker[Session],
    world: World,
    hands: HandClock,
) -> None:
    with own_sessions() as session:
        the_2020_book(session, hands)
    hands.pass_by(days=40)
    day = hands.today()
    command = [sys.executable, "-m", "tests.jobs.killed", own_database, "interest"]

    killed = subprocess.run(
        [*command, day.isoformat()],
        cwd=ROOT,
        env={**os.environ, failpoint.VARIABLE: "between_chunks"},
        check=False,
    )
    with own_sessions() as session:
        through = set(session.scalars(select(Loan.reconciled_through)))
    blocked = run("interest", world, day)
    hands.pass_by(minutes=3)
    report = run("interest", world, day)

    assert killed.returncode == -signal.SIGKILL
    assert day in through
    assert len(through) > 1
    assert blocked is None
    assert report is not None
    assert report.failed == 0
    resumed = postings(own_sessions)
    assert len(resumed) == len(set(resumed))
    assert differences(own_sessions) == []
    with own_sessions() as session:
        assert set(session.scalars(select(Loan.reconciled_through))) == {day}
