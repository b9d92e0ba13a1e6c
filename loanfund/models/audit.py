"""Who changed what, in a chain of lines, and which request asked for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class AuditLine(Base):
    """One change of state, written in the same transaction; append-only.

    `hash` is that of the line and of the hash before it: see `domain.audit_chain`. Ids are
    given with it, without a gap.
    """

    __tablename__ = "audit_line"
    __table_args__ = (
        Index("ix_audit_line_object", "object_type", "object_id"),
        Index("ix_audit_line_who", "recorded_by", "id"),
        Index("ix_audit_line_action", "action", "id"),
    )

    id: Mapped[Id] = mapped_column(autoincrement=False)
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    hash: Mapped[str]


class AuditHead(Base):
    """One row: the last line and its hash; who adds lines holds it, last of all."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]


class RequestKey(Base):
    """An idempotency key bound to its maker and payload, with the first result."""

    __tablename__ = "request_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    payload_hash: Mapped[str]
    result: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


class ImportedRecord(Base):
    """A record of a workbook that is in the book, by its key, with the hash of its cells."""

    __tablename__ = "imported_record"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    payload_hash: Mapped[str]
    recorded_at: Mapped[datetime]
