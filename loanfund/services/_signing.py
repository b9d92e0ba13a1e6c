"""Notices that people sign: put up to be approved, and looked at again until they go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.letter import LoanPart
from loanfund.domain.notice import beside_notices, listed_dues, read_notice
from loanfund.domain.reminder import Channel
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Dispatch, Message
from loanfund.services._left_to_say import LeftToSay, Seen, left_to_say
from loanfund.services._message import MERGED, close, reminders_of, send_as_letters
from loanfund.services._notice import Issuer, issue_notices
from loanfund.store.message import (
    TO_APPROVE,
    TO_SIGN,
    WAITING,
    Owing,
    new_message,
    waiting_dispatches,
)

NOTICES_SIGNED = "notices_signed"


@dataclass(frozen=True, slots=True)
class ToSign:
    """A notice on its way to be signed: its line in the register, and its paper."""

    dispatch: Dispatch
    paper: Document


def set_aside(
    session: Session, message: Message, left: LeftToSay, seen: Seen, issuer: Issuer
) -> LeftToSay | None:
    """Put the notices of a message up to be approved where the fund signs them; give the rest.

    Each gets its number and a message of its own, with the reminders that it speaks for. Where
    an earlier one of the loan is still on its way its reminders wait: it could not say which
    time it is.
    """
    if not left.noticed:
        return left
    on_their_way = _loans_on_their_way(session, [one.loan.id for one in left.noticed.values()])
    is_signed = seen.settings.get(NOTICES_SIGNED, seen.day)
    own = {
        number: owed
        for number, owed in left.noticed.items()
        if is_signed or owed.loan.id in on_their_way
    }
    for part in left.told.loans:
        owed = own.get(part.contract_number)
        if owed is not None:
            waits = owed.loan.id in on_their_way
            _move(session, message, left, (part, owed), issuer, waits=waits)
    told = beside_notices(left.told, own)
    if told is None:
        close(session, message, MERGED, seen.now)
        return None
    kept = {number: owed for number, owed in left.noticed.items() if number not in own}
    return LeftToSay(told, kept)


def _move(  # noqa: PLR0913 -- what is moved, whence, and by whom
    session: Session,
    message: Message,
    left: LeftToSay,
    noticed: tuple[LoanPart, Owing],
    issuer: Issuer,
    *,
    waits: bool,
) -> None:
    """Take a loan's reminders out of a message, into that of their notice or of a later day."""
    part, owed = noticed
    listed = listed_dues(part, left.told.day)
    days = {due.due_date for due in listed}
    moved = [
        one
        for one in reminders_of(session, message.id)
        if one.loan_id == owed.loan.id and one.due_date in days
    ]
    own = None if waits else _message_to_sign(session, message, left, issuer)
    for one in moved:
        one.message_id = own.id if own else None
    if own:
        told = replace(left.told, loans=(replace(part, dues=listed),))
        issue_notices(session, own, LeftToSay(told, {part.contract_number: owed}), issuer)


def _message_to_sign(
    session: Session, message: Message, left: LeftToSay, issuer: Issuer
) -> Message:
    channel = Channel(message.channel)
    own = new_message(message.borrower_id, channel, left.told.day, issuer.clock.now())
    own.for_signature, own.state = True, TO_APPROVE
    session.add(own)
    session.flush()
    return own


def _loans_on_their_way(session: Session, loan_ids: Collection[int]) -> set[int]:
    """Give those of some loans that have a notice which is to be signed, or was, and waits."""
    query = (
        select(Document.loan_id)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .join(Message, Message.id == Dispatch.message_id)
        .where(Dispatch.state == WAITING, Message.for_signature)
        .where(Document.loan_id.in_(loan_ids))
    )
    return {one for one in session.scalars(query) if one is not None}


def look_again(
    session: Session, message: Message, borrower: Borrower, seen: Seen, issuer: Issuer
) -> ToSign | None:
    """Give the notice of a message while it is true; None where it does not go as it is.

    Where nothing is left to say, or its last day has passed, it is not sent. Where anything was
    recorded of the loan since, it is written anew, and is to be approved again.
    """
    ((dispatch, paper),) = waiting_dispatches(session, message.id)
    last = read_notice(paper.content).goes_until
    left = left_to_say(session, message, borrower, seen, last)
    if left is None:
        return None
    (owed,) = left.noticed.values()
    if any(one.recorded_at > paper.issued_at for one in owed.loan.recorded):
        issue_notices(session, message, left, issuer)
        message.state = TO_APPROVE
        return None
    return ToSign(dispatch, paper)


def as_letter(
    session: Session, message: Message, reason: str, became: str, now: datetime
) -> None:
    """Let a letter bring the notice that no mail can; it stays approved where it was."""
    letter = new_message(message.borrower_id, Channel.LETTER, message.day, now)
    letter.for_signature = True
    letter.state = TO_APPROVE if message.state == TO_APPROVE else TO_SIGN
    session.add(letter)
    session.flush()
    for dispatch, _ in waiting_dispatches(session, message.id):
        dispatch.message_id = letter.id
    send_as_letters(session, reminders_of(session, message.id), reason, now, letter)
    session.flush()
    close(session, message, became, now)
