"""Runs of jobs, one row a slot, and who schedules them at present."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.models.base import Base, Id


class JobRun(Base):
    """One job for one slot, the day or month's end it is about, which runs once.

    `runner` works on it until `leased_until` unless it says more; `attempt` counts who took it,
    so that a runner that lost it notices.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint(
            "state IN ('wanted', 'running', 'done', 'incomplete', 'broken')", name="state"
        ),
        Index("ix_job_run_slot", "job", "slot", unique=True),
    )

    id: Mapped[Id]
    job: Mapped[str]
    slot: Mapped[date]
    state: Mapped[str] = mapped_column(index=True)
    attempt: Mapped[int]
    runner: Mapped[str]
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    recorded_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    total: Mapped[int]
    done: Mapped[int]
    skipped: Mapped[int]
    failed: Mapped[int]
    reasons: Mapped[Any] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    result: Mapped[dict[str, Any]]


class SchedulerLease(Base):
    """Who schedules, and until when that holds unless it is said again."""

    __tablename__ = "scheduler_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    since: Mapped[datetime]
    expires_at: Mapped[datetime]
