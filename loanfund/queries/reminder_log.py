"""Every reminder with what became of it, so that none ends where nobody looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, select, true
from sqlalchemy.orm import Session

from loanfund.clock import end_of_day
from loanfund.domain.reminder import Channel
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.reminder import Reminder, ReminderPause
from loanfund.queries._list_page import ListPage, list_page
from loanfund.store.message import PLANNED, PRINTED, TO_APPROVE, TO_SIGN

ENDS = (PLANNED, TO_APPROVE, TO_SIGN, PRINTED, "sent", "suppressed", "lapsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLine:
    """One rule for one due; `message_id` is what carried it, None where nothing did.

    `state` is how far it is, by the words of its message while that is on its way.
    """

    loan_id: int
    contract_number: str
    borrower: str
    due_date: date
    rule: int
    channel: str
    send_on: date
    state: str
    reason: str | None
    settled_at: datetime | None
    message_id: int | None


def reminder_log(session: Session, page: int = 1, state: str = "") -> ListPage[ReminderLine]:
    """Give a page of the reminders, the latest first; those that ended in one way if named."""
    query = (
        select(
            Reminder.loan_id,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            Reminder.due_date,
            Reminder.rule,
            Reminder.channel,
            Reminder.send_on,
            reminder_stands().label("state"),
            Reminder.reason,
            Reminder.settled_at,
            Reminder.message_id,
        )
        .join(Loan, Loan.id == Reminder.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(reminder_stands() == state if state else true())
        .order_by(Reminder.send_on.desc(), Reminder.id.desc())
    )
    return list_page(session, query, ReminderLine, page)


def reminder_stands() -> ColumnElement[str]:
    """Give how far a reminder is; one that waits is as far as its message, where one has it."""
    carried = and_(Reminder.state == PLANNED, Message.id.is_not(None))
    return case((carried, Message.state), else_=Reminder.state)


def lapsed_since(session: Session, day: date) -> int:
    """Count the reminders that lapsed after a day at the office: nobody was told."""
    query = select(func.count()).where(
        Reminder.state == "lapsed",
        Reminder.channel != Channel.TASK.value,
        Reminder.settled_at > end_of_day(day),
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPause:
    """Why a borrower is not reminded, and through which day."""

    borrower_id: int
    borrower: str
    reason: str
    last_day: date
    note: str | None


def current_pauses(session: Session, day: date) -> tuple[CurrentPause, ...]:
    """Give the pauses that hold on a day, those that end first in front."""
    query = (
        select(
            ReminderPause.borrower_id,
            Borrower.name.label("borrower"),
            ReminderPause.reason,
            ReminderPause.last_day,
            ReminderPause.note,
        )
        .join(Borrower, Borrower.id == ReminderPause.borrower_id)
        .where(ReminderPause.ended_at.is_(None), ReminderPause.last_day >= day)
        .order_by(ReminderPause.last_day, ReminderPause.id)
    )
    return tuple(CurrentPause(**row) for row in session.execute(query).mappings())


def current_pause(session: Session, borrower_id: int, day: date) -> CurrentPause | None:
    """Give the pause of a borrower that holds on a day."""
    found = current_pauses(session, day)
    return next((one for one in found if one.borrower_id == borrower_id), None)
