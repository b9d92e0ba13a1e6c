"""What mails and letters share: reminders gathered in one a day, moved on, and closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.permission import Actor
from loanfund.domain.reminder import Channel
from loanfund.models.message import Dispatch, LetterBatch, Message
from loanfund.models.reminder import Reminder
from loanfund.store.message import (
    DELIVERED,
    PLANNED,
    PRINTED,
    TO_APPROVE,
    TO_SIGN,
    UNSENT,
    WAITING,
    new_message,
    open_reminders,
    settle,
    waiting_dispatches,
    waiting_message,
)

SENT, MERGED, CANCELLED, LAPSED = "sent", "merged", "cancelled", "lapsed"
WAITS = (PLANNED, TO_APPROVE, TO_SIGN)


def gather(
    session: Session, borrower_id: int, channel: Channel, day: date, now: datetime
) -> None:
    """Put what no message carries yet into the day's, with all that earlier ones still carry.

    Where the day's has gone out already, or was printed, they go with one of their own.
    """
    waiting = [one for one in open_reminders(session, borrower_id) if one.channel == channel]
    if all(one.message_id for one in waiting):
        return
    message = waiting_message(session, borrower_id, channel, day)
    if message is None:
        message = new_message(borrower_id, channel, day, now)
        session.add(message)
        session.flush()
    former = {one.message_id for one in waiting if one.message_id} - {message.id}
    for one in waiting:
        one.message_id = message.id
    for number in sorted(former):
        close(session, session.get_one(Message, number), MERGED, now)


def send_as_letters(
    session: Session,
    reminders: Sequence[Reminder],
    reason: str,
    now: datetime,
    letter: Message | None = None,
) -> None:
    """Plan on paper what no mail can bring; a letter carries it, or no message does yet."""
    for one in reminders:
        settle(one, "suppressed", now, reason)
        session.add(
            Reminder(
                loan_id=one.loan_id,
                due_date=one.due_date,
                rule=one.rule,
                channel=Channel.LETTER.value,
                schedule_version=one.schedule_version,
                send_on=one.send_on,
                asked_by=one.asked_by,
                message_id=letter.id if letter else None,
                state=PLANNED,
                recorded_at=now,
            )
        )
    session.flush()


def close_emptied(session: Session, message_ids: Iterable[int | None], now: datetime) -> None:
    """Close the messages that still wait and have nothing left to say, as what it became."""
    for number in sorted({one for one in message_ids if one is not None}):
        message = session.get_one(Message, number)
        left = set(session.scalars(select(Reminder.state).filter_by(message_id=number)))
        if message.state in WAITS and PLANNED not in left:
            close(session, message, LAPSED if LAPSED in left else CANCELLED, now)


def close(session: Session, message: Message, state: str, now: datetime) -> None:
    """Say that a message does not go out any more, nor the notices that waited with it."""
    message.state, message.settled_at = state, now
    for dispatch, _ in waiting_dispatches(session, message.id):
        dispatch.state, dispatch.settled_at = UNSENT, now


def deliver(session: Session, message: Message, day: date, now: datetime) -> None:
    """Say that a message arrived on a day: its reminders did, and its notices count."""
    message.state, message.settled_at, message.delivered_on = SENT, now, day
    for one in reminders_of(session, message.id):
        settle(one, "sent", now)
    for dispatch, _ in waiting_dispatches(session, message.id):
        dispatch.state, dispatch.settled_at = DELIVERED, now


def new_batch(
    session: Session, letters: Sequence[Message], actor: Actor, clock: Clock
) -> LetterBatch:
    """Say that letters are printed, in one go: they are there to be handed over."""
    batch = LetterBatch(
        printed_on=clock.today(), printed_at=clock.now(), printed_by=actor.user_id
    )
    session.add(batch)
    session.flush()
    for one in letters:
        one.state, one.attempts, one.batch_id = PRINTED, 1, batch.id
    return batch


def take_back(session: Session, message: Message) -> None:
    """Say that a letter that was handed over is printed only: nothing of it counts any more."""
    message.state, message.settled_at, message.delivered_on = PRINTED, None, None
    message.remark = None
    sent = select(Reminder).where(Reminder.message_id == message.id, Reminder.state == SENT)
    for one in session.scalars(sent):
        one.state, one.settled_at = PLANNED, None
    arrived = select(Dispatch).where(Dispatch.message_id == message.id)
    for dispatch in session.scalars(arrived.where(Dispatch.state == DELIVERED)):
        dispatch.state, dispatch.settled_at = WAITING, None


def reminders_of(session: Session, message_id: int) -> Sequence[Reminder]:
    """Give the reminders of a message that still wait."""
    query = select(Reminder).where(Reminder.message_id == message_id, Reminder.state == PLANNED)
    return session.scalars(query.order_by(Reminder.id)).all()
