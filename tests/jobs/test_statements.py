"""A month's statements: one for every loan that has anything to state, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund import failpoint
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.statements import statements
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from tests.builders import Fund, a_borrower, a_contract, a_loan, repaid
from tests.jobs.conftest import TODAY
from tests.jobs.hand_clock import HandClock
from tests.papers import words_of

ROOT = Path(__file__).resolve().parents[2]
MAY = date(2020, 5, 31)


def issued(sessions: sessionmaker[Session]) -> list[tuple[str, str, date, date]]:
    query = (
        select(Document.number, Loan.contract_number, Document.period_from, Document.period_to)
        .join(Loan, Loan.id == Document.loan_id)
        .order_by(Document.number)
    )
    with sessions() as session:
        return [(one[0], one[1], one[2], one[3]) for one in session.execute(query)]


@pytest.fixture
def lent(fund: Fund) -> Fund:
    """Three loans that run, one paid back in May, one in April, one never disbursed."""
    a_borrower(fund, "HTX Thứ Tư")
    for number, day in (("04/2020", date(2020, 5, 12)), ("05/2020", date(2020, 4, 30))):
        a_loan(fund, number, borrower="htx-thu-tu", amount=1_000_000)
        repaid(fund, number, day, 2_000_000)
    a_contract(fund, "06/2020", borrower="htx-thu-tu")
    return fund


@pytest.mark.usefixtures("lent")
def test_every_loan_with_business_in_the_month_gets_one(
    world: World, own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    report = run_slot("statements", statements, MAY, world)
    hands.pass_by(days=1)
    run_slot("statements", statements, MAY, world, again=True)

    assert report is not None
    assert (report.done, report.failed) == (4, 0)
    assert [(number, contract) for number, contract, *_ in issued(own_sessions)] == [
        ("SK-2020/000001", "01/2020/HĐTD"),
        ("SK-2020/000002", "02/2020/HĐTD"),
        ("SK-2020/000003", "03/2020/HĐTD"),
        ("SK-2020/000004", "04/2020"),
    ]
    assert {period for *_, start, period in issued(own_sessions)} == {MAY}


@pytest.mark.usefixtures("fund")
def test_a_statement_says_its_month(world: World, own_sessions: sessionmaker[Session]) -> None:
    run_slot("statements", statements, MAY, world)

    with own_sessions() as session:
        file = session.scalars(select(Document.file).order_by(Document.id)).first()
    assert file is not None
    text = words_of(file)
    assert "Từ ngày 01/05/2020 đến hết ngày 31/05/2020" in text
    assert "493.151" in text  # May's interest of An, 30 days


@pytest.mark.slow
@pytest.mark.usefixtures("lent")
def test_killed_in_the_middle_it_goes_on_without_a_gap_or_a_double(
    own_database: str, world: World, own_sessions: sessionmaker[Session], hands: HandClock
) -> None:
    command = [sys.executable, "-m", "tests.jobs.killed", own_database, "statements"]
    killed = subprocess.run(
        [*command, TODAY.isoformat()],
        cwd=ROOT,
        env={**os.environ, failpoint.VARIABLE: "between_items"},
        check=False,
    )
    before = issued(own_sessions)
    hands.pass_by(minutes=3)

    report = run_slot("statements", statements, MAY, world)

    assert killed.returncode == -signal.SIGKILL
    assert len(before) == 1
    assert report is not None
    assert (report.done, report.failed) == (4, 0)
    numbers = [number for number, *_ in issued(own_sessions)]
    assert numbers == [f"SK-2020/{number:06d}" for number in (1, 2, 3, 4)]
    assert issued(own_sessions)[0] == before[0]
