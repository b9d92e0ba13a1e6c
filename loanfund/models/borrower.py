"""Borrowers: cooperatives, their unions, groups and members."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class Borrower(Base):
    """One borrower; what is `folded` is what a search without diacritics looks at."""

    __tablename__ = "borrower"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('cooperative', 'cooperative_union', 'cooperative_group', 'member')",
            name="kind",
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    code_fold: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    folded_name: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    tax_code: Mapped[str | None]
    legal_representative: Mapped[str | None]
    folded_representative: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    area: Mapped[str | None]
    sector: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own name
