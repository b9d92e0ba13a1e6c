"""The worklist of overdue loans: who owes how much since when, and what was last sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money, total
from loanfund.domain.notice import OVERDUE_NOTICE
from loanfund.domain.report import Said
from loanfund.domain.span import AGES, Span
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.reminder import Reminder
from loanfund.queries._loan_row import LoanRow, rows_from
from loanfund.queries._standing import Moment, standings
from loanfund.queries.dashboard import Scope
from loanfund.store.message import DELIVERED
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key

LATE_AGES: tuple[Span, ...] = tuple(reversed(AGES))


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a borrower."""

    phone: str | None = None
    email: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Reminded:
    """The last reminder that went out about a loan."""

    day: date
    channel: str
    message_id: int


@dataclass(frozen=True, slots=True)
class LastNotice:
    """A notice: the number on it, and the one by which the book knows its file."""

    number: str
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueLoan:
    """A loan that is late since a day; `notice` is its last overdue notice.

    Where only overdue or late interest is left, it is past due by 0 days and since no day.
    """

    row: LoanRow
    since: date | None
    contact: Contact
    reminded: Reminded | None
    notice: LastNotice | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """The loans whose days past due lie in a span, those late longest first."""

    span: Span
    loans: tuple[OverdueLoan, ...]

    @property
    def name(self) -> Said:
        """How long these loans are late; those that are not owe penalties only."""
        return Said(f"late.{self.span.name}" if self.span.first else "overdue.left")

    @property
    def at_risk(self) -> Money:
        """All that these loans owe of principal."""
        return total([one.row.outstanding for one in self.loans])

    @property
    def to_collect(self) -> Money:
        """What is to be paid of these loans."""
        return total([one.row.to_pay.amount for one in self.loans])


def overdue(
    session: Session, moment: Moment, scope: Scope, late: Span | None = None
) -> tuple[Bucket, ...]:
    """Give the overdue loans of a part of the book by days past due, the worst first."""
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.state != "draft")
    since = {
        one.facts.id: one.snapshot.oldest_due
        for one in found
        if one.snapshot and one.days_past_due
    }
    rows = [
        row
        for row in rows_from(found, settings, moment, {})
        if row.to_pay.is_overdue and scope.covers(row.facts)
    ]
    ids = {row.facts.id for row in rows}
    contacts = _contacts(session, {row.facts.borrower_id for row in rows})
    reminded, notices = _reminded(session, ids, moment.as_of), _notices(session, ids, moment)
    loans = [
        OverdueLoan(
            row=row,
            since=since.get(row.facts.id),
            contact=contacts[row.facts.borrower_id],
            reminded=reminded.get(row.facts.id),
            notice=notices.get(row.facts.id),
        )
        for row in rows
    ]
    loans.sort(key=lambda one: (-one.row.days_past_due, name_key(one.row.facts.borrower)))
    return tuple(
        Bucket(span, tuple(one for one in loans if span.holds(one.row.days_past_due)))
        for span in LATE_AGES
        if late in {None, span}
    )


def _contacts(session: Session, ids: Iterable[int]) -> dict[int, Contact]:
    columns = (Borrower.id, Borrower.phone, Borrower.email, Borrower.address)
    rows = session.execute(select(*columns).where(Borrower.id.in_(ids)))
    return {row.id: Contact(row.phone, row.email, row.address) for row in rows}


def _reminded(session: Session, ids: Iterable[int], day: date) -> dict[int, Reminded]:
    """Give the last reminder of each loan that had gone out by a day."""
    query = (
        select(Reminder.loan_id, Message.day, Message.channel, Message.id)
        .join(Message, Message.id == Reminder.message_id)
        .where(Reminder.loan_id.in_(ids), Reminder.state == "sent", Message.day <= day)
        .order_by(Message.day, Message.id)
    )
    rows = session.execute(query)
    return {row.loan_id: Reminded(row.day, row.channel, row.id) for row in rows}


def _notices(session: Session, ids: Iterable[int], moment: Moment) -> dict[int, LastNotice]:
    """Give each loan's last notice of overdue debt, of those that arrived."""
    newest = (
        select(func.max(Document.id))
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(
            Document.loan_id.in_(ids),
            Document.kind == OVERDUE_NOTICE,
            Document.period_to <= moment.as_of,
            Dispatch.state == DELIVERED,
        )
        .group_by(Document.loan_id)
    )
    rows = session.execute(
        select(Document.loan_id, Dispatch.number, Document.number.label("paper"))
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(Document.id.in_(newest))
    )
    return {row.loan_id: LastNotice(row.number, row.paper) for row in rows}
