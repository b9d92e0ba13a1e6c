"""The current month, loan by loan: folded where anything can have been due or paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.collection import Collection, MonthSoFar, month_so_far
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.position import CachedPosition
from loanfund.queries._memory import Memory, load_these, loan_keys
from loanfund.queries._standing import Moment
from loanfund.store.unreadable import leaving_out

OVER = (LoanStatus.CLOSED.value, LoanStatus.WRITTEN_OFF.value)

_remembered: Memory[MonthSoFar | None] = Memory()


def month_collections(
    session: Session, settings: SettingBook, moment: Moment
) -> dict[int, Collection]:
    """Give the collection of the moment's month by loan, through the moment's day."""
    found = months_so_far(session, settings, moment)
    return {loan_id: one.collection for loan_id, one in found.items()}


def months_so_far(
    session: Session, settings: SettingBook, moment: Moment
) -> dict[int, MonthSoFar]:
    """Give the moment's month by loan: what fell due and came, what there is to collect."""
    first = moment.as_of.replace(day=1)
    wanted = (Loan.state == "approved", *movable(first, moment))

    def fold(ids: Sequence[int]) -> Mapping[int, MonthSoFar | None]:
        months = {}
        for loan in load_these(session, settings, moment, ids):
            with leaving_out(session, loan):
                months[loan.id] = month_so_far(loan.history(), moment.as_of)
        return months

    keys = loan_keys(session, settings, moment, *wanted)
    found = _remembered.recall(
        {loan_id: (*key, moment.as_of) for loan_id, key in keys.items()}, fold
    )
    return {loan_id: one for loan_id, one in found.items() if one is not None}


def movable(first: date, moment: Moment) -> tuple[ColumnElement[bool], ...]:
    """Leave out what cannot have moved since a day; as known earlier it may all have."""
    return (may_move(first),) if moment.known_at is None else ()


def may_move(first: date) -> ColumnElement[bool]:
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
