"""What was booked for the days of a report after their month was locked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.report import Report, Restated
from loanfund.models.capital import CapitalSource
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.models.period import Period
from loanfund.models.position import MonthEndPosition

# These list what was booked in a period: what is booked later belongs to a later one.
BOOKS = frozenset({"account_ledger", "cash_book", "journal", "trial_balance"})


def restated(session: Session, report: Report) -> Restated | None:
    """Give how many entries came after the lock, and the debt that was locked; None if none."""
    if report.name in BOOKS:
        return None
    closing = select(func.min(Period.month_end)).where(Period.month_end >= report.as_of)
    month_end = session.scalar(closing)
    if month_end is None:
        return None
    late = select(func.count()).where(
        LedgerEntry.value_date <= report.as_of, LedgerEntry.booking_date > month_end
    )
    locked = select(func.sum(MonthEndPosition.principal_outstanding)).where(
        MonthEndPosition.month_end == month_end
    )
    if report.known_at is not None:
        late = late.where(LedgerEntry.recorded_at <= report.known_at)
    if report.source:
        of_code = select(CapitalSource.id).where(CapitalSource.code == report.source)
        source = of_code.scalar_subquery()
        late = late.where(LedgerEntry.source_id == source)
        locked = locked.join(Loan).where(Loan.source_id == source)
    entries = session.scalar(late) or 0
    if not entries:
        return None
    debt = _money(session.scalar(locked) or 0)
    return Restated(month_end=month_end, entries=entries, outstanding=debt)


def _money(amount: Any) -> Money:
    return amount if isinstance(amount, Money) else Money(int(amount))
