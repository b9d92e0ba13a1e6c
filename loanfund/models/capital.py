"""Capital sources and what was put into them or taken out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.domain.money import Money
from loanfund.models.base import Base, Id


class CapitalSource(Base):
    """Where lent money comes from; its rule set and overdue method are dated settings."""

    __tablename__ = "capital_source"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    code_fold: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    bears_risk: Mapped[bool]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


class CapitalMovement(Base):
    """A contribution (positive) or withdrawal (negative); append-only, undone by a reversal.

    `number` is that of its voucher, given when it is booked.
    """

    __tablename__ = "capital_movement"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("approved_by <> recorded_by", name="maker_is_not_checker"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("capital_source.id"), index=True)
    value_date: Mapped[date]
    amount: Mapped[Money]
    contributor: Mapped[str]
    note: Mapped[str | None]
    reverses: Mapped[int | None] = mapped_column(ForeignKey("capital_movement.id"), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
