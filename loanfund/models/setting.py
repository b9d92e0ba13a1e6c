"""Law, policy and the fund's profile, each with the day from which it holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class Setting(Base):
    """One value of one key; append-only, looked up by day and by what was known."""

    __tablename__ = "setting"
    __table_args__ = (
        Index("ix_setting_key", "key", "source_id", "valid_from"),
        CheckConstraint("approved_by <> recorded_by", name="maker_is_not_checker"),
    )

    id: Mapped[Id]
    key: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("capital_source.id"))
    value: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    valid_from: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
