"""The outbox: take a message to send it, checking once more, and say how it was taken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import OFFICE, Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Action, Grant, check
from loanfund.domain.reminder import (
    Channel,
    Kind,
    Letter,
    Rule,
    is_lapsed,
    may_send,
    parse_rules,
)
from loanfund.domain.setting import SettingBook
from loanfund.mail import Answer, Outcome
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder
from loanfund.services._message import close_emptied, gather, send_as_letters
from loanfund.services._notice import Issuer, issue_notice
from loanfund.services._outbox import (
    BACK_OFF,
    Outgoing,
    Written,
    answered,
    claim,
    is_due,
    release,
)
from loanfund.store.message import (
    PLANNED,
    Owing,
    holidays,
    letter,
    owing,
    settle,
)
from loanfund.store.setting import load_settings

Write = Callable[[Letter], Written]


def take_message(
    session: Session, message_id: int, runner: str, write: Write, issuer: Issuer
) -> Outgoing | None:
    """Take a mail to send it now; None where it must not go, or another is at it.

    What was settled in the meantime is left out, with the reason; with nothing left to say
    the message is cancelled.
    """
    with unit_of_work(session):
        message = session.get_one(Message, message_id, with_for_update=True)
        now = issuer.clock.now()
        if not is_due(message, now):
            return None
        borrower = session.get_one(Borrower, message.borrower_id)
        checked = _checked(session, message, borrower, issuer.clock)
        if checked is None or not borrower.email:
            return None
        told = checked.told
        if not message.papers:
            message.papers = _issued(session, checked, issuer, checked.noticed)
        written = write(told)
        claim(message, runner, now)
        message.subject, message.body = written.subject, written.body
        message.template = written.template
        message.address_hash = hashlib.sha256(borrower.email.encode()).hexdigest()
        session.flush()
        return Outgoing(
            message_id=message.id,
            attempt=message.attempts,
            address=borrower.email,
            sender_name=told.fund.name,
            written=written,
            key=f"reminder.{message.id}.{message.recorded_at:%Y%m%d%H%M%S}",
            papers=_files(session, message.papers),
        )


def print_letter(session: Session, message_id: int, issuer: Issuer) -> list[str]:
    """Issue the notices of a letter and give their numbers; none where all was settled.

    A letter counts as sent once its notices are there to be printed.
    """
    check(issuer.actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        message = session.get_one(Message, message_id, with_for_update=True)
        if message.state != PLANNED or message.channel != Channel.LETTER:
            return []
        if load_settings(session).get("reminders_held", issuer.clock.today()):
            raise ConflictError("reminders_held")
        borrower = session.get_one(Borrower, message.borrower_id)
        checked = _checked(session, message, borrower, issuer.clock)
        if checked is None:
            return []
        every = {part.contract_number for part in checked.told.loans}
        message.papers = _issued(session, checked, issuer, every)
        now = issuer.clock.now()
        message.state, message.settled_at, message.attempts = "sent", now, 1
        for one in reminders_of(session, message.id):
            settle(one, "sent", now)
        return list(message.papers)


def _issued(
    session: Session, checked: _Checked, issuer: Issuer, contracts: Collection[str]
) -> list[str]:
    """Issue a notice for each of these loans that the letter speaks of."""
    told = checked.told
    parts = [part for part in told.loans if part.contract_number in contracts]
    return [issue_notice(session, told, part, issuer) for part in parts]


def _files(session: Session, numbers: Sequence[str]) -> tuple[tuple[str, bytes], ...]:
    """Give issued papers by number, to go with a mail."""
    query = select(Document.number, Document.file).where(Document.number.in_(numbers))
    return tuple((row.number, row.file) for row in session.execute(query.order_by(Document.id)))


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is left to say, and the contracts for which a rule asks for a notice."""

    told: Letter
    noticed: frozenset[str]


def _checked(
    session: Session, message: Message, borrower: Borrower, clock: Clock
) -> _Checked | None:
    """Look once more at what the message is about; None when nothing of it is left."""
    settings, now, day = load_settings(session), clock.now(), clock.today()
    by_loan = {one.loan.id: one for one in owing(session, settings, day, [borrower.id])}
    spoken: dict[int, tuple[Owing, set[date]]] = {}
    noticed = set()
    for one in reminders_of(session, message.id):
        owed = by_loan.get(one.loan_id)
        reason = _needless(one, owed)
        if is_lapsed(one.send_on, day):
            settle(one, "lapsed", now)
        elif reason is not None:
            settle(one, "suppressed", now, reason)
        elif owed is not None:
            spoken.setdefault(one.loan_id, (owed, set()))[1].add(one.due_date)
            if _asks_for_notice(settings, owed, one.rule, day):
                noticed.add(owed.loan.contract_number)
    if not spoken:
        close_emptied(session, [message.id], now)
        return None
    told = letter(session, settings, borrower, day, spoken)
    return _Checked(told, frozenset(noticed))


def _asks_for_notice(settings: SettingBook, owed: Owing, rule: int, day: date) -> bool:
    rules = parse_rules(settings.get("reminder_rules", day, owed.loan.source_id))
    return Rule(rule, Kind.NOTICE) in rules


def _needless(reminder: Reminder, owed: Owing | None) -> str | None:
    """Give why a reminder need not be sent any more."""
    if owed is None:
        return "settled"
    if owed.dues.version != reminder.schedule_version:
        return "schedule_changed"
    return "paid" if owed.dues.of(reminder.due_date) is None else None


def reminders_of(session: Session, message_id: int) -> Sequence[Reminder]:
    """Give the reminders of a message that still wait."""
    query = select(Reminder).where(Reminder.message_id == message_id, Reminder.state == PLANNED)
    return session.scalars(query.order_by(Reminder.id)).all()


def settle_message(
    session: Session,
    sent: Outgoing,
    answer: Answer,
    clock: Clock,
    back_off: Sequence[timedelta] = BACK_OFF,
) -> None:
    """Write down how the server took it; an address that it refused gets a letter."""
    with unit_of_work(session):
        message = session.get_one(Message, sent.message_id, with_for_update=True)
        now = clock.now()
        if not answered(message, sent, answer, now, back_off):
            return
        if answer.outcome is Outcome.SENT:
            for one in reminders_of(session, message.id):
                settle(one, "sent", now)
        elif answer.outcome is Outcome.REFUSED:
            send_as_letters(session, reminders_of(session, message.id), "bounced", now)
            gather(session, message.borrower_id, Channel.LETTER, clock.today(), now)


def messages_to_send(session: Session, clock: Clock) -> list[int]:
    """Give the mails that may go out now, oldest first; none while reminders are held."""
    settings, now = load_settings(session), clock.now()
    if settings.get("reminders_held", clock.today()):
        return []
    local = now.astimezone(OFFICE).time()
    if not may_send(clock.today(), local, holidays(settings)):
        return []
    query = (
        select(Message.id)
        .where(Message.channel == Channel.EMAIL.value, Message.state == PLANNED)
        .where((Message.next_attempt_at.is_(None)) | (Message.next_attempt_at <= now))
        .order_by(Message.day, Message.id)
    )
    return list(session.scalars(query))


def release_messages(session: Session, runner_prefix: str, clock: Clock) -> int:
    """Let go of mails whose sender died in the act."""
    return release(session, Message, runner_prefix, clock)
