"""Rows of posted collection sheets and of drafts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money
from loanfund.models.collection_sheet import (
    CollectionBatch,
    CollectionBatchRow,
    CollectionDraft,
)
from loanfund.models.loan import Loan, LoanEvent


@dataclass(frozen=True, slots=True)
class DraftName:
    """Whose draft it is, for which month (its first day) and source (empty is all)."""

    user_id: int
    month: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceipt:
    """A receipt of a batch: its row on the sheet, its loan, and whether it still stands."""

    place: int
    loan_id: int
    contract_number: str
    version: int
    sequence: int
    value_date: date
    amount: Money
    method: str
    payer: str | None
    reference: str | None
    note: str | None
    reversed_at: datetime | None


def add_batch(session: Session, batch: CollectionBatch, rows: Iterable[tuple[int, int]]) -> int:
    """Add a batch with the (place, event) of each of its rows, and give its id."""
    session.add(batch)
    session.flush()
    session.add_all(
        CollectionBatchRow(batch_id=batch.id, place=place, event_id=event_id)
        for place, event_id in rows
    )
    session.flush()
    return batch.id


def batch_by_id(session: Session, batch_id: int) -> CollectionBatch:
    """Give a batch; NotFoundError where there is none."""
    found = session.get(CollectionBatch, batch_id)
    if found is None:
        raise NotFoundError("collection_batch")
    return found


def batch_of_key(session: Session, key: str) -> int | None:
    """Give the id of the batch that a key has posted already."""
    query = select(CollectionBatch.id).where(CollectionBatch.idempotency_key == key)
    return session.scalar(query)


def batch_receipts(session: Session, batch_id: int) -> list[BatchReceipt]:
    """Give the receipts of a batch in the order of the sheet."""
    reversal = aliased(LoanEvent)
    query = (
        select(
            CollectionBatchRow.place,
            Loan.id.label("loan_id"),
            Loan.contract_number,
            Loan.version,
            LoanEvent.sequence,
            LoanEvent.value_date,
            LoanEvent.amount,
            LoanEvent.payload["method"].as_string().label("method"),
            LoanEvent.payer,
            LoanEvent.reference,
            LoanEvent.note,
            reversal.recorded_at.label("reversed_at"),
        )
        .join(LoanEvent, LoanEvent.id == CollectionBatchRow.event_id)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .outerjoin(reversal, reversal.reverses == LoanEvent.id)
        .where(CollectionBatchRow.batch_id == batch_id)
        .order_by(CollectionBatchRow.place)
    )
    return [BatchReceipt(**row) for row in session.execute(query).mappings()]


def draft_row(session: Session, name: DraftName) -> CollectionDraft | None:
    """Give a draft's row."""
    return session.get(CollectionDraft, (name.user_id, name.month, name.source))


def drop_drafts_before(session: Session, instant: datetime) -> None:
    """Forget the drafts that nobody has touched since an instant."""
    session.execute(delete(CollectionDraft).where(CollectionDraft.saved_at < instant))


def drop_rows(session: Session, name: DraftName, loan_ids: Iterable[int]) -> None:
    """Forget what was typed for some loans, because it is posted."""
    row = draft_row(session, name)
    if row is None:
        return
    gone = {str(loan_id) for loan_id in loan_ids}
    rows = {key: fields for key, fields in row.typed["rows"].items() if key not in gone}
    row.typed = {**row.typed, "rows": rows}


def bring_back(
    session: Session, name: DraftName, rows: Mapping[int, Mapping[str, str]], at: datetime
) -> None:
    """Put rows by loan into a draft again; what was typed there since stays as it is."""
    row = draft_row(session, name)
    typed = row.typed if row else {"head": {}, "rows": {}}
    back = {str(loan_id): dict(fields) for loan_id, fields in rows.items()}
    put_draft(session, name, {**typed, "rows": {**back, **typed["rows"]}}, at)


def put_draft(session: Session, name: DraftName, typed: dict[str, Any], at: datetime) -> None:
    """Write a draft over the one that stands."""
    row = CollectionDraft(
        user_id=name.user_id, month=name.month, source=name.source, typed=typed, saved_at=at
    )
    session.merge(row)
    session.flush()
