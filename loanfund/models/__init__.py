"""The tables as plain rows; used only by store, services and queries."""

from __future__ import annotations

from loanfund.models import (
    audit,
    borrower,
    capital,
    collection_sheet,
    document,
    job_run,
    ledger,
    loan,
    message,
    period,
    position,
    proposal,
    rate_limit,
    reminder,
    setting,
    user,
)

__all__ = [
    "APPEND_ONLY",
    "audit",
    "borrower",
    "capital",
    "collection_sheet",
    "document",
    "job_run",
    "ledger",
    "loan",
    "message",
    "period",
    "position",
    "proposal",
    "rate_limit",
    "reminder",
    "setting",
    "user",
]

# Tables whose rows the application adds and never changes; triggers refuse anything else.
APPEND_ONLY = (
    "audit_line",
    "capital_movement",
    "collection_batch",
    "collection_batch_row",
    "document",
    "ledger_entry",
    "loan_event",
    "month_end_position",
    "period",
    "setting",
)
