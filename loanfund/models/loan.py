"""Loans: the contract's terms, and the events that happened to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.domain.money import Money, Rate
from loanfund.models.base import Base, Id


class Loan(Base):
    """One contract; what became of it is folded from its events, never stored here.

    `code_fold` is what spellings of its number share, `folded_number` what a search looks at.
    `version` counts what was recorded for the loan, so that a stale preview is recognised;
    `reconciled_through` says how far the ledger speaks. Area and sector are copied at signing;
    `edition` is that of the rules then in force.
    """

    __tablename__ = "loan"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("annual_rate >= 0", name="annual_rate_not_negative"),
        CheckConstraint("state IN ('draft', 'approved', 'cancelled')", name="state"),
        CheckConstraint("approved_by <> recorded_by", name="maker_is_not_checker"),
    )

    id: Mapped[Id]
    contract_number: Mapped[str] = mapped_column(unique=True)
    code_fold: Mapped[str] = mapped_column(unique=True)
    folded_number: Mapped[str] = mapped_column(index=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("capital_source.id"), index=True)
    signed_on: Mapped[date]
    state: Mapped[str]
    amount: Mapped[Money]
    annual_rate: Mapped[Rate]
    term_months: Mapped[int]
    repayment_method: Mapped[str]
    interest_day: Mapped[int | None]
    interest_every_months: Mapped[int]
    principal_every_months: Mapped[int | None]
    principal_grace_months: Mapped[int]
    principal_rounding: Mapped[int]
    day_count: Mapped[str]
    overdue_rate_thousandths: Mapped[int]
    late_interest_rate: Mapped[Rate]
    working_day_rule: Mapped[str]
    prepayment: Mapped[str]
    surplus: Mapped[str]
    tolerance: Mapped[Money]
    edition: Mapped[int]
    plans: Mapped[dict[str, Any]]
    purpose: Mapped[str | None]
    area: Mapped[str | None]
    sector: Mapped[str | None]
    jobs: Mapped[int | None]
    deductible_collateral: Mapped[Money]
    version: Mapped[int]
    reconciled_through: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class LoanEvent(Base):
    """What happened to a loan; append-only, and the database refuses anything else.

    `payload` holds the fields of the event as rules §11 writes them; `number` is the voucher.
    References are compared by their fold.
    """

    __tablename__ = "loan_event"
    __table_args__ = (
        UniqueConstraint("loan_id", "sequence"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        CheckConstraint("approved_by <> recorded_by", name="maker_is_not_checker"),
        Index("ix_loan_event_number", "type", "number", unique=True),
        Index("ix_loan_event_reference_fold", "reference_fold"),
    )

    id: Mapped[Id]
    loan_id: Mapped[int] = mapped_column(ForeignKey("loan.id"))
    sequence: Mapped[int]
    type: Mapped[str]
    value_date: Mapped[date]
    amount: Mapped[Money | None]
    payload: Mapped[dict[str, Any]]
    number: Mapped[str | None]
    payer: Mapped[str | None]
    reference: Mapped[str | None]
    reference_fold: Mapped[str | None]
    note: Mapped[str | None]
    reverses: Mapped[int | None] = mapped_column(ForeignKey("loan_event.id"), unique=True)
    replaces: Mapped[int | None] = mapped_column(ForeignKey("loan_event.id"), unique=True)
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
