"""Months that are closed, the lock that every booking shares, and the series of numbers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base


class Books(Base):
    """One row: every booking holds it shared, the close of a month takes it alone."""

    __tablename__ = "books"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    closed_through: Mapped[date | None]


class Period(Base):
    """A month that was closed, by whom, and confirmed by whom."""

    __tablename__ = "period"
    __table_args__ = (
        CheckConstraint("confirmed_by <> closed_by", name="maker_is_not_checker"),
    )

    month_end: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    confirmed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


class NumberSeries(Base):
    """The last number given in a gapless series of a year."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int]
