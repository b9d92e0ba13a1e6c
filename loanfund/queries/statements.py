"""The statements of a month, all of them in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.calendar import month_end
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.store.paper import STATEMENT

MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class MonthOfStatements:
    """How many loans have a statement of a month."""

    month_end: date
    loans: int


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
