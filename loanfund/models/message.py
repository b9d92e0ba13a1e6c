"""The outbox: what goes to a borrower on a day, by mail or as a letter; mails of accounts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id

# Of a message that waits to go for the first time.
UNTRIED = "state = 'planned' AND attempts = 0 AND NOT for_signature"


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


class LetterBatch(Base):
    """Letters that were printed in one go, on a business date."""

    __tablename__ = "letter_batch"

    id: Mapped[Id]
    printed_on: Mapped[date]
    printed_at: Mapped[datetime]
    printed_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


class Message(Outbound, Base):
    """What a borrower is told on a day by a channel, or a notice that is to be signed.

    Of a borrower, channel and day one message waits at most; what is still to be said once it
    went out goes with another.

    A mail is sent when a server took it, a letter when somebody says that it was handed over;
    until then it is printed. What did not go out was merged into the next day's, cancelled as
    nothing was left to say, or lapsed. Of a mail the address is kept as a fingerprint only, and
    the text as it was sent; of a letter the file as it was printed, beside its notices.

    A notice that is to be signed is to approve, then to sign; once signed planned, or printed.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_one_waiting",
            "borrower_id",
            "channel",
            "day",
            unique=True,
            sqlite_where=text(UNTRIED),
            postgresql_where=text(UNTRIED),
        ),
        CheckConstraint("channel IN ('email', 'letter')", name="channel"),
        CheckConstraint(
            "state IN ('to_approve', 'to_sign', 'planned', 'sending', 'printed', 'sent',"
            " 'failed', 'merged', 'cancelled', 'lapsed')",
            name="state",
        ),
    )

    id: Mapped[Id]
    for_signature: Mapped[bool] = mapped_column(default=False)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"))
    channel: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    address_hash: Mapped[str | None]
    template: Mapped[str | None]
    subject: Mapped[str | None]
    body: Mapped[str | None]
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("letter_batch.id"), index=True)
    delivered_on: Mapped[date | None]
    remark: Mapped[str | None]


class Dispatch(Base):
    """A numbered notice: it waits with its message, arrived, or was not sent.

    `number` is the one on the paper, written as the fund's pattern of that day wrote it;
    `approved_by` is who let it be signed.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        CheckConstraint("state IN ('waiting', 'delivered', 'unsent')", name="state"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    year: Mapped[int]
    number: Mapped[str]
    state: Mapped[str]
    settled_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class AccountMail(Outbound, Base):
    """One mail about an account, kept without its text: that may hold a secret (ADR 16).

    `email` is folded as in `user`, and for all that this table knows it may be nobody's;
    `facts` say whose account a manager is told about, and what came of it.
    """

    __tablename__ = "account_mail"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('invitation', 'reset', 'changed', 'audit_head', 'opened_by_hand',"
            " 'factor_on', 'factor_off', 'factor_off_of', 'link_seen', 'disabled', 'enabled')",
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
