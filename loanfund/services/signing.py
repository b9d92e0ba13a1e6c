"""Sign notices: approved by a manager, marked as signed by whoever sees to it, then sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import InvalidInputError, PermissionDeniedError
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.reminder import Channel
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.services._left_to_say import see
from loanfund.services._message import CANCELLED, close, new_batch, reminders_of
from loanfund.services._notice import Issuer
from loanfund.services._signing import as_letter, look_again
from loanfund.services.user import command_line
from loanfund.store.audit import write_audit
from loanfund.store.message import PLANNED, TO_APPROVE, TO_SIGN, WAITING, settle


class _Ticked(NamedTuple):
    """A notice that somebody says something of, with what it is about."""

    message: Message
    borrower: Borrower
    dispatch: Dispatch
    paper: Document
    contract_number: str


@dataclass(slots=True)
class Signing:
    """What came of it: how many, and which numbers do not go as they were seen.

    `batch_id` is the batch of the letters that are signed, and now to be handed over.
    """

    count: int = 0
    changed: list[str] = field(default_factory=list)
    batch_id: int | None = None


def approve_notices(session: Session, paper_ids: Collection[int], issuer: Issuer) -> Signing:
    """Approve notices as they were seen, so that they may be signed; once more does nothing.

    Nobody approves what they had printed themselves.
    """
    check(issuer.actor, Action.APPROVE_NOTICE, Grant.APPROVES)
    program = _program(session, issuer)
    with unit_of_work(session):
        ticked = _ticked(session, paper_ids, (TO_APPROVE,))
        if any(one.paper.issued_by == issuer.actor.user_id for one in ticked):
            raise PermissionDeniedError("own_notice")
        done, found = _still_true(session, ticked, program)
        for one in done:
            one.message.state = TO_SIGN
            one.dispatch.approved_by = issuer.actor.user_id
            _audit(session, "approve_notice", one, issuer.actor, issuer.clock)
    return found


def sign_notices(session: Session, paper_ids: Collection[int], issuer: Issuer) -> Signing:
    """Say that approved notices are signed: mails go, letters are there to be handed over."""
    check(issuer.actor, Action.SIGN_NOTICE, Grant.DOES)
    program = _program(session, issuer)
    with unit_of_work(session):
        ticked = _ticked(session, paper_ids, (TO_SIGN,))
        done, found = _still_true(session, ticked, program)
        for one in done:
            if one.message.channel == Channel.EMAIL:
                one.message.state = PLANNED
            _audit(session, "sign_notice", one, issuer.actor, issuer.clock)
        letters = [one.message for one in done if one.message.channel == Channel.LETTER]
        if letters:
            found.batch_id = new_batch(session, letters, issuer.actor, issuer.clock).id
    return found


def discard_notices(
    session: Session, paper_ids: Collection[int], reason: str, actor: Actor, clock: Clock
) -> int:
    """Say that notices are not sent after all, and why; give how many."""
    check(actor, Action.SIGN_NOTICE, Grant.DOES)
    with unit_of_work(session):
        ticked = _ticked(session, paper_ids, (TO_APPROVE, TO_SIGN))
        if not reason:
            raise InvalidInputError("empty", field="reason")
        now = clock.now()
        for one in ticked:
            for reminder in reminders_of(session, one.message.id):
                settle(reminder, "suppressed", now, "discarded")
            close(session, one.message, CANCELLED, now)
            one.message.remark = reason
            _audit(session, "discard_notice", one, actor, clock, reason=reason)
    return len(ticked)


def notices_on_their_way(session: Session) -> list[int]:
    """Give the messages whose notice is to be signed, or was and has not gone yet."""
    query = select(Message.id).where(
        Message.for_signature, Message.state.in_((TO_APPROVE, TO_SIGN, PLANNED))
    )
    return list(session.scalars(query.order_by(Message.id)))


def review_notice(session: Session, message_id: int, issuer: Issuer, *, has_mail: bool) -> None:
    """Look once more at a notice on its way, and let a letter bring it where no mail can."""
    with unit_of_work(session):
        message = session.get_one(Message, message_id, with_for_update=True)
        if message.state not in {TO_APPROVE, TO_SIGN, PLANNED}:
            return
        borrower = session.get_one(Borrower, message.borrower_id)
        seen = see(session, [borrower.id], issuer.clock)
        found = look_again(session, message, borrower, seen, issuer)
        is_mail = message.channel == Channel.EMAIL
        if found and is_mail and not (borrower.email and has_mail):
            as_letter(session, message, "no_address", CANCELLED, seen.now)


def _program(session: Session, issuer: Issuer) -> Issuer:
    """Give who issues anew what changed: no person does, so that any manager may approve it."""
    return replace(issuer, actor=command_line(session, now=issuer.clock.now()))


def _ticked(
    session: Session, paper_ids: Collection[int], states: Sequence[str]
) -> list[_Ticked]:
    """Give those of some notices that are still where they were when somebody ticked them."""
    query = (
        select(Message, Borrower, Dispatch, Document, Loan.contract_number)
        .join(Borrower, Borrower.id == Message.borrower_id)
        .join(Dispatch, Dispatch.message_id == Message.id)
        .join(Document, Document.id == Dispatch.document_id)
        .join(Loan, Loan.id == Document.loan_id)
        .where(Document.id.in_(paper_ids), Dispatch.state == WAITING)
        .where(Message.for_signature, Message.state.in_(states))
        .order_by(Document.id)
        .with_for_update(of=Message)
    )
    return [_Ticked(*row) for row in session.execute(query)]


def _still_true(
    session: Session, ticked: Sequence[_Ticked], program: Issuer
) -> tuple[list[_Ticked], Signing]:
    """Give the notices that go on as they were seen, and name the others."""
    seen = see(session, {one.borrower.id for one in ticked}, program.clock)
    done, found = [], Signing()
    for one in ticked:
        if look_again(session, one.message, one.borrower, seen, program) is None:
            found.changed.append(one.dispatch.number)
        else:
            done.append(one)
    found.count = len(done)
    return done, found


def _audit(
    session: Session, action: str, one: _Ticked, actor: Actor, clock: Clock, **more: str
) -> None:
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("loan", one.contract_number),
        facts={"number": one.paper.number, "shown_number": one.dispatch.number, **more},
    )
