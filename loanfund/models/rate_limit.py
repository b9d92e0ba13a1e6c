"""How much of a limit each person or network has used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base


class LimitedUse(Base):
    """One kind of use by one person or network, whoever that is: the subject is hashed."""

    __tablename__ = "limited_use"

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_hash: Mapped[str] = mapped_column(primary_key=True)
    won_back_at: Mapped[datetime] = mapped_column(index=True)
