"""Collection sheets: the batches that were posted, and what is typed and not posted yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class CollectionBatch(Base):
    """A sheet as it was posted: for the month of its first day, of one source or of all."""

    __tablename__ = "collection_batch"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    month: Mapped[date]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("capital_source.id"))
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


class CollectionBatchRow(Base):
    """Which receipt a batch posted for the row with the number `place` on the sheet."""

    __tablename__ = "collection_batch_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "place"),
        CheckConstraint("place > 0", name="place_positive"),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("loan_event.id"), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("collection_batch.id"))
    place: Mapped[int]


class CollectionDraft(Base):
    """What somebody typed into the sheet of a month and a source (a code; empty is all)."""

    __tablename__ = "collection_draft"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    typed: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
