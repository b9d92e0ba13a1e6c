"""A month of reminders beside the real outbox: who owes what, which weather, who does what.

Everything random comes from one seed. The model works out by itself which rule speaks of which
due on which day, from contracts whose interest is one multiplication; what was delivered it
takes from the mail server and from its own officer, never from the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.documents.layout import imprint
from loanfund.documents.notice import render_notice
from loanfund.documents.reminder_letter import render_letter
from loanfund.domain.issue import Issue
from loanfund.domain.notice import Notice
from loanfund.domain.reminder import PauseReason
from loanfund.jobs.outbox import drain
from loanfund.jobs.reminders import reminders as reminders_job
from loanfund.jobs.running import World, run_slot
from loanfund.models.borrower import Borrower
from loanfund.models.message import Dispatch, Message
from loanfund.queries.letter import Batch, letter_batch
from loanfund.queries.signing import notices_in_step
from loanfund.services._notice import Issuer
from loanfund.services._setting import SetSetting
from loanfund.services.letter import (
    Discard,
    HandOver,
    discard_letters,
    hand_over,
    print_letters,
)
from loanfund.services.reminder import hold_reminders
from loanfund.services.reminder_pause import Pause, pause_reminders
from loanfund.services.setting import set_setting
from loanfund.services.signing import approve_notices, discard_notices, sign_notices
from loanfund.store.message import TO_APPROVE, TO_SIGN
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source, repaid
from tests.jobs.hand_clock import HandClock, at_office
from tests.jobs.smtp import OK, Box, listening, takes_all
from tests.papers import words_of

A_DAY = timedelta(days=1)
FIRST = date(2020, 6, 1)
DAYS_OFF = frozenset({date(2020, 6, 18), date(2020, 6, 19)})
RULES = (-7, -3, 0, 1, 7, 15, 30, 90)
TASK = 90
DAYS, CALM_DAYS = 30, 7
OFFICE_HOURS = ((9, 30), (16, 0))
WAITS = timedelta(days=3)  # a reminder that could not go for so long lapses
LENT = 100_000_000
WEATHERS = ("fine", "fine", "fine", "down", "421", "421 data", "451")
TRIES = ((8, 0), (9, 30), (11, 30), (14, 0), (16, 0), (18, 0))

NUMBER = re.compile(r"Số: (\S+)")

Call = tuple[str, date, int]  # contract, due day, rule


def is_off(day: date) -> bool:
    return day.weekday() >= 5 or day in DAYS_OFF


def send_day(due: date, rule: int) -> date:
    """A rule before or on the due day moves to an earlier working day, another to a later."""
    day = due + timedelta(days=rule)
    while is_off(day):
        day += A_DAY if rule > 0 else -A_DAY
    return day


@dataclass
class Debt:
    """A contract at 6 % a year on 100 million, interest monthly, and what was paid of it."""

    contract: str
    borrower: str
    borrower_id: int
    address: str | None
    signed: date
    paid: dict[date, datetime] = field(default_factory=dict)

    def dues(self) -> list[date]:
        """The days of interest that the month may hear of; no day is later than the 28th."""
        months = range(self.signed.month + 1, 9)
        return [date(2020, month, self.signed.day) for month in months]

    def interest(self, due: date) -> int:
        since = date(2020, due.month - 1, due.day)
        return (LENT * 6 * (due - since).days * 2 + 36500) // (2 * 36500)

    def open_dues(self) -> list[date]:
        """The dues of which nothing was paid, past and to come."""
        return [due for due in self.dues() if due not in self.paid]

    def is_open(self, due: date, at: datetime) -> bool:
        """Whether nothing of a due had been paid by an instant."""
        return due not in self.paid or self.paid[due] > at

    def called(self, after: date, day: date) -> set[Call]:
        """What the rules say of the days since, and once more of those that may still go."""
        return {
            (self.contract, due, rule)
            for due in self.open_dues()
            for rule in RULES
            if min(after + A_DAY, day - WAITS) <= send_day(due, rule) <= day
        }


@dataclass(frozen=True)
class Try:
    """One round of sending, and how the world stood."""

    at: datetime
    weather: str
    held: bool


@dataclass
class Month:
    """The month on both sides."""

    world: World
    clock: HandClock
    fund: Fund
    box: Box
    random: Random
    debts: list[Debt] = field(default_factory=list)
    called: set[Call] = field(default_factory=set)
    tries: list[Try] = field(default_factory=list)
    prints: list[tuple[datetime, frozenset[str]]] = field(default_factory=list)
    printed: list[Batch] = field(default_factory=list)
    said_of: set[int] = field(default_factory=set)
    handed_over: set[int] = field(default_factory=set)
    thrown_away: set[int] = field(default_factory=set)
    arrived: list[tuple[datetime, str]] = field(default_factory=list)  # notices, by number
    read: int = 0
    paused: list[tuple[str, date, date]] = field(default_factory=list)
    last_run: date | None = None
    signs: bool = False
    weather: str = "fine"
    held: bool = False
    calm: bool = False
    gone: dict[str, date] = field(default_factory=dict)  # addresses, refused from a day on

    @property
    def sessions(self) -> sessionmaker[Session]:
        return self.world.sessions

    def begin_to_sign(self) -> None:
        """Let notices be approved and signed before they go."""
        self.signs = True
        asked = SetSetting(key="notices_signed", value=True, valid_from=date(2020, 1, 1))
        set_setting(
            self.fund.session, asked, self.fund.accountant, self.clock, self.fund.manager
        )

    def live(self) -> None:
        """The month with its outages, then a week in which everything works."""
        for number in range(DAYS + CALM_DAYS):
            day = FIRST + timedelta(days=number)
            self.calm = number >= DAYS
            self.live_day(day)

    def live_day(self, day: date) -> None:
        self.decide_on_holding(day)
        self.pause_somebody(day)
        is_up = self.calm or self.random.random() > 0.15
        for hour, minute in TRIES:
            self.clock.instant = at_office(day, hour, minute).instant
            with self.some_weather():
                if is_up and (hour, minute) == TRIES[0]:
                    self.run_job(day)
                if is_up:
                    self.note_try()
                    drain(self.world)
                self.take_in_mails()
            self.clock.pass_by(minutes=5)
            self.people_pay(day)
            if (hour, minute) in OFFICE_HOURS and (self.calm or self.random.random() < 0.4):
                self.say_of_letters()
                self.clock.pass_by(minutes=5)
                self.print_letters()
                self.clock.pass_by(minutes=5)
                self.sign_notices()

    def decide_on_holding(self, day: date) -> None:
        self.clock.instant = at_office(day, 7).instant
        wanted = not self.calm and self.random.random() < (0.5 if self.held else 0.07)
        if wanted != self.held:
            hold_reminders(self.fund.session, self.fund.admin, self.clock, held=wanted)
            self.held = wanted

    def pause_somebody(self, day: date) -> None:
        """Now and then a borrower is not reminded for some days."""
        self.clock.instant = at_office(day, 7, 30).instant
        if self.calm or self.random.random() > 0.1:
            return
        debt = self.random.choice(self.debts)
        last_day = day + timedelta(days=self.random.randint(0, 4))
        asked = Pause(
            borrower_id=debt.borrower_id, reason=PauseReason.DISPUTE, last_day=last_day
        )
        pause_reminders(self.fund.session, asked, self.fund.officer, self.clock)
        self.paused.append((debt.borrower, day, last_day))

    def is_paused(self, debt: Debt, day: date) -> bool:
        return any(
            borrower == debt.borrower and first <= day <= last
            for borrower, first, last in self.paused
        )

    def run_job(self, day: date) -> None:
        after = self.last_run or day - A_DAY
        first_ever = self.last_run is None
        for debt in self.debts:
            found = debt.called(after, day)
            self.called |= {
                call for call in found if not first_ever or send_day(*call[1:]) == day
            }
        report = run_slot("reminders", reminders_job, day, self.world)
        assert report is not None
        assert report.failed == 0
        self.last_run = day

    def note_try(self) -> None:
        self.tries.append(Try(self.clock.instant, self.weather, self.held))

    @contextmanager
    def some_weather(self) -> Iterator[None]:
        """Weather lasts: an outage of one morning, or of days."""
        if self.calm:
            self.weather = "fine"
        elif self.random.random() < 0.2:
            self.weather = self.random.choice(WEATHERS)
        self.box.on_recipient, self.box.on_data = self.judge, takes_all
        if self.weather == "421 data":
            self.box.on_data = lambda _address: "421 too busy"
        with ExitStack() as stack:
            if self.weather != "down":
                stack.enter_context(listening(self.box))
            yield

    def judge(self, address: str) -> str:
        if self.is_refused(address):
            return "550 no such user"
        if self.weather == "421":
            return "421 too many connections"
        if self.weather == "451" and self.is_greylisted(address):
            return "451 greylisted"
        return OK

    def is_refused(self, address: str) -> bool:
        return address in self.gone and self.clock.today() >= self.gone[address]

    def is_greylisted(self, address: str) -> bool:
        return int(address[3]) % 2 == 0

    def could_take(self, one: Try, address: str) -> bool:
        """Whether a mail to an address would have been taken, or refused for good."""
        if one.held or one.weather in {"down", "421 data"}:
            return False
        if address in self.gone and one.at.date() >= self.gone[address]:
            return True
        return one.weather == "fine" or (
            one.weather == "451" and not self.is_greylisted(address)
        )

    def debt(self, contract: str) -> Debt:
        return next(one for one in self.debts if one.contract == contract)

    def could_have_gone(
        self, debt: Debt, channel: str, since: datetime, until: datetime
    ) -> bool:
        """Whether somebody printed, or a mail met a server that decides, in the meantime."""
        if channel == "letter":
            return any(
                since <= at < until and debt.borrower not in blocked
                for at, blocked in self.prints
            )
        between = [one for one in self.tries if since <= one.at < until]
        return any(
            self.could_take(one, debt.address)
            for one in between
            if debt.address and not is_off(one.at.date())
        )

    def taken_ids(self) -> list[int]:
        """The messages that the server took, by their Message-ID."""
        return [int(mail["Message-ID"].split(".")[1]) for mail in self.box.taken]

    def said(self, message: Message) -> str:
        """The text of the mail that brought a message."""
        place = self.taken_ids().index(message.id)
        body = self.box.taken[place].get_body()
        assert body is not None
        return str(body.get_content())

    def print_letters(self) -> None:
        if self.held:
            return
        issuer = Issuer(self.fund.officer, self.clock, rendered)
        with self.sessions() as session:
            printed = print_letters(session, issuer, render_letter)
            self.prints.append((self.clock.instant, frozenset(printed.blocked)))
            if printed.batch_id is not None:
                self.printed.append(letter_batch(session, printed.batch_id))

    def sign_notices(self) -> None:
        """Some that wait are approved by now, some signed, and some are not sent after all."""
        if not self.signs:
            return
        self.discard(self.some_in(TO_APPROVE, 0.1) | self.some_in(TO_SIGN, 0.1))
        manager = Issuer(self.fund.manager, self.clock, rendered)
        officer = Issuer(self.fund.officer, self.clock, rendered)
        with self.sessions() as session:
            approve_notices(session, self.some_in(TO_APPROVE, 0.7), manager)
            self.clock.pass_by(minutes=5)
            found = sign_notices(session, self.some_in(TO_SIGN, 0.7), officer)
            if found.batch_id is not None:
                self.printed.append(letter_batch(session, found.batch_id))

    def some_in(self, step: str, share: float) -> set[int]:
        """Some of the notices that wait for a step, in the calm all."""
        with self.sessions() as session:
            found = [one.paper_id for one in notices_in_step(session, step)]
        share = round(share) if self.calm else share
        return {one for one in found if self.random.random() < share}

    def discard(self, paper_ids: set[int]) -> None:
        carried = select(Dispatch.message_id).where(Dispatch.document_id.in_(paper_ids))
        with self.sessions() as session:
            self.thrown_away |= set(session.scalars(carried))
        with self.sessions() as session:
            reason = "Đã gọi điện thoại"
            discard_notices(session, paper_ids, reason, self.fund.manager, self.clock)

    def say_of_letters(self) -> None:
        """Of what was printed some was handed over by now, some is not sent after all."""
        still = []
        for batch in self.printed:
            ids = {one.message_id for one in batch.letters} - self.said_of
            given = {one for one in ids if self.calm or self.random.random() < 0.6}
            thrown = {one for one in given if self.random.random() < 0.2}
            self.hand_over(batch, given - thrown)
            self.throw_away(batch, thrown)
            self.said_of |= given
            still += [batch] if ids - given else []
        self.printed = still

    def hand_over(self, batch: Batch, ids: set[int]) -> None:
        asked = HandOver(batch_id=batch.id, message_ids=ids, day=self.clock.today())
        with self.sessions() as session:
            hand_over(session, asked, self.fund.officer, self.clock)
        for letter in batch.letters:
            if letter.message_id in ids:
                self.handed_over.add(letter.message_id)
                self.arrived += [(self.clock.instant, one.number) for one in letter.notices]

    def throw_away(self, batch: Batch, ids: set[int]) -> None:
        asked = Discard(batch_id=batch.id, message_ids=ids, reason="Đã gọi điện thoại")
        with self.sessions() as session:
            discard_letters(session, asked, self.fund.officer, self.clock)
        self.thrown_away |= ids

    def take_in_mails(self) -> None:
        """Read the numbers of the notices that the server has taken since."""
        for mail in self.box.taken[self.read :]:
            numbers = [
                NUMBER.search(words_of(one.get_content())) for one in mail.iter_attachments()
            ]
            self.arrived += [(self.clock.instant, one[1]) for one in numbers if one]
        self.read = len(self.box.taken)

    def people_pay(self, day: date) -> None:
        for debt in self.debts:
            if self.random.random() < 0.004:
                late = [due for due in debt.open_dues() if due <= day]
                asked = late or debt.open_dues()[:1]
                if not asked:
                    continue
                amount = sum(debt.interest(due) for due in asked)
                repaid(self.fund, debt.contract, day, amount)
                debt.paid |= dict.fromkeys(asked, self.clock.instant)


def rendered(notice: Notice, issue: Issue) -> bytes:
    return render_notice(notice, imprint(issue, "https://quy.example.vn"))


def a_month(world: World, fund: Fund, clock: HandClock, box: Box, seed: int) -> Month:
    """Lend to nine borrowers, some twice, so that their dues lie all over the month."""
    random = Random(seed)  # noqa: S311 -- the same month each time
    month = Month(world, clock, fund, box, random)
    holidays = SetSetting(
        key="holidays",
        value=[day.isoformat() for day in sorted(DAYS_OFF)],
        valid_from=date(2020, 1, 1),
    )
    set_setting(fund.session, holidays, fund.accountant, clock, fund.manager)
    for number in range(1, 10):
        address = f"htx{number}@vi-du.example" if number % 4 else None
        name = f"HTX Số {number}"
        code = a_borrower(fund, name, email=address, address=f"Thôn {number}, xã Hồng Giang")
        known = select(Borrower.id).where(Borrower.code == code)
        borrower_id = fund.session.scalars(known).one()
        for part in range(random.choice([1, 1, 2])):
            contract = f"{number}{part}/2020/HĐTD"
            signed = date(2020, random.choice([2, 3, 4, 5, 5, 5]), random.randint(1, 28))
            a_loan(fund, contract, borrower=code, signed_on=signed)
            month.debts.append(Debt(contract, name, borrower_id, address, signed))
    month.gone = {
        f"htx{number}@vi-du.example": FIRST + timedelta(days=random.randint(0, DAYS))
        for number in (3, 7)
    }
    return month


def a_lending_fund(session: Session, clock: HandClock) -> Fund:
    fund = a_fund(session, clock)
    a_source(fund, capital=100_000_000_000)
    return fund
