"""Gapless numbers, one series a kind and year."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from loanfund.models.period import NumberSeries

# Of two who need the first number of a year at once, the second waits here for the first.
BEGIN_SERIES = text(
    "INSERT INTO number_series (series, year, last_number) VALUES (:series, :year, 0)"
    " ON CONFLICT DO NOTHING"
)


def next_number(session: Session, series: str, year: int) -> str:
    """Give the next number, as `PT-2020/000123`; a transaction rolled back gives it back."""
    return next_numbers(session, series, year, 1)[0]


def next_numbers(session: Session, series: str, year: int, count: int) -> list[str]:
    """Give so many numbers in a row."""
    row = session.get(NumberSeries, (series, year), with_for_update=True)
    if row is None:
        session.execute(BEGIN_SERIES, {"series": series, "year": year})
        row = session.get_one(NumberSeries, (series, year), with_for_update=True)
    first = row.last_number + 1
    row.last_number += count
    session.flush()
    return [f"{series}-{year}/{number:06d}" for number in range(first, first + count)]
