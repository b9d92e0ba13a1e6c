"""Proposals: requests that wait for, or had, the decision of a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id

NULLABLE = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Proposal(Base):
    """A stored request with the fingerprint of its content, decided once and by another person.

    `version` is that of the loan or record as the maker saw it, `seen` what stood beside it
    (`domain.seen`); None of what was proposed before the program kept that. What is proposed
    never changes: triggers refuse it, and a decision that was made stays. `result` is what
    approving came to, `stood` what stood beside it when it was decided.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'approved', 'returned', 'withdrawn')", name="state"
        ),
        CheckConstraint(
            "decided_by <> proposed_by OR state = 'withdrawn'", name="maker_is_not_checker"
        ),
        CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        Index("ix_proposal_state", "state", "proposed_at"),
        Index("ix_proposal_subject", "subject_type", "subject_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"), index=True)
    payload: Mapped[dict[str, Any]]
    payload_hash: Mapped[str]
    version: Mapped[int | None]
    note: Mapped[str | None]
    state: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str | None]
    result: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    seen: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE, deferred=True)
    stood: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE, deferred=True)
