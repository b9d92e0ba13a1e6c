"""Reminders: what was to be said about a due, and what became of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class Reminder(Base):
    """One rule for one due of one version of the schedule, on one channel: at most once.

    `send_on` is the working day on which the rule fell; `message_id` what carried it. One that
    somebody asked for, `asked_by`, asks for a notice; its `rule` is the days since the due.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("loan_id", "due_date", "rule", "channel", "schedule_version"),
        CheckConstraint("channel IN ('email', 'letter', 'task')", name="channel"),
        CheckConstraint("state IN ('planned', 'sent', 'suppressed', 'lapsed')", name="state"),
    )

    id: Mapped[Id]
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"))
    due_date: Mapped[date]
    rule: Mapped[int]
    channel: Mapped[str]
    schedule_version: Mapped[int]
    send_on: Mapped[date]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class ReminderPause(Base):
    """A borrower who is not reminded through a day; ended before it where somebody said so."""

    __tablename__ = "reminder_pause"
    __table_args__ = (
        CheckConstraint("reason IN ('dispute', 'promise', 'other')", name="reason"),
    )

    id: Mapped[Id]
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)
    reason: Mapped[str]
    last_day: Mapped[date]
    note: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
