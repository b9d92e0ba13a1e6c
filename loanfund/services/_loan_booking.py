"""Book what was planned for loans that are locked: one of them, or all of a batch at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.domain.beyond_dues import Beyond
from loanfund.domain.code import fold_reference, may_share_transfer
from loanfund.domain.codec import dump_event, parse_event
from loanfund.domain.errors import ConflictError
from loanfund.domain.event import DatedEvent, Event, Reversal
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.permission import Action
from loanfund.domain.plan import Contract
from loanfund.domain.setting import BEGINNING
from loanfund.domain.voucher import MONEY_IN, RECEIPTS, SERIES, kind_of
from loanfund.models.loan import Loan
from loanfund.services._booking import Booking
from loanfund.services._reconcile import reconcile, settle
from loanfund.store.audit import write_audit
from loanfund.store.event import EventDetails, append_event, receipts_under
from loanfund.store.fingerprint import details_hash
from loanfund.store.loan import LoadedLoan
from loanfund.store.number import next_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """New events of a loan, and the loan folded with them.

    `reason` is noted on the reversal where the last event takes another's place; `beyond` tells
    of an amount far above what is asked for, and `meant` why it is right.
    """

    loan: LoadedLoan
    new: Sequence[Event]
    after: FoldedLoan
    action: Action
    details: EventDetails
    reason: str | None = None
    beyond: Beyond | None = None
    meant: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """The row of a loan's last new event, its voucher's number, and what the rows say beside.

    `details` are the fingerprints of that, in the order of the events.
    """

    event_id: int
    number: str | None
    details: tuple[str, ...] = ()


def contract_of(loan: LoadedLoan) -> Contract:
    """Give what a plan needs to know of a loan."""
    return Contract(loan.terms, loan.events, loan.rule_sets)


def new_events(loan: LoadedLoan, given: Sequence[dict[str, Any]]) -> list[Event]:
    """Read new events; each takes the next number of the loan as its id."""
    start = loan.recorded[-1].sequence + 1 if loan.recorded else 1
    return [
        parse_event({**fields, "id": str(start + index)}) for index, fields in enumerate(given)
    ]


def book(
    session: Session, planned: Sequence[Planned], rows: Mapping[int, Loan], booking: Booking
) -> list[Booked]:
    """Append the events loan by loan, then bring ledger and caches after all of them at once.

    `rows` are the locked loans by id; what each change came to is given in the order planned.
    """
    numbers = _numbers(session, planned, booking.business_date.year)
    booked, settled = [], []
    for one in planned:
        done = _append(session, rows[one.loan.id], one, numbers)
        failpoint.reach("after_event")
        booked.append(done)
        agreed = _agreed_through(one)
        settled.append(
            settle(one.loan, one.after, event_id=done.event_id, agreed_through=agreed)
        )
    _refuse_twins(session, planned, booked)
    reconcile(session, settled, rows, booking)
    failpoint.reach("after_ledger")
    for one, done in zip(planned, booked, strict=True):
        write_audit(
            session,
            at=booking.at,
            actor=booking.actor,
            action=one.action.value,
            subject=("loan", one.loan.contract_number),
            facts={
                "events": [dump_event(event) for event in one.new],
                "number": done.number,
                "details": list(done.details),
                "approved_by": booking.approved_by,
                **({"meant": one.meant} if one.beyond and one.meant else {}),
            },
        )
    return booked


def _refuse_twins(
    session: Session, planned: Sequence[Planned], booked: Sequence[Booked]
) -> None:
    """Refuse a receipt under a bank reference of another one, unless both may share it.

    Whoever books a receipt holds its number series, so two at once see each other here.
    """
    new = {
        done.event_id: fold
        for one, done in zip(planned, booked, strict=True)
        if (fold := fold_reference(one.details.reference or ""))
        and one.new[-1].type in MONEY_IN
    }
    if not new:
        return
    under: dict[str | None, list[Any]] = {}
    for row in receipts_under(session, set(new.values())):
        for twin in under.setdefault(row.reference_fold, []):
            if (row.id in new or twin.id in new) and not may_share_transfer(row, twin):
                facts = {"number": twin.number, "contract": twin.contract_number}
                raise ConflictError("same_reference", **facts)
        under[row.reference_fold].append(row)


def _agreed_through(planned: Planned) -> date:
    """Give the last day before the change on which the ledger said what the fold says."""
    loan = planned.loan
    by_sequence = {str(one.sequence): one.event for one in loan.recorded}
    days = [loan.reconciled_through or BEGINNING]
    for event in planned.new:
        touched = by_sequence[event.of] if isinstance(event, Reversal) else event
        # An amendment has no day: it is as if the contract had always said so.
        first = touched.value_date if isinstance(touched, DatedEvent) else BEGINNING
        days.append(max(BEGINNING, first - timedelta(days=1)))
    return min(days)


def _numbers(
    session: Session, planned: Sequence[Planned], year: int
) -> Mapping[str, Iterator[str]]:
    """Take the numbers that all the vouchers need, a series at a time.

    Who books any receipt holds the series of all receipts, though it takes none of some.
    """
    needed = [_series(one, event) for one in planned for event in one.new]
    counts = Counter(series for series in needed if series)
    receipts = [SERIES[kind] for kind in RECEIPTS]
    held = receipts if any(counts[one] for one in receipts) else []
    return {
        series: iter(next_numbers(session, series, year, counts[series]))
        for series in sorted({*counts, *held})
    }


def _series(planned: Planned, event: Event) -> str | None:
    """Give the series of an event's voucher, None where it has none."""
    earlier = {one.event.id: one.event for one in planned.loan.recorded}
    kind = kind_of(event, planned.after, earlier)
    return SERIES[kind] if kind else None


def _append(
    session: Session, row: Loan, planned: Planned, numbers: Mapping[str, Iterator[str]]
) -> Booked:
    """Append the new events, each with its number; the last one carries the key."""
    row_ids = {str(one.sequence): one.row_id for one in planned.loan.recorded}
    others = replace(planned.details, idempotency_key=None)
    if planned.reason is not None:
        others = replace(others, note=planned.reason, payer=None, reference=None)
    appended = []
    for event in planned.new:
        details = planned.details if event is planned.new[-1] else others
        series = _series(planned, event)
        details = replace(details, number=next(numbers[series]) if series else None)
        appended.append(append_event(session, row, event, details, row_ids))
        row_ids[event.id] = appended[-1].id
    told = tuple(details_hash(row) for row in appended)
    return Booked(appended[-1].id, appended[-1].number, told)
