"""The collection of a month, loan by loan: folded where anything can have been due or paid."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.collection import Collection, month_collection
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.position import CachedPosition
from loanfund.queries._standing import Moment
from loanfund.store.loan import load_loans

OVER = (LoanStatus.CLOSED.value, LoanStatus.WRITTEN_OFF.value)


def month_collections(
    session: Session, settings: SettingBook, moment: Moment
) -> dict[int, Collection]:
    """Give the collection of the moment's month by loan, through the moment's day."""
    conditions = [Loan.state == "approved"]
    if moment.known_at is None:
        conditions.append(_may_move(moment.as_of.replace(day=1)))
    collections = {}
    for loan in load_loans(session, settings, *conditions, known_at=moment.known_at):
        found = month_collection(loan.history(), moment.as_of)
        if found is not None:
            collections[loan.id] = found
    return collections


def _may_move(first: date) -> ColumnElement[bool]:
    """Leave out loans that were over, and had nothing happen to them, before a day."""
    over = (
        select(CachedPosition.loan_id)
        .join(Loan, Loan.id == CachedPosition.loan_id)
        .where(
            CachedPosition.loan_version == Loan.version,
            CachedPosition.status.in_(OVER),
            CachedPosition.maturity_date < first,
        )
    )
    moved = select(LoanEvent.loan_id).where(LoanEvent.value_date >= first)
    return or_(Loan.id.not_in(over), Loan.id.in_(moved))
