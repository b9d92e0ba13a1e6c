"""Letters: printed in batches, then handed over, which is when their notices count, or not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import ConflictError, InvalidInputError, NotFoundError
from loanfund.domain.letter import Letter
from loanfund.domain.notice import beside_notices
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.reminder import Channel
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Dispatch, LetterBatch, Message
from loanfund.services._left_to_say import LeftToSay, left_to_say, see
from loanfund.services._message import (
    CANCELLED,
    SENT,
    close,
    deliver,
    new_batch,
    reminders_of,
    take_back,
)
from loanfund.services._notice import Issuer, issue_notices
from loanfund.services._signing import set_aside
from loanfund.store.audit import write_audit
from loanfund.store.message import PLANNED, PRINTED, WAITING, cited_by, settle
from loanfund.store.setting import load_settings

RenderLetter = Callable[[Letter], bytes]


@dataclass(slots=True)
class Printed:
    """What came of it: the batch, if it has letters, and whose wait for a notice before.

    `to_approve` counts the notices that are to be approved and signed first.
    """

    batch_id: int | None = None
    to_approve: int = 0
    blocked: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Which letters of a batch reached their borrowers, on which day, and how."""

    batch_id: int
    message_ids: Collection[int]
    day: date
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Which letters of a batch are not sent after all, and why."""

    batch_id: int
    message_ids: Collection[int]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Which letter was wrongly said to have been handed over, and how that came about."""

    message_id: int
    reason: str


def print_letters(session: Session, issuer: Issuer, render: RenderLetter) -> Printed:
    """Print every letter that waits; only what a rule asks a notice for is numbered.

    A letter whose loan has a printed notice that nobody has said anything of waits: it could
    not say which time it is.
    """
    check(issuer.actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        if load_settings(session).get("reminders_held", issuer.clock.today()):
            raise ConflictError("reminders_held")
        waiting = _waiting(session)
        seen = see(session, {one.borrower_id for one, _ in waiting}, issuer.clock)
        open_notices = _loans_with_open_notice(session)
        printed = Printed()
        ready: list[Message] = []
        for message, borrower in waiting:
            left = left_to_say(session, message, borrower, seen)
            if left is None:
                continue
            if open_notices & {one.loan.id for one in left.noticed.values()}:
                printed.blocked.append(borrower.name)
                continue
            rest = set_aside(session, message, left, seen, issuer)
            printed.to_approve += len(left.noticed) - (len(rest.noticed) if rest else 0)
            if rest is None:
                continue
            _print(session, message, rest, issuer, render)
            ready.append(message)
        if ready:
            printed.batch_id = _batch(session, ready, issuer)
    return printed


def hand_over(session: Session, request: HandOver, actor: Actor, clock: Clock) -> None:
    """Say that printed letters reached their borrowers; once more changes nothing."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        batch, letters = _printed(session, request.batch_id, request.message_ids)
        if not batch.printed_on <= request.day <= clock.today():
            raise InvalidInputError("handed_over_day", field="day")
        for one in letters:
            deliver(session, one, request.day, clock.now())
            one.remark = request.remark
        facts = {"handed_over_on": request.day.isoformat(), "remark": request.remark}
        _audit(session, "hand_over_letters", letters, batch.id, actor, clock, facts)


def discard_letters(session: Session, request: Discard, actor: Actor, clock: Clock) -> None:
    """Say that printed letters are not sent: their numbers are not, and nobody was told."""
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        batch, letters = _printed(session, request.batch_id, request.message_ids)
        if not request.reason:
            raise InvalidInputError("empty", field="reason")
        now = clock.now()
        for one in letters:
            for reminder in reminders_of(session, one.id):
                settle(reminder, "suppressed", now, "discarded")
            close(session, one, CANCELLED, now)
            one.remark = request.reason
        _audit(
            session,
            "discard_letters",
            letters,
            batch.id,
            actor,
            clock,
            {"reason": request.reason},
        )


def take_back_hand_over(
    session: Session, request: TakeBack, actor: Actor, clock: Clock
) -> None:
    """Say that a letter was not handed over yet after all, while no notice cites it.

    It is printed as before, and may be handed over or discarded; once more changes nothing.
    """
    check(actor, Action.ISSUE_PAPERS, Grant.DOES)
    with unit_of_work(session):
        query = select(Message).where(Message.id == request.message_id)
        letter = session.scalars(
            query.where(Message.channel == Channel.LETTER.value).with_for_update()
        ).one_or_none()
        if letter is None or letter.batch_id is None:
            raise NotFoundError("message", id=request.message_id)
        if letter.state != SENT:
            return
        if not request.reason:
            raise InvalidInputError("empty", field="reason")
        citing = cited_by(session, letter.id)
        if citing:
            raise ConflictError("notice_cited", numbers=", ".join(citing))
        assert letter.delivered_on is not None
        handed_over_on = letter.delivered_on.isoformat()
        facts: dict[str, str | None] = {
            "handed_over_on": handed_over_on,
            "reason": request.reason,
        }
        take_back(session, letter)
        action, number = "take_back_hand_over", letter.batch_id
        _audit(session, action, [letter], number, actor, clock, facts)


def _waiting(session: Session) -> list[tuple[Message, Borrower]]:
    query = (
        select(Message, Borrower)
        .join(Borrower, Borrower.id == Message.borrower_id)
        .where(Message.channel == Channel.LETTER.value, Message.state == PLANNED)
        .order_by(Message.day, Message.id)
        .with_for_update(of=Message)
    )
    return [(row.Message, row.Borrower) for row in session.execute(query)]


def _loans_with_open_notice(session: Session) -> set[int]:
    """Give the loans with a notice that is to be signed, or printed and not handed over yet."""
    query = (
        select(Document.loan_id)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .join(Message, Message.id == Dispatch.message_id)
        .where(Dispatch.state == WAITING)
        .where((Message.state == PRINTED) | Message.for_signature)
    )
    return {one for one in session.scalars(query) if one is not None}


def _print(
    session: Session, message: Message, left: LeftToSay, issuer: Issuer, render: RenderLetter
) -> None:
    issue_notices(session, message, left, issuer)
    plain = beside_notices(left.told, left.noticed)
    message.file = render(plain) if plain else None


def _batch(session: Session, letters: Sequence[Message], issuer: Issuer) -> int:
    batch = new_batch(session, letters, issuer.actor, issuer.clock)
    _audit(session, "print_letters", letters, batch.id, issuer.actor, issuer.clock, {})
    return batch.id


def _printed(
    session: Session, batch_id: int, message_ids: Collection[int]
) -> tuple[LetterBatch, list[Message]]:
    """Give those of these letters that are printed and of which nobody has said more."""
    batch = session.get(LetterBatch, batch_id)
    if batch is None:
        raise NotFoundError("letters")
    query = (
        select(Message)
        .where(Message.batch_id == batch_id, Message.id.in_(message_ids))
        .where(Message.state == PRINTED)
        .order_by(Message.id)
        .with_for_update()
    )
    return batch, list(session.scalars(query))


def _audit(  # noqa: PLR0913, PLR0917 -- a line has that many sides
    session: Session,
    action: str,
    letters: Sequence[Message],
    batch_id: int,
    actor: Actor,
    clock: Clock,
    facts: dict[str, str | None],
) -> None:
    if not letters:
        return
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("letter_batch", batch_id),
        facts={"letters": [one.id for one in letters], **facts},
    )
