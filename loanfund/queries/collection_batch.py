"""Batches that collection sheets posted: one with its receipts, and the latest of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.account import Transaction
from loanfund.domain.codec import parse_event
from loanfund.domain.collection_sheet import CollectedLine, CollectedList
from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import MoneyEvent
from loanfund.domain.folded import fold_loan
from loanfund.domain.money import Money
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.voucher import VoucherKind
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.collection_sheet import CollectionBatch, CollectionBatchRow
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User
from loanfund.queries._standing import Moment, standings
from loanfund.store.loan import load_loans
from loanfund.store.setting import load_settings

LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """A batch in a list."""

    id: int
    number: str
    month: date
    source: str | None
    recorded_at: datetime
    recorded_by: str
    receipts: int
    reversed: int
    amount: Money


def collected(session: Session, batch_id: int) -> CollectedList:
    """Give a batch with where the money of each receipt went; NotFoundError for none."""
    head = session.execute(_heads().where(CollectionBatch.id == batch_id)).one_or_none()
    if head is None:
        raise NotFoundError("collection_batch")
    rows = session.execute(_rows(batch_id)).mappings().all()
    parts = _parts(session, {row["loan_id"] for row in rows})
    lines = tuple(_line(row, parts) for row in rows)
    return CollectedList(**head._mapping, lines=lines)  # noqa: SLF001 -- the public name


def latest_batches(session: Session, month: date) -> list[BatchLine]:
    """Give the last batches of a month, the newest first."""
    reversal = aliased(LoanEvent)
    query = (
        _heads()
        .add_columns(
            func.count(LoanEvent.id).label("receipts"),
            func.count(reversal.id).label("reversed"),
            func.sum(LoanEvent.amount).label("amount"),
        )
        .join(CollectionBatchRow, CollectionBatchRow.batch_id == CollectionBatch.id)
        .join(LoanEvent, LoanEvent.id == CollectionBatchRow.event_id)
        .outerjoin(reversal, reversal.reverses == LoanEvent.id)
        .where(CollectionBatch.month == month)
        .group_by(CollectionBatch.id, CapitalSource.code, User.name)
        .order_by(CollectionBatch.id.desc())
        .limit(LATEST)
    )
    return [BatchLine(**row) for row in session.execute(query).mappings()]


def balances_now(session: Session, batch_id: int, today: date) -> Mapping[int, Snapshot]:
    """Give where the loans of a batch stand today, by loan, from the cache while it holds."""
    of_batch = (
        select(LoanEvent.loan_id)
        .join(CollectionBatchRow, CollectionBatchRow.event_id == LoanEvent.id)
        .where(CollectionBatchRow.batch_id == batch_id)
    )
    settings = load_settings(session)
    found = standings(session, settings, Moment(today), Loan.id.in_(of_batch))
    return {one.facts.id: one.snapshot for one in found if one.snapshot is not None}


@dataclass(frozen=True, slots=True)
class BatchPrints:
    """How many receipts of a batch have been printed, and the id of the last print."""

    receipts: int
    last: int | None


def batch_prints(session: Session, batch_id: int) -> BatchPrints:
    """Give what has been printed of a batch's receipts, one by one or all together."""
    latest = _latest_prints(batch_id).subquery()
    query = select(func.count(), func.max(latest.c.paper))
    return BatchPrints(*session.execute(query).one())


def receipt_files(session: Session, batch_id: int, last: int) -> list[bytes]:
    """Give the last print of each receipt as they stood when paper `last` was printed.

    They come in the order of numbers; NotFoundError unless all of them had been printed.
    """
    query = select(Document).where(Document.id.in_(_latest_prints(batch_id, last)))
    found = list(session.scalars(query))
    if len(found) != _count(session, batch_id) or last not in {one.id for one in found}:
        raise NotFoundError("prints")
    return [one.file for one in sorted(found, key=lambda one: str(one.content["number"]))]


def _count(session: Session, batch_id: int) -> int:
    query = select(func.count()).where(CollectionBatchRow.batch_id == batch_id)
    return session.execute(query).scalar_one()


def _latest_prints(batch_id: int, last: int | None = None) -> Any:
    """Ask for the id of the last print of each receipt, through that of paper `last`."""
    through = (Document.id <= last,) if last is not None else ()
    return (
        select(func.max(Document.id).label("paper"))
        .join(LoanEvent, LoanEvent.loan_id == Document.loan_id)
        .join(CollectionBatchRow, CollectionBatchRow.event_id == LoanEvent.id)
        .where(
            CollectionBatchRow.batch_id == batch_id,
            Document.kind.in_(tuple(VoucherKind)),
            Document.content["sequence"].as_integer() == LoanEvent.sequence,
            *through,
        )
        .group_by(LoanEvent.id)
    )


def _line(row: RowMapping, parts: Mapping[tuple[int, str], Transaction]) -> CollectedLine:
    event = parse_event(row["payload"])
    assert isinstance(event, MoneyEvent)
    known: dict[str, Any] = {name: row[name] for name in row if name != "payload"}
    own = parts.get((row["loan_id"], event.id))
    return CollectedLine(**known, method=event.method.value, parts=own)


def _heads() -> Any:
    return (
        select(
            CollectionBatch.id,
            CollectionBatch.number,
            CollectionBatch.month,
            CapitalSource.code.label("source"),
            CollectionBatch.recorded_at,
            User.name.label("recorded_by"),
        )
        .join(User, User.id == CollectionBatch.recorded_by)
        .outerjoin(CapitalSource, CapitalSource.id == CollectionBatch.source_id)
    )


def _rows(batch_id: int) -> Any:
    reversal = aliased(LoanEvent)
    return (
        select(
            CollectionBatchRow.place,
            LoanEvent.loan_id,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            CapitalSource.code.label("source"),
            LoanEvent.sequence,
            LoanEvent.number.label("receipt"),
            LoanEvent.value_date,
            LoanEvent.payload,
            LoanEvent.amount,
            LoanEvent.payer,
            LoanEvent.reference,
            LoanEvent.note,
            reversal.recorded_at.label("reversed_at"),
        )
        .join(LoanEvent, LoanEvent.id == CollectionBatchRow.event_id)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .outerjoin(reversal, reversal.reverses == LoanEvent.id)
        .where(CollectionBatchRow.batch_id == batch_id)
        .order_by(CollectionBatchRow.place)
    )


def _parts(session: Session, loan_ids: set[int]) -> dict[tuple[int, str], Transaction]:
    """Give where the money of every payment of some loans went, as things are known now."""
    found = {}
    for loan in load_loans(session, load_settings(session), Loan.id.in_(loan_ids)):
        last = max(one.value_date for one in loan.recorded)
        folded = fold_loan(loan.history(), last, loan.rule_sets)
        for row in folded.transactions():
            if row.event is not None:
                found[loan.id, row.event] = row
    return found
