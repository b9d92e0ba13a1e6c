"""Rows of a workbook that fall into closed months: they restate figures that were locked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain.book import Book
from loanfund.domain.calendar import month_end

# The day of each kind of row that has one.
DAYS: Mapping[str, str] = {
    "movements": "value_date",
    "contracts": "signed_on",
    "disbursements": "value_date",
    "receipts": "value_date",
    "reschedules": "value_date",
}
NAMED = ("contracts", "disbursements", "receipts")


@dataclass(frozen=True, slots=True)
class ClosedRows:
    """A closed month by its last day, and how many rows of each kind fall into it."""

    month: date
    rows: Mapping[str, int]


def rows_in_closed_months(book: Book, through: date | None) -> tuple[ClosedRows, ...]:
    """Give each month that rows fall into and that is closed, `through` being the last day."""
    if through is None:
        return ()
    found: dict[date, Counter[str]] = {}
    for kind, name in DAYS.items():
        for day in (getattr(one, name) for one in getattr(book, kind)):
            if day <= through:
                found.setdefault(month_end(day), Counter())[kind] += 1
    return tuple(ClosedRows(month, dict(rows)) for month, rows in sorted(found.items()))


def closed_says(closed: Sequence[ClosedRows]) -> Iterator[tuple[str, dict[str, object]]]:
    """Give a line for each month: the key of its text, and its facts."""
    for one in closed:
        named = {kind: one.rows.get(kind, 0) for kind in NAMED}
        others = sum(one.rows.values()) - sum(named.values())
        yield "workbook.closed", {"month": f"{one.month:%m/%Y}", **named, "others": others}
