"""The collection of a month, loan by loan: folded where anything can have been due or paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.collection import Collection, month_collection
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.position import CachedPosition
from loanfund.queries._standing import MANY, Moment
from loanfund.store.loan import LoadedLoan, load_loans

OVER = (LoanStatus.CLOSED.value, LoanStatus.WRITTEN_OFF.value)
MOST_REMEMBERED = 50_000
UNKNOWN = object()

# What a process has folded already, by everything that the answer depends on. It only saves
# time: a loan's version and the instant of its last event change with whatever is recorded.
_remembered: dict[tuple[Any, ...], Collection | None] = {}


def month_collections(
    session: Session, settings: SettingBook, moment: Moment
) -> dict[int, Collection]:
    """Give the collection of the moment's month by loan, through the moment's day."""
    if moment.known_at is not None:
        return _as_known(session, settings, moment)
    wanted = (Loan.state == "approved", may_move(moment.as_of.replace(day=1)))
    keys = _keys(session, settings, moment.as_of, wanted)
    found: dict[int, object] = {
        loan_id: _remembered.get(key, UNKNOWN) for loan_id, key in keys.items()
    }
    new = [loan_id for loan_id, one in found.items() if one is UNKNOWN]
    fresh = {loan.id: _fold(loan, moment) for loan in _load(session, settings, wanted, new)}
    if len(_remembered) + len(fresh) > MOST_REMEMBERED:
        _remembered.clear()
    _remembered.update({keys[loan_id]: one for loan_id, one in fresh.items()})
    found |= fresh
    return {loan_id: one for loan_id, one in found.items() if isinstance(one, Collection)}


def _as_known(session: Session, settings: SettingBook, moment: Moment) -> dict[int, Collection]:
    """Give the collections as they were known at an instant; nothing of that is remembered."""
    approved = Loan.state == "approved"
    loans = load_loans(session, settings, approved, known_at=moment.known_at)
    folded = ((loan.id, _fold(loan, moment)) for loan in loans)
    return {loan_id: one for loan_id, one in folded if one is not None}


def _fold(loan: LoadedLoan, moment: Moment) -> Collection | None:
    return month_collection(loan.history(), moment.as_of)


def _keys(
    session: Session,
    settings: SettingBook,
    as_of: date,
    wanted: Iterable[ColumnElement[bool]],
) -> dict[int, tuple[Any, ...]]:
    """Give what the collection of each loan depends on."""
    holidays = tuple(settings.get("holidays", date.max))
    query = (
        select(Loan.id, Loan.version, func.max(LoanEvent.recorded_at))
        .join(LoanEvent, LoanEvent.loan_id == Loan.id)
        .where(*wanted)
        .group_by(Loan.id, Loan.version)
    )
    return {row[0]: (*row, as_of, holidays) for row in session.execute(query)}


def _load(
    session: Session,
    settings: SettingBook,
    wanted: Sequence[ColumnElement[bool]],
    new: Sequence[int],
) -> list[LoadedLoan]:
    """Give the loans that were not folded yet; of very many, some others with them."""
    if not new:
        return []
    conditions = (Loan.id.in_(new),) if len(new) <= MANY else wanted
    known = set(new)
    return [loan for loan in load_loans(session, settings, *conditions) if loan.id in known]


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
