"""The outbox: take a mail to send it, looking once more, and say how it was taken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import OFFICE, Clock
from loanfund.db import unit_of_work
from loanfund.domain.letter import Letter
from loanfund.domain.notice import Enclosed, read_notice
from loanfund.domain.reminder import Channel, may_send
from loanfund.mail import Answer, Outcome
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Message
from loanfund.services._left_to_say import Seen, left_to_say, see
from loanfund.services._message import close, deliver, gather, reminders_of, send_as_letters
from loanfund.services._notice import Issuer, issue_notices
from loanfund.services._outbox import (
    BACK_OFF,
    FAILED,
    Outgoing,
    Written,
    answered,
    claim,
    is_due,
    release,
)
from loanfund.services._signing import as_letter, look_again, set_aside
from loanfund.store.message import PLANNED, holidays, waiting_dispatches
from loanfund.store.setting import load_settings

Write = Callable[[Letter, Sequence[Enclosed]], Written]


def take_message(
    session: Session, message_id: int, runner: str, write: Write, issuer: Issuer
) -> Outgoing | None:
    """Take a mail to send it now; None where it must not go, or another is at it.

    What was settled in the meantime is left out, with the reason; with nothing left to say
    the message is closed. Where the fund signs its notices they go only once they are signed.
    """
    with unit_of_work(session):
        message = session.get_one(Message, message_id, with_for_update=True)
        now = issuer.clock.now()
        if not is_due(message, now):
            return None
        borrower = session.get_one(Borrower, message.borrower_id)
        if not borrower.email:
            return None  # the next planning makes it a letter
        seen = see(session, [borrower.id], issuer.clock)
        say = _signed if message.for_signature else _unsigned
        said = say(session, message, borrower, seen, issuer)
        if said is None:
            return None
        told, papers = said
        enclosed = _enclosed(session, message, papers)
        written = write(told, enclosed)
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
            papers=tuple(
                (one.file_name, paper.file) for one, paper in zip(enclosed, papers, strict=True)
            ),
        )


def _unsigned(
    session: Session, message: Message, borrower: Borrower, seen: Seen, issuer: Issuer
) -> tuple[Letter, Sequence[Document]] | None:
    """Give what a mail says now, and the notices that it brings."""
    found = left_to_say(session, message, borrower, seen)
    left = set_aside(session, message, found, seen, issuer) if found else None
    return (left.told, issue_notices(session, message, left, issuer)) if left else None


def _signed(
    session: Session, message: Message, borrower: Borrower, seen: Seen, issuer: Issuer
) -> tuple[Letter, Sequence[Document]] | None:
    """Give what a signed notice says, and the notice as it was signed, while it is true."""
    found = look_again(session, message, borrower, seen, issuer)
    if found is None:
        return None
    return read_notice(found.paper.content).told, [found.paper]


def _enclosed(session: Session, message: Message, papers: Sequence[Document]) -> list[Enclosed]:
    """Name the notices of a message as its mail does."""
    numbers = {
        dispatch.document_id: dispatch.number
        for dispatch, _ in waiting_dispatches(session, message.id)
    }
    return [
        Enclosed(one.kind, numbers[one.id], one.content["loan"]["notice"]) for one in papers
    ]


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
            deliver(session, message, clock.today(), now)
        elif answer.outcome is Outcome.REFUSED and message.for_signature:
            as_letter(session, message, "bounced", FAILED, now)
        elif answer.outcome is Outcome.REFUSED:
            close(session, message, FAILED, now)
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
