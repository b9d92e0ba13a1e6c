"""The 2020 book's reminders on some days, counted against an independent reading of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.domain.codec import dump_terms
from loanfund.jobs.reminders import reminders as reminders_job
from loanfund.jobs.running import World, run_slot
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.message import Message
from loanfund.services._setting import SetSetting
from loanfund.services.setting import set_setting
from loanfund.services.user import command_line
from loanfund.store.loan import read_terms
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.owing import reminders
from tests.oracle.change import PLAN_CHANGING
from tests.oracle.history import Event, read_history
from tests.oracle.result import falling_due, status
from tests.oracle.walk import charge_on_due_date, end_day, walk

ONE_DAY = timedelta(days=1)
OFFSETS = (-7, -3, 0, 1, 7, 15, 30, 90)
TASK = 90
DAYS_OFF = ("2020-04-02", "2020-04-30", "2020-05-01", "2020-09-02")
# A plain Monday, the Wednesday before the holidays of 30 April and 1 May, a Friday, a Saturday.
DAYS = [date(2020, 6, 1), date(2020, 4, 29), date(2020, 5, 22), date(2020, 5, 30)]

Expected = set[tuple[str, date, int]]


@pytest.fixture
def own_engine(own_book_2020: Engine) -> Engine:
    """What all fixtures of jobs work on is the 2020 book here."""
    return own_book_2020


@pytest.fixture
def book(own_sessions: sessionmaker[Session], hands: HandClock) -> sessionmaker[Session]:
    with own_sessions() as session:
        operator = command_line(session, now=hands.now())
        days_off = SetSetting(key="holidays", value=list(DAYS_OFF), valid_from=date(2020, 1, 1))
        set_setting(session, days_off, operator, hands)
    return own_sessions


def is_off(day: date) -> bool:
    return day.weekday() >= 5 or day.isoformat() in DAYS_OFF


def send_day(due: date, offset: int) -> date:
    """What is said before a due goes to an earlier working day, what is said after, later."""
    day = due + timedelta(days=offset)
    while is_off(day):
        day += ONE_DAY if offset > 0 else -ONE_DAY
    return day


def cases(session: Session) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every contract with the plain facts that the book holds of it."""
    for loan in session.scalars(select(Loan).where(Loan.state == "approved")):
        query = (
            select(LoanEvent.payload)
            .where(LoanEvent.loan_id == loan.id)
            .order_by(LoanEvent.sequence)
        )
        events = list(session.scalars(query))
        case = {"terms": dump_terms(read_terms(loan)), "events": events, "as_of": "2020-06-01"}
        yield loan.contract_number, json.loads(json.dumps(case))


def expected_on(session: Session, day: date) -> Expected:
    found: Expected = set()
    for contract, case in cases(session):
        terms, events = read_history(case)
        seen = [event for event in events if event.day <= day]
        if not seen:
            continue
        in_force = max(event.day for event in seen if event.type in PLAN_CHANGING)
        for due in open_due_days(terms, seen, day):
            for offset in OFFSETS:
                called = send_day(due, offset)
                if called == day and called >= in_force:
                    found.add((contract, due, offset))
    return found


def open_due_days(terms: Any, seen: list[Event], day: date) -> set[date]:
    """Days on which something fell or will fall due, of which something is to pay."""
    loan = walk(terms, seen, day)
    if status(loan, day) != "active":
        return set()
    past = {each.due for each in loan.open_instalments() if each.due <= day}
    past |= {each.due for each in loan.open_charges("interest") if each.due <= day}
    coming = set()
    ahead, credit, last = loan.copy(), loan.credit, day + timedelta(days=7)
    while is_off(last - timedelta(days=6)):  # what falls due after a day off is said before it
        last += ONE_DAY
    while ahead.days[-1].day < last:
        tomorrow = ahead.days[-1].day + ONE_DAY
        charge_on_due_date(ahead, tomorrow)
        to_pay = sum(falling_due(ahead, tomorrow))
        if to_pay > credit:
            coming.add(tomorrow)
        credit = max(0, credit - to_pay)
        end_day(ahead, tomorrow)
    return past | coming


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own_book_2020", "day"),
    [
        pytest.param("sqlite", DAYS[0]),
        pytest.param("postgresql", DAYS[1], marks=pytest.mark.postgresql),
        pytest.param("postgresql", DAYS[2], marks=[pytest.mark.postgresql, pytest.mark.soak]),
        pytest.param("sqlite", DAYS[3]),
    ],
    indirect=["own_book_2020"],
    ids=str,
)
def test_the_2020_book_is_reminded_as_its_schedules_and_the_calendar_say(
    book: sessionmaker[Session], world: World, hands: HandClock, day: date
) -> None:
    hands.instant = at_office(day).instant

    report = run_slot("reminders", reminders_job, day, world)

    assert report is not None
    assert report.failed == 0
    with book() as session:
        expected = expected_on(session, day)
        rows = session.execute(select(Loan.contract_number, Loan.borrower_id))
        borrowers = {row.contract_number: row.borrower_id for row in rows}
        planned = session.scalars(select(Message.borrower_id)).all()
    found = reminders(book)
    assert {(contract, due, rule) for contract, due, rule, *_ in found} == expected
    assert len(found) == len(expected)
    assert {channel for *_, rule, channel, _ in found if rule == TASK} <= {"task"}
    told = {borrowers[contract] for contract, _, rule in expected if rule != TASK}
    assert sorted(planned) == sorted(told)
    assert bool(expected) == (day.weekday() < 5)


def test_everybody_with_an_address_would_be_mailed(
    book: sessionmaker[Session],
) -> None:
    """The figures above would say little of a book in which nobody can be reached."""
    with book() as session:
        reachable = session.scalars(select(Borrower.email)).all()

    assert sum(address is not None for address in reachable) > 60
