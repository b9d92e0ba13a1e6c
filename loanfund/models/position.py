"""Caches of the fold: remade by `loanfund rebuild`, compared with it by `loanfund verify`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.domain.money import Money
from loanfund.models.base import Base


class PositionColumns:
    """Where a loan stands, but for what accrues."""

    status: Mapped[str]
    principal_disbursed: Mapped[Money]
    principal_repaid: Mapped[Money]
    principal_outstanding: Mapped[Money]
    principal_overdue: Mapped[Money]
    interest_open: Mapped[Money]
    interest_deferred: Mapped[Money]
    overdue_interest_open: Mapped[Money]
    late_interest_open: Mapped[Money]
    credit: Mapped[Money]
    written_off_principal: Mapped[Money]
    written_off_interest: Mapped[Money]
    recovered: Mapped[Money]
    maturity_date: Mapped[date]
    oldest_due: Mapped[date | None]
    frozen_days: Mapped[int]
    is_frozen: Mapped[bool]
    group_floor: Mapped[int]
    next_due_date: Mapped[date | None]
    next_due_principal: Mapped[Money | None]
    next_due_interest: Mapped[Money | None]


class CachedPosition(PositionColumns, Base):
    """One row a loan; holds from `as_of` through `valid_through`, beyond it is folded again."""

    __tablename__ = "position"
    __table_args__ = (CheckConstraint("as_of <= valid_through", name="span"),)

    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    as_of: Mapped[date]
    valid_through: Mapped[date]
    today_principal: Mapped[Money]
    today_interest: Mapped[Money]
    accruing: Mapped[dict[str, Any]]
    tolerance: Mapped[Money]
    loan_version: Mapped[int]


class MonthEndPosition(PositionColumns, Base):
    """A loan at a month's end as it was known when the month was closed; never changed."""

    __tablename__ = "month_end_position"

    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"), primary_key=True)
    month_end: Mapped[date] = mapped_column(primary_key=True)
    own_group: Mapped[int | None]
    final_group: Mapped[int | None]
    known_at: Mapped[datetime]
