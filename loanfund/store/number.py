"""Gapless numbers, one series a kind and year."""

from __future__ import annotations

from sqlalchemy import bindparam, text, update
from sqlalchemy.orm import Session

from loanfund.models.period import NumberSeries

# Whoever takes a number holds the series until the transaction ends.
TAKE = (
    update(NumberSeries)
    .where(NumberSeries.series == bindparam("of_series"))
    .where(NumberSeries.year == bindparam("of_year"))
    .values(last_number=NumberSeries.last_number + bindparam("count"))
    .returning(NumberSeries.last_number)
    .execution_options(synchronize_session=False)
)
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
    return [written(series, year, one) for one in draw(session, series, year, count)]


def draw(session: Session, series: str, year: int, count: int = 1) -> range:
    """Give so many places in a row of a series, for who writes its numbers otherwise."""
    wanted = {"of_series": series, "of_year": year, "count": count}
    last = session.execute(TAKE, wanted).scalar_one_or_none()
    if last is None:
        session.execute(BEGIN_SERIES, {"series": series, "year": year})
        last = session.execute(TAKE, wanted).scalar_one()
    return range(last - count + 1, last + 1)


def written(series: str, year: int, number: int) -> str:
    """Write a number as papers and vouchers show it."""
    return f"{series}-{year}/{number:06d}"
