"""What a process has folded already: it only saves time, and is never older than the book."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._standing import Moment
from loanfund.store.loan import LoadedLoan, each_loan

MOST_REMEMBERED = 50_000
AT_ONCE = 500  # so that the rows of all loans are never held together
UNKNOWN = object()

Key = tuple[Hashable, ...]
Answer = TypeVar("Answer")


class Memory(Generic[Answer]):
    """Answers by all that they depend on; when it is full it forgets everything."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._known: dict[Key, Answer] = {}
        self._most = most

    def recall(
        self, keys: Mapping[int, Key], fold: Callable[[Sequence[int]], Mapping[int, Answer]]
    ) -> dict[int, Answer]:
        """Give the answer of every key; those that are not known are folded, many at a time.

        What cannot be folded has no answer, and is tried again the next time.
        """
        found: dict[int, object] = {
            loan_id: self._known.get(key, UNKNOWN) for loan_id, key in keys.items()
        }
        new = [loan_id for loan_id, one in found.items() if one is UNKNOWN]
        fresh: dict[int, Answer] = {}
        for start in range(0, len(new), AT_ONCE):
            fresh |= fold(new[start : start + AT_ONCE])
        if len(self._known) + len(fresh) > self._most:
            self._known.clear()
        self._known.update({keys[loan_id]: one for loan_id, one in fresh.items()})
        known = {loan_id: one for loan_id, one in found.items() if one is not UNKNOWN}
        return {**known, **fresh}  # type: ignore[dict-item]


def loan_keys(
    session: Session, settings: SettingBook, moment: Moment, *conditions: ColumnElement[bool]
) -> dict[int, Key]:
    """Give what the fold of each loan depends on, beside the days asked about.

    A loan's version counts what was recorded for it; of what was known earlier the events are
    counted. The instant of the contract tells one book from another in the same process.
    """
    query = (
        select(Loan.id, Loan.source_id, Loan.version, Loan.recorded_at)
        if moment.known_at is None
        else select(
            Loan.id, Loan.source_id, func.count(LoanEvent.id), func.max(LoanEvent.recorded_at)
        )
        .join(LoanEvent, LoanEvent.loan_id == Loan.id)
        .where(Loan.recorded_at <= moment.known_at, LoanEvent.recorded_at <= moment.known_at)
        .group_by(Loan.id, Loan.source_id)
    )
    rows = session.execute(query.where(*conditions)).all()
    law = {source: _law(settings, source) for source in {row[1] for row in rows}}
    now = moment.known_at is None
    return {row[0]: (now, *row, law[row[1]]) for row in rows}


def load_these(
    session: Session, settings: SettingBook, moment: Moment, ids: Sequence[int]
) -> Iterator[LoadedLoan]:
    """Give some loans one by one, as known at the moment."""
    return each_loan(session, settings, Loan.id.in_(ids), known_at=moment.known_at)


def _law(settings: SettingBook, source_id: int) -> Hashable:
    """Give what every fold of a source's loans takes from the settings."""
    holidays = tuple(settings.get("holidays", date.max))
    return holidays, tuple(settings.dated("debt_rule_set", source_id))
