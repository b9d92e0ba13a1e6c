"""Papers as they were issued: their content, the file, and the code that verifies them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class Document(Base):
    """One issued paper; a later one for the same loan and period may replace it."""

    __tablename__ = "document"

    id: Mapped[Id]
    kind: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"), index=True)
    period_from: Mapped[date]
    period_to: Mapped[date]
    known_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str]
    file: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime]
    issued_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
