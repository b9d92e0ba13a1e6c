"""Whether ledger rows were written when, and by whom, the audit log says; and booked then.

Each difference is the name of a check, what it is about, what was expected, and what is found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from loanfund.models.audit import AuditLine
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import LoanEvent

Found = tuple[str, str, str, str]
MADE = (LedgerEntry.recorded_at, LedgerEntry.recorded_by)


def ledger_differences(session: Session) -> Iterator[Found]:
    """Compare every posting with the lines of its instant and person, and with the closes.

    A row of an open month is booked on its value date; of a closed one later, in no month that
    was closed by then (rules §1). The day within the open months is not compared.
    """
    closes = _closes(session)
    lines = _lines_of_postings(session)
    for row in session.execute(_of_other_events()):
        yield "audit", f"ledger {row.id} event", str(row.told), str(row.found)
    postings = select(*MADE, func.min(LedgerEntry.booking_date).label("first"))
    for row in session.execute(postings.group_by(*MADE).order_by(*MADE)):
        at, subject = (row.recorded_at, row.recorded_by), f"ledger {row.recorded_at}"
        if at not in lines:
            yield "audit", f"{subject} by {row.recorded_by}", "told", "not told"
        elif row.first.isoformat() <= (closed := closes.before(lines[at][0])):
            yield "audit", f"{subject} booking_date", f"> {closed}", row.first.isoformat()
    for entry in session.execute(_moved()):
        said = lines.get((entry.recorded_at, entry.recorded_by))
        if said and entry.value_date.isoformat() > closes.before(said[1]):
            expected, found = entry.value_date, entry.booking_date
            yield "audit", f"ledger {entry.id} booking_date", str(expected), str(found)


@dataclass(frozen=True, slots=True)
class _Closes:
    """The lines of closes in their order, and the last month that each of them closed."""

    lines: Sequence[int]
    months: Sequence[str]

    def before(self, line: int) -> str:
        """Give the last month that was closed before a line, "" for none."""
        count = bisect_left(self.lines, line)
        return self.months[count - 1] if count else ""


def _closes(session: Session) -> _Closes:
    closing = select(AuditLine.id, AuditLine.object_id).where(AuditLine.action == "close_month")
    found = session.execute(closing.order_by(AuditLine.id)).all()
    return _Closes([row.id for row in found], [row.object_id for row in found])


def _lines_of_postings(session: Session) -> dict[tuple[Any, int], tuple[int, int]]:
    """Give the first and the last line of the instant and person of each posting."""
    made = select(*MADE).distinct().subquery()
    same = (AuditLine.recorded_at == made.c.recorded_at) & (
        AuditLine.recorded_by == made.c.recorded_by
    )
    query = (
        select(*made.c, func.min(AuditLine.id), func.max(AuditLine.id))
        .join(AuditLine, same)
        .group_by(*made.c)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in session.execute(query)}


def _of_other_events() -> Any:
    """Give the rows that were not written when their event was, or by another person."""
    return (
        select(
            LedgerEntry.id,
            LoanEvent.recorded_at.label("told"),
            LedgerEntry.recorded_at.label("found"),
        )
        .join(LoanEvent, LoanEvent.id == LedgerEntry.event_id)
        .where(
            or_(
                LoanEvent.recorded_at != LedgerEntry.recorded_at,
                LoanEvent.recorded_by != LedgerEntry.recorded_by,
            )
        )
        .order_by(LedgerEntry.id)
    )


def _moved() -> Any:
    """Give the rows that are booked on another day than their value date."""
    return (
        select(LedgerEntry.id, LedgerEntry.value_date, LedgerEntry.booking_date, *MADE)
        .where(LedgerEntry.booking_date != LedgerEntry.value_date)
        .order_by(LedgerEntry.id)
    )
