"""Reminders for people: what would go out next, what went out, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from loanfund.domain.calendar import next_working_day
from loanfund.domain.errors import LoanFundError, NotFoundError
from loanfund.domain.money import Money, total
from loanfund.domain.reminder import Channel, Kind, parse_rules
from loanfund.domain.setting import SettingBook
from loanfund.domain.snapshot import Snapshot
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.reminder import Reminder
from loanfund.queries._list_page import ListPage, list_page
from loanfund.queries._message_notice import MessageNotice, notices_of_messages
from loanfund.queries._standing import Moment, standings
from loanfund.queries.reminder_log import reminder_stands
from loanfund.store.loan import LoadedLoan
from loanfund.store.message import (
    MANY,
    PLANNED,
    Called,
    Span,
    calling,
    holidays,
    owing,
    paused_borrowers,
    unspoken,
)
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenDue:
    """One rule for one due, as a list shows it.

    `days_past_due` is how long the due is overdue, where it is still open and looked at.
    """

    loan_id: int
    contract_number: str
    due_date: date
    rule: int
    to_pay: Money | None = None
    days_past_due: int = 0
    state: str = PLANNED
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingMessage:
    """What one borrower would get."""

    borrower: str
    channel: Channel
    dues: tuple[SpokenDue, ...]

    @property
    def to_pay(self) -> Money:
        """What the dues come to, each counted once."""
        by_due = {(one.loan_id, one.due_date): one.to_pay for one in self.dues}
        return total([amount for amount in by_due.values() if amount is not None])


@dataclass(frozen=True, slots=True)
class Coming:
    """What the next working day would send."""

    day: date
    messages: tuple[ComingMessage, ...]
    is_tomorrow: bool

    def count(self, channel: str) -> int:
        """Give how many go by a channel."""
        return sum(one.channel == channel for one in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """One message of the log."""

    id: int
    day: date
    borrower: str
    channel: str
    state: str
    attempts: int
    reply: str | None
    settled_at: datetime | None
    next_attempt_at: datetime | None
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """One message with its text as sent and what became of each reminder in it."""

    line: MessageLine
    subject: str | None
    body: str | None
    template: str | None
    papers: tuple[MessageNotice, ...]
    batch_id: int | None
    delivered_on: date | None
    remark: str | None
    dues: tuple[SpokenDue, ...]


def is_held(session: Session, day: date) -> bool:
    """Say whether nothing may go out on a day."""
    settings = load_settings(session, keys=("reminders_held",))
    return bool(settings.get("reminders_held", day))


def coming_messages(session: Session, today: date, *, has_mail: bool) -> Coming:
    """Give what the next working day after today would send, as things stand now.

    Who is not reminded on that day, because somebody paused it, is left out.
    """
    settings = load_settings(session)
    day = next_working_day(today + A_DAY, holidays(settings))
    span = Span(today + A_DAY, day)
    found = [
        one
        for owed in owing(session, settings, day, _owing_soon(session, settings, span), _skip)
        for one in calling(settings, owed, span)
        if one.candidate.rule.kind is not Kind.TASK
    ]
    reachable, paused = dict(_names(session)), paused_borrowers(session, day)
    by_borrower: dict[int, list[Called]] = {}
    for one in unspoken(session, found):
        by_borrower.setdefault(one.owing.loan.borrower_id, []).append(one)
    messages = []
    for borrower_id, spoken in by_borrower.items():
        if borrower_id in paused:
            continue
        name, email = reachable[borrower_id]
        channel = Channel.EMAIL if email and has_mail else Channel.LETTER
        dues = tuple(_due(one) for one in spoken)
        messages.append(ComingMessage(borrower=name, channel=channel, dues=dues))
    ordered = tuple(sorted(messages, key=lambda one: name_key(one.borrower)))
    return Coming(day, ordered, is_tomorrow=day == today + A_DAY)


def _skip(_loan: LoadedLoan, _error: LoanFundError) -> None:
    """Leave out a loan that cannot be folded; the nightly run reports it."""


def _owing_soon(session: Session, settings: SettingBook, span: Span) -> set[int] | None:
    """Give the borrowers of whose dues a rule may speak, from the cached positions.

    They owe something already, or will as soon as the earliest rule looks ahead; None where
    there are so many that all may be asked.
    """
    today = span.first - A_DAY
    found = standings(session, settings, Moment(today), Loan.state == "approved")
    sources = {one.facts.source_id for one in found}
    rules = [
        rule.days
        for source in sources
        for rule in parse_rules(settings.get("reminder_rules", span.day, source))
    ]
    # What the days off after the span would bring is said on its last day.
    before = next_working_day(span.day + A_DAY, holidays(settings)) - A_DAY
    last = before - timedelta(days=min(rules, default=0))
    borrowers = {one.facts.borrower_id for one in found if _owes_by(one.snapshot, last)}
    return borrowers if len(borrowers) <= MANY else None


def _owes_by(place: Snapshot | None, last: date) -> bool:
    if place is None:
        return False
    is_open = bool(place.principal_overdue or place.interest_open)
    return is_open or (place.next_due_date is not None and place.next_due_date <= last)


def _names(session: Session) -> list[tuple[int, tuple[str, str | None]]]:
    query = select(Borrower.id, Borrower.name, Borrower.email)
    return [(row.id, (row.name, row.email)) for row in session.execute(query)]


def _due(one: Called) -> SpokenDue:
    return SpokenDue(
        loan_id=one.owing.loan.id,
        contract_number=one.owing.loan.contract_number,
        due_date=one.candidate.due.due_date,
        rule=one.candidate.rule.days,
        to_pay=one.candidate.due.to_pay,
        days_past_due=one.candidate.due.days_past_due,
    )


def message_log(session: Session, page: int = 1, state: str = "") -> ListPage[MessageLine]:
    """Give a page of the messages, the latest first; those of one state if it is named."""
    query = _lines().where(Message.state == state if state else true())
    return list_page(
        session, query.order_by(Message.day.desc(), Message.id.desc()), MessageLine, page
    )


def letters_waiting(session: Session) -> tuple[MessageLine, ...]:
    """Give the letters that nobody has printed yet, oldest first."""
    query = _lines().where(Message.channel == Channel.LETTER.value, Message.state == PLANNED)
    rows = session.execute(query.order_by(Message.day, Message.id))
    return tuple(MessageLine(**row) for row in rows.mappings())


def open_tasks(session: Session, today: date) -> tuple[SpokenDue, ...]:
    """Give the dues that the officer must see to in person today, oldest first."""
    query = (
        _spoken()
        .where(Reminder.channel == Channel.TASK.value, Reminder.state == PLANNED)
        .order_by(Reminder.due_date, Reminder.id)
    )
    found = [SpokenDue(**row) for row in session.execute(query).mappings()]
    days = _days_past_due(session, {one.loan_id for one in found}, today)
    return tuple(
        replace(one, days_past_due=days.get((one.loan_id, one.due_date), 0)) for one in found
    )


def _days_past_due(
    session: Session, loan_ids: set[int], day: date
) -> dict[tuple[int, date], int]:
    """Give of every open due of some loans how many days it is overdue."""
    query = select(Loan.borrower_id).where(Loan.id.in_(loan_ids)).distinct()
    borrowers = set(session.scalars(query)) if loan_ids else set()
    return {
        (owed.loan.id, due.due_date): due.days_past_due
        for owed in owing(session, load_settings(session), day, borrowers, _skip)
        for due in owed.dues.dues
    }


def message_page(session: Session, message_id: int) -> MessagePage:
    """Give one message."""
    found = session.execute(_lines().where(Message.id == message_id)).mappings().one_or_none()
    if found is None:
        raise NotFoundError("message", id=message_id)
    row = session.get_one(Message, message_id)
    dues = _spoken().where(Reminder.message_id == message_id).order_by(Reminder.id)
    papers = notices_of_messages().where(Dispatch.message_id == message_id)
    return MessagePage(
        line=MessageLine(**found),
        subject=row.subject,
        body=row.body,
        template=row.template,
        papers=tuple(MessageNotice(*one[1:]) for one in session.execute(papers)),
        batch_id=row.batch_id,
        delivered_on=row.delivered_on,
        remark=row.remark,
        dues=tuple(SpokenDue(**one) for one in session.execute(dues).mappings()),
    )


def _lines() -> Select[*tuple[Any, ...]]:
    carried = (
        select(func.count())
        .where(Reminder.message_id == Message.id)
        .correlate(Message)
        .scalar_subquery()
    )
    return select(
        Message.id,
        Message.day,
        Borrower.name.label("borrower"),
        Message.channel,
        Message.state,
        Message.attempts,
        Message.reply,
        Message.settled_at,
        Message.next_attempt_at,
        carried.label("reminders"),
    ).join(Borrower, Borrower.id == Message.borrower_id)


def _spoken() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Reminder.loan_id,
            Loan.contract_number,
            Reminder.due_date,
            Reminder.rule,
            reminder_stands().label("state"),
            Reminder.reason,
        )
        .join_from(Reminder, Loan)
        .outerjoin(Message, Message.id == Reminder.message_id)
    )
