"""The outbox: what goes to a borrower on a day, by mail or as a letter; mails of accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class Outbound:
    """What is known of anything that is sent; `attempts` counts who took it to send it."""

    state: Mapped[str] = mapped_column(index=True)
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    runner: Mapped[str]
    reply: Mapped[str | None]
    recorded_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Message(Outbound, Base):
    """One message a borrower, channel and day.

    What did not go out was merged into the next day's, cancelled as nothing was left to say, or
    lapsed. The address is kept as a fingerprint only, the text as it was sent. `papers` are the
    numbers of the documents that went with it.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("borrower_id", "channel", "day"),
        CheckConstraint("channel IN ('email', 'letter')", name="channel"),
        CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'failed', 'merged', 'cancelled',"
            " 'lapsed')",
            name="state",
        ),
    )

    id: Mapped[Id]
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"))
    channel: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    address_hash: Mapped[str | None]
    template: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    papers: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))


class AccountMail(Outbound, Base):
    """One mail about an account, kept without its text: that may hold a secret (ADR 16).

    `email` is folded as in `user`, and for all that this table knows it may be nobody's;
    `facts` say whose account a manager is told about, and what came of it.
    """

    __tablename__ = "account_mail"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('invitation', 'reset', 'changed', 'audit_head', 'opened_by_hand')",
            name="kind",
        ),
        CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'failed', 'lapsed')", name="state"
        ),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]
