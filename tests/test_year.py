"""A year of the 2020 book, day by day: what the jobs did, and what the test works out itself.

The oracle of the tests walks every loan beside the program; of the program's own figures it is
told only the contracts and what happened before the year. Payments come from the oracle too.
The gate lives through its first weeks; `scripts/soak` through all of it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.db import make_engine, make_sessions
from loanfund.documents.layout import imprint
from loanfund.documents.notice import render_notice
from loanfund.domain.issue import Issue
from loanfund.domain.letter import Letter
from loanfund.domain.money import Money
from loanfund.domain.notice import Notice
from loanfund.domain.permission import Actor, Role
from loanfund.jobs.close import close
from loanfund.jobs.running import World, run_slot
from loanfund.jobs.schedule import SCHEDULE
from loanfund.mail import SmtpPost
from loanfund.models.borrower import Borrower
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.period import Period
from loanfund.models.reminder import Reminder
from loanfund.queries.reminder import letters_waiting
from loanfund.queries.verify import verify
from loanfund.services._notice import Issuer
from loanfund.services._setting import SetSetting
from loanfund.services.letter import HandOver, hand_over, print_letters
from loanfund.services.repayment import Repay, repay
from loanfund.services.setting import set_setting
from loanfund.services.user import command_line
from tests.books import the_2020_book
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.smtp import Box, free_port, listening
from tests.jobs.test_reminders import cases
from tests.oracle.change import PLAN_CHANGING, happen
from tests.oracle.debt_group import debt_group
from tests.oracle.history import Event, read_history
from tests.oracle.loan import Loan as WalkedLoan
from tests.oracle.result import falling_due, status
from tests.oracle.walk import begin_day, charge_on_due_date, end_day, is_due_date, walk
from tests.people import a_user

pytestmark = pytest.mark.slow

FIRST, LAST = date(2020, 6, 1), date(2021, 5, 31)
SOME_WEEKS = date(2020, 6, 17)
ONE_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
# From these Mondays the scheduler stands still for a week; people do not.
DOWN = (date(2020, 6, 8), date(2020, 11, 2))
MADE_UP = timedelta(days=3)  # a reminder not sent for so long is not sent any more
OFFSETS = (-7, -3, 0, 1, 7, 15, 30, 90)
TASK = 90
DAYS_OFF = {
    date(2020, 9, 2),
    date(2021, 1, 1),
    *(date(2021, 2, day) for day in range(10, 17)),
    date(2021, 4, 21),
    date(2021, 4, 30),
}
NOT_PAYING = 3
ARREARS_PAID = date(2020, 6, 15)  # what the book says is late by the year is paid on this day
LETTERS = 8  # every eighth borrower has no address, and gets letters
BASE_URL = "https://quy.example.vn"

Called = tuple[str, date, int]
Stood = dict[str, tuple[int, int]]  # days past due and group, by contract


@dataclass
class Walked:
    """A contract as the oracle has it, at the end of the day before."""

    contract: str
    loan: WalkedLoan
    in_force: date
    pays: bool = True
    charged: int = 0  # so many charges were made before the year, some due in it

    @property
    def today(self) -> date:
        return self.loan.days[-1].day + ONE_DAY

    def to_pay(self, day: date) -> int:
        """What is due by the day, on a day on which something falls due or arrears are paid."""
        if not self.pays or not (is_due_date(self.loan, day) or day == ARREARS_PAID):
            return 0
        due = sum(each.open for each in self.loan.open_charges() if each.due <= day)
        return max(0, due + self.loan.overdue_principal(day) - self.loan.credit)

    @property
    def falls_due_soon(self) -> bool:
        """Whether nothing is late before the year and principal falls due in its first days."""
        plan = [each.due for each in self.loan.open_instalments()]
        is_late = self.loan.days[-1].days_past_due > 0
        return not is_late and FIRST <= min(plan) < FIRST + timedelta(days=30)

    def called(self, after: date, day: date) -> set[Called]:
        """What the rules say of the loan on the days since, before money comes in."""
        if status(self.loan, self.loan.days[-1].day) != "active":
            return set()
        past = {due for due, _ in self.loan.open_dues() if due <= day}
        return {
            (self.contract, due, offset)
            for due in past | self.coming(day)
            for offset in OFFSETS
            if (after + ONE_DAY if offset == TASK else max(after + ONE_DAY, day - MADE_UP))
            <= send_day(due, offset)
            <= day
            and send_day(due, offset) >= self.in_force
        }

    def coming(self, day: date) -> set[date]:
        """The days ahead on which more falls due than credit covers, as far as a rule looks."""
        week = days_ahead(day)
        plan = {due for due, _ in self.loan.open_dues()}
        if not any(one in plan or self.loan.is_interest_date(one) for one in week):
            return set()
        found, ahead, credit = set(), self.loan.copy(), self.loan.credit
        end_day(ahead, day)
        for one in week:
            charge_on_due_date(ahead, one)
            due = sum(falling_due(ahead, one))
            if due > credit:
                found.add(one)
            credit = max(0, credit - due)
            end_day(ahead, one)
        return found


@dataclass
class Year:
    """The fund's year on both sides: a real book with its jobs, and the oracle's loans."""

    sessions: sessionmaker[Session]
    world: World
    clock: HandClock
    people: dict[Role, Actor]
    loans: list[Walked]
    last: date
    box: Box
    expected: dict[date, set[Called]] = field(default_factory=dict)
    found: dict[date, set[Called]] = field(default_factory=dict)
    stood: dict[date, Stood] = field(default_factory=dict)
    classified: dict[date, Stood] = field(default_factory=dict)
    last_run: date = FIRST - ONE_DAY

    def run(self) -> None:
        day = FIRST
        while day <= self.last:
            self.live(day)
            day += ONE_DAY
        self.see_groups(self.last)
        self.clock.instant = at_office(day, 0, 30).instant
        self.classify(self.last)
        if day.day == 1:
            self.close_month(self.last)

    def live(self, day: date) -> None:
        """Night, morning and the hours in which people pay."""
        if day.day == 1:
            self.see_groups(day - ONE_DAY)
        for one in self.loans:
            begin_day(one.loan, day)
        self.clock.instant = at_office(day, 0, 30).instant
        if not any(monday <= day < monday + A_WEEK for monday in DOWN):
            self.job("interest", day)
            if day.day == 1:
                self.classify(day - ONE_DAY)
                self.close_month(day - ONE_DAY)
            self.clock.instant = at_office(day, 8).instant
            self.remind(day)
            self.print_letters()
            self.last_run = day
        self.clock.instant = at_office(day, 10).instant
        for one in self.loans:
            self.pay(one, day)
            end_day(one.loan, day)

    def job(self, name: str, slot: date) -> dict[str, Any]:
        report = run_slot(name, SCHEDULE[name], slot, self.world)
        assert report is not None
        assert report.failed == 0, report
        return report.result or {}

    def see_groups(self, day: date) -> None:
        self.stood[day] = {
            one.contract: (one.loan.days[-1].days_past_due, debt_group(one.loan))
            for one in self.loans
            if status(one.loan, day) == "active"
        }

    def classify(self, day: date) -> None:
        self.classified[day] = {
            one["contract"]: (one["days_past_due"], one["own_group"])
            for one in self.job("classification", day)["loans"]
        }

    def close_month(self, month_end: date) -> None:
        people = (self.people[Role.ACCOUNTANT], self.people[Role.MANAGER])
        close(self.sessions, month_end, people, self.clock)

    def remind(self, day: date) -> None:
        self.expected[day] = set().union(
            *(one.called(self.last_run, day) for one in self.loans)
        )
        before = self.sent()
        self.job("reminders", day)
        after = self.sent()
        assert not before - after
        self.found[day] = set(after - before)

    def print_letters(self) -> None:
        """Print what waits, and hand it over at once."""
        officer = self.people[Role.OFFICER]
        with self.sessions() as session:
            waiting = [one.id for one in letters_waiting(session)]
            printed = print_letters(session, Issuer(officer, self.clock, rendered), plain)
            assert not printed.blocked
            assert (printed.batch_id is not None) == bool(waiting)
            if printed.batch_id is not None:
                given = HandOver(
                    batch_id=printed.batch_id, message_ids=waiting, day=self.clock.today()
                )
                hand_over(session, given, officer, self.clock)

    def sent(self) -> Counter[Called]:
        query = select(Loan.contract_number, Reminder.due_date, Reminder.rule).join(
            Loan, Loan.id == Reminder.loan_id
        )
        with self.sessions() as session:
            rows = session.execute(query.where(Reminder.state != "lapsed")).all()
        return Counter((row.contract_number, row.due_date, row.rule) for row in rows)

    def pay(self, one: Walked, day: date) -> None:
        amount = one.to_pay(day)
        if not amount or status(one.loan, day - ONE_DAY) != "active":
            return
        paid = Repay(contract_number=one.contract, value_date=day, amount=Money(amount))
        with self.sessions() as session:
            repay(session, paid, self.people[Role.OFFICER], self.clock)
        data = {"id": day.isoformat(), "type": "repayment", "amount": amount}
        happen(one.loan, Event(day.isoformat(), "repayment", day, data))


def plain(_told: Letter) -> bytes:
    return b"%PDF"


def rendered(notice: Notice, issue: Issue) -> bytes:
    return render_notice(notice, imprint(issue, BASE_URL))


def is_off(day: date) -> bool:
    return day.weekday() >= 5 or day in DAYS_OFF


def send_day(due: date, offset: int) -> date:
    """What is said before a due goes to an earlier working day, what is said after, later."""
    day = due + timedelta(days=offset)
    while is_off(day):
        day += ONE_DAY if offset > 0 else -ONE_DAY
    return day


def days_ahead(day: date) -> list[date]:
    """A week from here, and from each day off that follows at once."""
    last = day
    while is_off(last + ONE_DAY):
        last += ONE_DAY
    return [day + timedelta(days=ahead) for ahead in range(1, (last - day).days + 8)]


def walked(contract: str, case: dict[str, Any]) -> Walked:
    terms, events = read_history(case)
    in_force = max(event.day for event in events if event.type in PLAN_CHANGING)
    loan = walk(terms, events, FIRST - ONE_DAY)
    return Walked(contract, loan, in_force, charged=len(loan.charges))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SOME_WEEKS, id="its first weeks"),
        pytest.param(LAST, id="all of it", marks=[pytest.mark.soak, pytest.mark.timeout(0)]),
    ],
)
def year(
    request: pytest.FixtureRequest, sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Year]:
    copy = shutil.copy(sqlite_file, tmp_path_factory.mktemp("year") / "year.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions, clock = make_sessions(engine), at_office(FIRST, 0)
    with sessions() as session:
        the_2020_book(session, clock)
        for borrower in session.scalars(select(Borrower).where(Borrower.id % LETTERS == 0)):
            borrower.email = None
        session.commit()
        operator = command_line(session, now=clock.now())
        days_off = [day.isoformat() for day in sorted(DAYS_OFF)]
        asked = SetSetting(key="holidays", value=days_off, valid_from=FIRST)
        set_setting(session, asked, operator, clock)
        roles = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER)
        people = {role: a_user(session, role) for role in roles}
        loans = [walked(*one) for one in cases(session)]
    active = [one for one in loans if status(one.loan, FIRST - ONE_DAY) == "active"]
    for one in [one for one in active if one.falls_due_soon][:NOT_PAYING]:
        one.pays = False
    box = Box(free_port())
    post = SmtpPost(
        host="127.0.0.1", port=box.port, sender="quy@quy.example.vn", security="none"
    )
    world = World(
        sessions=sessions,
        clock=clock,
        runner="test:year",
        base_url=BASE_URL,
        post=post,
    )
    found = Year(sessions, world, clock, people, active, request.param, box)
    with listening(box):
        found.run()
    yield found
    engine.dispose()


def test_every_reminder_of_the_year_is_one_that_schedules_and_calendar_ask_for(
    year: Year,
) -> None:
    for day, expected in year.expected.items():
        assert year.found[day] == expected, day
    assert max(year.sent().values()) == 1
    rules = Counter(rule for called in year.expected.values() for _, _, rule in called)
    assert rules.total() > (1_500 if year.last == LAST else 20)
    assert set(rules) == set(OFFSETS) or year.last < FIRST + timedelta(days=TASK)


def test_every_reminder_went_by_mail_where_there_is_an_address_and_by_letter_elsewhere(
    year: Year,
) -> None:
    whose = addresses(year)
    query = select(
        Loan.contract_number, Reminder.due_date, Reminder.rule, Reminder.channel
    ).join(Loan, Loan.id == Reminder.loan_id)
    with year.sessions() as session:
        found = [tuple(row) for row in session.execute(query.where(Reminder.state != "lapsed"))]
    expected = [
        (contract, due, rule, "task" if rule == TASK else channel(whose[contract][1]))
        for called in year.expected.values()
        for contract, due, rule in called
    ]
    assert Counter(found) == Counter(expected)
    assert {"email", "letter"} <= {each[3] for each in expected}


def test_every_borrower_heard_once_a_day_and_every_mail_arrived(year: Year) -> None:
    whose = addresses(year)
    told = {
        (*whose[contract], day)
        for day, called in year.expected.items()
        for contract, _, rule in called
        if rule != TASK
    }
    with year.sessions() as session:
        messages = session.execute(select(Message.borrower_id, Message.day, Message.channel))
        found = Counter(tuple(row) for row in messages)
        unsent = select(Message.id).where(Message.state != "sent")
        assert session.scalars(unsent).all() == []
    assert found == Counter((who, day, channel(address)) for who, address, day in told)
    arrived = Counter(mail["To"] for mail in year.box.taken)
    assert arrived == Counter(address for _, address, _ in told if address)


def addresses(year: Year) -> dict[str, tuple[int, str | None]]:
    """The borrower and the address there is, by contract."""
    query = select(Loan.contract_number, Borrower.id, Borrower.email).join(
        Borrower, Borrower.id == Loan.borrower_id
    )
    with year.sessions() as session:
        return {contract: (who, address) for contract, who, address in session.execute(query)}


def channel(address: str | None) -> str:
    return "email" if address else "letter"


def test_every_interest_entry_of_the_ledger_is_a_charge_of_the_schedules(year: Year) -> None:
    query = (
        select(
            Loan.contract_number, LedgerEntry.cause, LedgerEntry.value_date, LedgerEntry.amount
        )
        .join(Loan, Loan.id == LedgerEntry.loan_id)
        .where(LedgerEntry.cause.like("charge:%"), LedgerEntry.value_date >= FIRST)
    )
    with year.sessions() as session:
        found = Counter(
            (row.contract_number, row.cause.split(":")[1], row.value_date, row.amount.dong)
            for row in session.execute(query)
        )
    expected = Counter(
        (one.contract, charge.kind, charge.due, charge.amount)
        for one in year.loans
        for charge in one.loan.charges[one.charged :]
        if FIRST <= charge.due <= year.last
    )
    assert found == expected
    assert found.total() > (400 if year.last == LAST else 5)


def test_every_month_was_closed_and_nothing_differs(year: Year) -> None:
    with year.sessions() as session:
        closed = session.scalars(select(Period.month_end).order_by(Period.month_end)).all()
        assert list(verify(session, year.last, lambda _done, _all: None)) == []
    span = range((year.last - FIRST).days + 2)
    days = [FIRST + timedelta(days=place) for place in span]
    assert closed == [day - ONE_DAY for day in days if day.day == 1]
    assert len(closed) == (13 if year.last == LAST else 1)


def test_every_loan_is_past_due_and_in_the_group_that_the_rules_say(year: Year) -> None:
    assert year.classified == year.stood
    assert len(year.stood) == (13 if year.last == LAST else 2)


def test_those_who_do_not_pay_are_late_since_their_first_due_of_the_year_and_no_one_else_is(
    year: Year,
) -> None:
    since = {one.contract: min(one.loan.open_dues())[0] for one in year.loans if not one.pays}
    assert len(since) == NOT_PAYING
    assert all(due >= FIRST for due in since.values())
    late = {who: days for who, (days, _) in year.classified[year.last].items() if days}
    assert late == {
        who: (year.last - due).days for who, due in since.items() if due < year.last
    }
