"""The monthly collection sheet: all its receipts posted in one act, or taken back in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import ConflictError, InvalidInputError, RefusedRow
from loanfund.domain.money import total
from loanfund.domain.permission import Action, Actor
from loanfund.models.capital import CapitalSource
from loanfund.models.collection_sheet import CollectionBatch
from loanfund.services._booking import Booking, booking_by
from loanfund.services._loan_batch import (
    BatchRow,
    load_rows,
    lock_rows,
    named,
    plan_rows,
    try_rows,
)
from loanfund.services._loan_booking import Booked, Planned, book
from loanfund.services._loan_change import Recorded
from loanfund.services._permission import allow
from loanfund.services.repayment import Repay
from loanfund.services.reversal import Reverse
from loanfund.store.audit import write_audit
from loanfund.store.collection_sheet import (
    BatchReceipt,
    DraftName,
    add_batch,
    batch_by_id,
    batch_receipts,
    bring_back,
    drop_rows,
)
from loanfund.store.lock import closed_through, lock_books
from loanfund.store.number import next_number
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.wording import dmy, vnd

BATCH = "BT"  # bảng thu


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A repayment by the number of its row; the sheet's key is the only one that counts."""

    place: int
    repayment: Repay

    def batch_row(self) -> BatchRow:
        """Give the change that this row asks for."""
        change = self.repayment.change()
        return BatchRow(self.place, replace(change, action=Action.RECORD_COLLECTION_SHEET))


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSheet:
    """The rows that hold an amount, of the month of a first day; without a source, of all."""

    month: date
    source: str | None
    rows: tuple[SheetRow, ...]
    key: str

    def payload(self) -> dict[str, Any]:
        """What the idempotency key is bound to."""
        rows = [(row.place, row.batch_row().change.payload()) for row in self.rows]
        return {"month": self.month.isoformat(), "source": self.source, "rows": rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBatch:
    """Take back every receipt of a batch that still stands.

    `versions` are those of the loans, by contract, that a preview showed.
    """

    batch_id: int
    reason: str
    key: str = field(default_factory=new_key)
    versions: Mapping[str, int] | None = None

    def payload(self) -> dict[str, Any]:
        """What an idempotency key of this request is bound to."""
        return {"batch": self.batch_id, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class SheetPreview:
    """What posting would do, by the rows' numbers, and every row that is refused."""

    planned: Mapping[int, Planned]
    refused: tuple[RefusedRow, ...]
    closed_through: date | None


def post_sheet(session: Session, request: PostSheet, actor: Actor, clock: Clock) -> Recorded:
    """Post all rows, or none with the reasons of all bad ones; once for each key."""
    if not request.rows:
        raise InvalidInputError("sheet_empty")
    rows = [row.batch_row() for row in request.rows]
    with unit_of_work(session):
        closed = lock_books(session)
        locked = lock_rows(session, (row.change.contract_number for row in rows))
        keyed = KeyedRequest(
            request.key, Action.RECORD_COLLECTION_SHEET.value, request.payload(), actor.user_id
        )
        replayed = first_result(session, keyed)
        if replayed is not None:
            return Recorded(result=replayed, replayed=True)
        failpoint.reach("after_key")
        allow(actor, Action.RECORD_COLLECTION_SHEET)
        booking = booking_by(actor, clock, closed)
        booked = book(session, plan_rows(session, rows, booking), locked, booking)
        result = _keep_batch(session, request, booked, booking)
        draft = DraftName(actor.user_id, request.month, request.source or "")
        drop_rows(session, draft, locked)
        keep_result(session, keyed, result, booking.at)
        return Recorded(result=result, replayed=False)


def preview_sheet(
    session: Session, rows: Sequence[SheetRow], actor: Actor, clock: Clock
) -> SheetPreview:
    """Plan all rows without writing, by the very plan that posting runs again."""
    wanted = [row.batch_row() for row in rows]
    return _preview(session, wanted, actor, clock)


def undo_batch(session: Session, request: UndoBatch, actor: Actor, clock: Clock) -> Recorded:
    """Reverse all receipts of a batch that still stand, or none with every reason why not."""
    with unit_of_work(session):
        closed = lock_books(session)
        batch = batch_by_id(session, request.batch_id)
        receipts = batch_receipts(session, batch.id)
        locked = lock_rows(session, (one.contract_number for one in receipts))
        keyed = _undo_key(request, actor)
        replayed = first_result(session, keyed)
        if replayed is not None:
            return Recorded(result=replayed, replayed=True)
        failpoint.reach("after_key")
        allow(actor, Action.REVERSE)
        rows = _standing(session, request)
        if not rows:
            raise ConflictError("batch_reversed", number=batch.number)
        booking = booking_by(actor, clock, closed)
        book(session, plan_rows(session, rows, booking), locked, booking)
        _bring_back(session, batch, receipts, booking)
        result = {"batch": batch.id, "number": batch.number, "receipts": len(rows)}
        _note(session, booking, Action.REVERSE, batch.number, {"reason": request.reason})
        keep_result(session, keyed, result, booking.at)
        return Recorded(result=result, replayed=False)


def preview_undo(session: Session, batch_id: int, actor: Actor, clock: Clock) -> SheetPreview:
    """Show what undoing a batch would do, writing nothing."""
    batch_by_id(session, batch_id)
    rows = _standing(session, UndoBatch(batch_id=batch_id, reason=""))
    return _preview(session, rows, actor, clock)


def _preview(
    session: Session, rows: Sequence[BatchRow], actor: Actor, clock: Clock
) -> SheetPreview:
    closed = closed_through(session)
    booking = booking_by(actor, clock, closed)
    planned, refused = try_rows(load_rows(session, rows), rows, booking)
    return SheetPreview(planned, tuple(named(session, refused)), closed)


def _standing(session: Session, request: UndoBatch) -> list[BatchRow]:
    """Give the reversal of each receipt that still stands."""
    known = request.versions or {}
    return [
        BatchRow(
            one.place,
            Reverse(
                contract_number=one.contract_number,
                sequence=one.sequence,
                reason=request.reason,
                version=known.get(one.contract_number, -1) if known else None,
            ).change(),
        )
        for one in batch_receipts(session, request.batch_id)
        if one.reversed_at is None
    ]


def _undo_key(request: UndoBatch, actor: Actor) -> KeyedRequest:
    action = f"undo_{Action.RECORD_COLLECTION_SHEET.value}"
    return KeyedRequest(request.key, action, request.payload(), actor.user_id)


def _bring_back(
    session: Session,
    batch: CollectionBatch,
    receipts: Sequence[BatchReceipt],
    booking: Booking,
) -> None:
    """Let the rows that went come back as a draft of who took them back, to be put right."""
    source = session.get(CapitalSource, batch.source_id) if batch.source_id else None
    rows = {
        one.loan_id: {
            "amount": vnd(one.amount)[:-2],
            "value_date": dmy(one.value_date),
            "method": one.method,
            "payer": one.payer or "",
            "reference": one.reference or "",
            "note": one.note or "",
        }
        for one in receipts
        if one.reversed_at is None
    }
    name = DraftName(booking.actor, batch.month, source.code if source else "")
    bring_back(session, name, rows, booking.at)


def _keep_batch(
    session: Session, request: PostSheet, booked: Sequence[Booked], booking: Booking
) -> dict[str, Any]:
    """Keep which receipts belong together, and give what the key answers from now on."""
    number = next_number(session, BATCH, booking.business_date.year)
    batch = CollectionBatch(
        number=number,
        month=request.month,
        source_id=_source_id(session, request.source),
        idempotency_key=request.key,
        recorded_at=booking.at,
        recorded_by=booking.actor,
    )
    places = (row.place for row in request.rows)
    batch_id = add_batch(
        session, batch, zip(places, (one.event_id for one in booked), strict=True)
    )
    amount = total([row.repayment.amount for row in request.rows])
    facts = {"receipts": len(booked), "amount": amount.dong}
    _note(session, booking, Action.RECORD_COLLECTION_SHEET, number, facts)
    return {"batch": batch_id, "number": number, **facts}


def _source_id(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    return session.execute(
        select(CapitalSource.id).where(CapitalSource.code == code)
    ).scalar_one()


def _note(
    session: Session, booking: Booking, action: Action, number: str, facts: dict[str, Any]
) -> None:
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action=action.value,
        subject=("collection_batch", number),
        facts=facts,
    )
