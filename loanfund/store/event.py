"""Append events to loans; nothing here changes or removes one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.code import fold_reference, tidy_reference
from loanfund.domain.codec import dump_stored
from loanfund.domain.event import DatedEvent, Event
from loanfund.domain.voucher import MONEY_IN
from loanfund.models.loan import Loan, LoanEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """What a row keeps of an event beside the event itself."""

    recorded_at: datetime
    recorded_by: int
    business_date: date
    approved_by: int | None = None
    number: str | None = None
    payer: str | None = None
    reference: str | None = None
    note: str | None = None
    idempotency_key: str | None = None


def event_row(
    loan_id: int, event: Event, details: EventDetails, row_ids: Mapping[str, int]
) -> dict[str, Any]:
    """Give the row of an event whose id is its sequence; `row_ids` finds what it refers to."""
    of = getattr(event, "of", None) if event.type == "reversal" else None
    reference = tidy_reference(details.reference or "")
    return {
        "loan_id": loan_id,
        "sequence": int(event.id),
        "type": event.type,
        "value_date": event.value_date
        if isinstance(event, DatedEvent)
        else details.business_date,
        "amount": getattr(event, "amount", None),
        "payload": dump_stored(event),
        "number": details.number,
        "payer": details.payer,
        "reference": reference or None,
        "reference_fold": fold_reference(reference) or None,
        "note": details.note,
        "reverses": row_ids[of] if of is not None else None,
        "replaces": row_ids[event.replaces] if event.replaces is not None else None,
        "idempotency_key": details.idempotency_key,
        "recorded_at": details.recorded_at,
        "recorded_by": details.recorded_by,
        "approved_by": details.approved_by,
    }


def append_event(
    session: Session,
    loan: Loan,
    event: Event,
    details: EventDetails,
    row_ids: Mapping[str, int],
) -> LoanEvent:
    """Add one event to a locked loan and count its version up."""
    row = LoanEvent(**event_row(loan.id, event, details, row_ids))
    session.add(row)
    loan.version += 1
    session.flush()
    return row


def receipts_under(
    session: Session, folds: Collection[str]
) -> list[Row[tuple[int, str | None, str | None, str, int, int]]]:
    """Give receipts that stand under references by their folds, with loan and borrower."""
    reversal = aliased(LoanEvent)
    query = (
        select(
            LoanEvent.id,
            LoanEvent.reference_fold,
            LoanEvent.number,
            Loan.contract_number,
            LoanEvent.loan_id,
            Loan.borrower_id,
        )
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .where(
            LoanEvent.reference_fold.in_(folds),
            LoanEvent.type.in_(MONEY_IN),
            ~select(reversal.id).where(reversal.reverses == LoanEvent.id).exists(),
        )
        .order_by(LoanEvent.id)
    )
    return list(session.execute(query))
