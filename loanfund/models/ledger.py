"""The ledger: one row is one transfer, so every posting balances by construction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from loanfund.domain.money import Money
from loanfund.domain.posting import MEMO_ACCOUNTS, Account
from loanfund.models.base import Base, Id

_ALL = ", ".join(f"'{account.value}'" for account in Account)
_MEMO = ", ".join(sorted(f"'{account.value}'" for account in MEMO_ACCOUNTS))


class LedgerEntry(Base):
    """A transfer from the credit to the debit account (rules §13); append-only."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit <> credit", name="debit_is_not_credit"),
        CheckConstraint(f"debit IN ({_ALL}) AND credit IN ({_ALL})", name="accounts"),
        CheckConstraint(
            f"(debit IN ({_MEMO})) = (credit IN ({_MEMO}))", name="memo_against_memo"
        ),
        Index("ix_ledger_entry_loan_id", "loan_id", "value_date"),
        Index("ix_ledger_entry_booking_date", "booking_date"),
        Index("ix_ledger_entry_source_id", "source_id", "value_date"),
    )

    id: Mapped[Id]
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[Money]
    source_id: Mapped[int] = mapped_column(ForeignKey("capital_source.id"))
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loan.id"))
    cause: Mapped[str]
    value_date: Mapped[date]
    booking_date: Mapped[date]
    recorded_at: Mapped[datetime]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("loan_event.id"))
    recorded_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
