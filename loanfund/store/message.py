"""Dues of borrowers from rows, and the reminders they have had."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from loanfund.domain.errors import LoanFundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.reminder import (
    Candidate,
    Channel,
    LoanDues,
    candidates,
    loan_dues,
    parse_rules,
)
from loanfund.domain.setting import SettingBook
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.reminder import Reminder, ReminderPause
from loanfund.store.loan import LoadedLoan, load_loans

PLANNED, PRINTED = "planned", "printed"
TO_APPROVE, TO_SIGN = "to_approve", "to_sign"  # of a message with a notice to be signed
WAITING, DELIVERED, UNSENT = "waiting", "delivered", "unsent"  # of a numbered notice
MANY = 500  # beyond this a list of ids is longer than the question it narrows

OnError = Callable[[LoadedLoan, LoanFundError], None]


@dataclass(frozen=True, slots=True)
class Owing:
    """An active loan and what is due of it at the end of a day."""

    loan: LoadedLoan
    dues: LoanDues


@dataclass(frozen=True, slots=True)
class Span:
    """The days whose rules are asked about, both included."""

    first: date
    day: date


@dataclass(frozen=True, slots=True)
class Called:
    """A rule that speaks of a due of a loan."""

    owing: Owing
    candidate: Candidate


def raise_it(_loan: LoadedLoan, error: LoanFundError) -> None:
    """Let a loan that cannot be folded stop everything."""
    raise error


def owing(
    session: Session,
    settings: SettingBook,
    day: date,
    borrower_ids: Collection[int] | None = None,
    on_error: OnError = raise_it,
) -> Iterator[Owing]:
    """Give the active loans of some borrowers, or of all, with their dues."""
    conditions = [Loan.state == "approved"]
    if borrower_ids is not None:
        conditions.append(Loan.borrower_id.in_(borrower_ids))
    for loan in load_loans(session, settings, *conditions):
        try:
            dues = loan_dues(fold_loan(loan.history(), day, loan.rule_sets))
        except LoanFundError as error:
            on_error(loan, error)
            continue
        if dues is not None:
            yield Owing(loan, dues)


def called(session: Session, settings: SettingBook, owed: Owing, span: Span) -> list[Called]:
    """Give the rules that speak of a loan's dues, but for those that have spoken already."""
    return unspoken(session, calling(settings, owed, span))


def calling(settings: SettingBook, owed: Owing, span: Span) -> list[Called]:
    """Give the rules that speak of a loan's dues, whether they have spoken or not."""
    rules = parse_rules(settings.get("reminder_rules", span.day, owed.loan.source_id))
    found = candidates(rules, owed.dues, span.first, span.day, holidays(settings))
    return [Called(owed, one) for one in found]


def unspoken(session: Session, found: Sequence[Called]) -> list[Called]:
    """Leave out what has been said of the same due under the same schedule, in one query."""
    loans = {one.owing.loan.id for one in found}
    if not loans:
        return []
    query = select(
        Reminder.loan_id, Reminder.schedule_version, Reminder.due_date, Reminder.rule
    )
    if len(loans) <= MANY:
        query = query.where(Reminder.loan_id.in_(loans))
    known = {tuple(row) for row in session.execute(query)}
    return [
        one
        for one in found
        if (
            one.owing.loan.id,
            one.owing.dues.version,
            one.candidate.due.due_date,
            one.candidate.rule.days,
        )
        not in known
    ]


def holidays(settings: SettingBook) -> frozenset[date]:
    """Give the listed holidays."""
    return frozenset(date.fromisoformat(day) for day in settings.get("holidays", date.max))


def open_reminders(session: Session, borrower_id: int) -> list[Reminder]:
    """Give the reminders of a borrower that wait, by day.

    Not those in somebody's hand, nor those whose notice is to be signed.
    """
    query = (
        select(Reminder)
        .join(Loan, Loan.id == Reminder.loan_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.state == PLANNED, Loan.borrower_id == borrower_id)
        .where(Message.id.is_(None) | and_(Message.state == PLANNED, ~Message.for_signature))
        .order_by(Reminder.send_on, Reminder.id)
    )
    return list(session.scalars(query))


def waiting_borrowers(session: Session) -> set[int]:
    """Give who has reminders that wait."""
    query = (
        select(Loan.borrower_id)
        .join(Reminder, Reminder.loan_id == Loan.id)
        .where(Reminder.state == PLANNED)
        .distinct()
    )
    return set(session.scalars(query))


def pause_of(session: Session, borrower_id: int, day: date) -> ReminderPause | None:
    """Give the pause of a borrower's reminders that holds on a day."""
    query = select(ReminderPause).where(
        ReminderPause.borrower_id == borrower_id, _holds_on(day)
    )
    return session.scalars(query.order_by(ReminderPause.id.desc())).first()


def paused_borrowers(session: Session, day: date) -> set[int]:
    """Give the borrowers whose reminders are paused on a day."""
    return set(session.scalars(select(ReminderPause.borrower_id).where(_holds_on(day))))


def _holds_on(day: date) -> ColumnElement[bool]:
    return and_(ReminderPause.ended_at.is_(None), ReminderPause.last_day >= day)


def waiting_message(
    session: Session, borrower_id: int, channel: str, day: date
) -> Message | None:
    """Give a borrower's message of a day that waits, beside notices that are to be signed."""
    query = select(Message).where(
        Message.borrower_id == borrower_id,
        Message.channel == channel,
        Message.day == day,
        Message.state == PLANNED,
        ~Message.for_signature,
    )
    return session.scalars(query.order_by(Message.id)).first()


def new_message(borrower_id: int, channel: Channel, day: date, now: datetime) -> Message:
    """Give a message that waits to be sent."""
    return Message(
        borrower_id=borrower_id,
        channel=channel.value,
        day=day,
        state=PLANNED,
        attempts=0,
        runner="",
        recorded_at=now,
    )


def waiting_dispatches(session: Session, message_id: int) -> list[tuple[Dispatch, Document]]:
    """Give the notices that wait with a message, in the order in which they were numbered."""
    query = (
        select(Dispatch, Document)
        .join(Document, Document.id == Dispatch.document_id)
        .where(Dispatch.message_id == message_id, Dispatch.state == WAITING)
        .order_by(Document.id)
    )
    return [(row.Dispatch, row.Document) for row in session.execute(query)]


def cited_by(session: Session, message_id: int) -> list[str]:
    """Give the numbers of the notices that cite one of a message's, oldest first."""
    own = (
        select(Document.id, Document.loan_id, Document.period_to, Dispatch.number)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(Dispatch.message_id == message_id)
    )
    found = []
    for cited in session.execute(own).all():
        later = (
            select(Dispatch.number, Document.content)
            .join(Dispatch, Dispatch.document_id == Document.id)
            .where(Document.loan_id == cited.loan_id, Document.id > cited.id)
            .order_by(Document.id)
        )
        found += [
            one.number
            for one in session.execute(later)
            if _names(cited.number, cited.period_to) in one.content["loan"]["earlier"]
        ]
    return found


def _names(number: str, day: date) -> dict[str, str]:
    """Give how a notice's content names another: its number and the day that it bears."""
    return {"number": number, "day": day.isoformat()}


def settle(reminder: Reminder, state: str, now: datetime, reason: str | None = None) -> None:
    """Say what became of a reminder."""
    reminder.state, reminder.reason, reminder.settled_at = state, reason, now
