"""Gapless numbers, one series a kind and year."""

from __future__ import annotations

from sqlalchemy.orm import Session

from loanfund.models.period import NumberSeries


def next_number(session: Session, series: str, year: int) -> str:
    """Give the next number, as `PT-2020/000123`; a transaction rolled back gives it back."""
    row = session.get(NumberSeries, (series, year), with_for_update=True)
    if row is None:
        row = NumberSeries(series=series, year=year, last_number=0)
        session.add(row)
    row.last_number += 1
    session.flush()
    return f"{series}-{year}/{row.last_number:06d}"
