"""Issued papers in bulk: the letters of a day, to be printed, and a month's statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.clock import end_of_day
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import NotFoundError
from loanfund.domain.notice import Notice, read_notice
from loanfund.domain.reminder import Channel
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Message
from loanfund.models.user import User
from loanfund.store.paper import STATEMENT

MONTHS_SHOWN = 12
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedNotice:
    """A notice as it was issued, with what its foot says."""

    notice: Notice
    number: str
    code: str
    issued_at: datetime
    issued_by: str


@dataclass(frozen=True, slots=True)
class MonthOfStatements:
    """How many loans have a statement of a month."""

    month_end: date
    loans: int


def letters_of_day(session: Session, day: date) -> list[IssuedNotice]:
    """Give the notices of the letters that were printed on a day at the office, in order."""
    query = (
        select(Message.papers)
        .where(Message.channel == Channel.LETTER.value, Message.state == "sent")
        .where(Message.settled_at > end_of_day(day - A_DAY))
        .where(Message.settled_at <= end_of_day(day))
    )
    numbers = [number for papers in session.scalars(query) for number in papers]
    rows = session.execute(
        select(Document, User.name)
        .join(User, User.id == Document.issued_by)
        .where(Document.number.in_(numbers))
        .order_by(Document.id)
    )
    found = [
        IssuedNotice(
            notice=read_notice(row.Document.content),
            number=row.Document.number,
            code=row.Document.code,
            issued_at=row.Document.issued_at,
            issued_by=row.name,
        )
        for row in rows
    ]
    if not found:
        raise NotFoundError("letters", day=day)
    return found


def months_of_statements(session: Session) -> list[MonthOfStatements]:
    """Give the last months of which whole statements were issued, the latest first."""
    query = (
        select(
            Document.period_from,
            Document.period_to,
            func.count(Document.loan_id.distinct()).label("loans"),
        )
        .where(Document.kind == STATEMENT)
        .group_by(Document.period_from, Document.period_to)
        .order_by(Document.period_to.desc())
    )
    months = [
        MonthOfStatements(row.period_to, row.loans)
        for row in session.execute(query)
        if row.period_from.day == 1 and row.period_to == month_end(row.period_from)
    ]
    return months[:MONTHS_SHOWN]


def statements_of_month(session: Session, last: date) -> Iterator[tuple[str, bytes]]:
    """Give the latest statement of that month of each loan: contract number and file."""
    newest = (
        select(func.max(Document.id))
        .where(
            Document.kind == STATEMENT,
            Document.period_from == last.replace(day=1),
            Document.period_to == last,
        )
        .group_by(Document.loan_id)
    )
    query = (
        select(Loan.contract_number, Document.file)
        .join(Loan, Loan.id == Document.loan_id)
        .where(Document.id.in_(newest))
        .order_by(Loan.contract_number)
        .execution_options(yield_per=50)
    )
    for row in session.execute(query):
        yield row.contract_number, row.file
