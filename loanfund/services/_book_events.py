"""Add a workbook's events to their loans; each loan is folded and reconciled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loanfund.domain.beyond_dues import asked_for
from loanfund.domain.book import (
    Book,
    DisbursementRecord,
    ReceiptRecord,
    Record,
    RescheduleRecord,
)
from loanfund.domain.book_meaning import UnsaidSurplus
from loanfund.domain.book_problem import BookProblem
from loanfund.domain.contract import ContractState
from loanfund.domain.errors import InvalidEventError, LoanFundError
from loanfund.domain.event import DatedEvent, Disbursement, Repayment, Reschedule
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import Money
from loanfund.domain.plan import Contract, fold_with
from loanfund.domain.plausible import implausibly_large
from loanfund.domain.state import LoanState
from loanfund.domain.surplus import unsaid
from loanfund.models.loan import Loan, LoanEvent
from loanfund.services._book_masters import refused
from loanfund.services._booking import Booking
from loanfund.services._reconcile import Settled, reconcile, settle
from loanfund.store.event import EventDetails, event_row
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.lock import lock_loans
from loanfund.store.setting import load_settings

LoanRecord = DisbursementRecord | ReceiptRecord | RescheduleRecord
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AddedEvents:
    """What was refused of new events, and which receipts are far above what was asked for.

    `surpluses` are decisions about which the workbook says nothing.
    """

    refused: tuple[BookProblem, ...] = ()
    large: tuple[BookProblem, ...] = ()
    surpluses: tuple[UnsaidSurplus, ...] = ()


def add_events(
    session: Session, fresh: Book, booking: Booking, progress: Progress
) -> AddedEvents:
    """Append each loan's new events and bring the books after them; or write nothing."""
    by_contract: dict[str, list[LoanRecord]] = {}
    records: list[LoanRecord] = [*fresh.disbursements, *fresh.receipts, *fresh.reschedules]
    for record in records:
        by_contract.setdefault(record.contract, []).append(record)
    settings = load_settings(session)
    wanted = Loan.contract_number.in_(by_contract) if len(by_contract) < MANY else Loan.id > 0
    numbers = session.execute(select(Loan.id, Loan.contract_number).where(wanted))
    ids = [loan_id for loan_id, number in numbers if number in by_contract]
    rows = {row.id: row for row in lock_loans(session, ids)}
    loans = [loan for loan in load_loans(session, settings, wanted) if loan.id in rows]
    problems: list[BookProblem] = []
    large: list[BookProblem] = []
    surpluses: list[UnsaidSurplus] = []
    settled: list[Settled] = []
    events: list[dict[str, Any]] = []
    for done, loan in enumerate(loans, start=1):
        in_order = sorted(by_contract[loan.contract_number], key=_place_of_day)
        planned = _planned(loan, in_order, booking)
        if isinstance(planned, BookProblem):
            problems.append(planned)
        else:
            settled.append(settle(loan, planned.folded))
            events += planned.rows
            large += planned.large
            surpluses += planned.surpluses
            rows[loan.id].version += len(planned.rows)
        progress(done, len(loans))
    if problems:
        return AddedEvents(refused=tuple(problems), large=tuple(large))
    if events:
        session.execute(insert(LoanEvent).execution_options(render_nulls=True), events)
    session.flush()
    reconcile(session, settled, rows, booking)
    return AddedEvents(large=tuple(large), surpluses=tuple(surpluses))


MANY = 500


@dataclass(frozen=True, slots=True)
class _Planned:
    """A loan with its new events: the fold, and the rows to write."""

    folded: FoldedLoan
    rows: list[dict[str, Any]]
    large: list[BookProblem]
    surpluses: list[UnsaidSurplus]


def _planned(
    loan: LoadedLoan, records: Sequence[LoanRecord], booking: Booking
) -> _Planned | BookProblem:
    """Plan all new events of a loan at once; the first that is refused is the problem."""
    if loan.state != ContractState.APPROVED.value:
        return refused(records[0], InvalidEventError("contract_not_approved", state=loan.state))
    start = loan.recorded[-1].sequence + 1 if loan.recorded else 1
    new = [_event(record, str(start + index)) for index, record in enumerate(records)]
    by_id: dict[str | None, Record] = {
        event.id: record for event, record in zip(new, records, strict=True)
    }
    contract = Contract(loan.terms, loan.events, loan.rule_sets)
    large: list[BookProblem] = []

    def look(state: LoanState, day: int, event: DatedEvent) -> None:
        record = by_id.get(event.id)
        if isinstance(record, ReceiptRecord) and record.split is None:
            asked = asked_for(state, day)
            if asked.is_far_below(record.amount):
                large.append(implausibly_large(record, asked))

    try:
        after = fold_with(contract, new, booking.business_date, look)
    except LoanFundError as error:
        culprit = by_id.get(getattr(error, "event", None), records[0])
        return refused(culprit, error)
    rows = [
        event_row(loan.id, event, _details(record, booking), {})
        for event, record in zip(new, records, strict=True)
    ]
    return _Planned(after, rows, large, _surpluses(after, new, by_id))


def _surpluses(
    after: FoldedLoan, new: Sequence[DatedEvent], by_id: Mapping[str | None, Record]
) -> list[UnsaidSurplus]:
    """Give what receipts leave to decide, and say nothing of."""
    found = []
    for left in unsaid(after, new):
        record = by_id[left.event]
        assert isinstance(record, ReceiptRecord)
        way = after.history.terms.surplus
        found.append(UnsaidSurplus(record.number, record.contract, Money(left.amount), way))
    return found


def _place_of_day(record: LoanRecord) -> tuple[Any, int, str]:
    """By day, within a day disbursement, receipts by number, rescheduling."""
    kinds = (DisbursementRecord, ReceiptRecord, RescheduleRecord)
    number = "" if isinstance(record, RescheduleRecord) else record.number
    return record.value_date, kinds.index(type(record)), number


def _event(record: LoanRecord, event_id: str) -> DatedEvent:
    if isinstance(record, DisbursementRecord):
        return Disbursement(id=event_id, value_date=record.value_date, amount=record.amount)
    if isinstance(record, ReceiptRecord):
        return Repayment(
            id=event_id,
            value_date=record.value_date,
            amount=record.amount,
            method=record.method,
            split=record.split,
            surplus=record.surplus,
        )
    return Reschedule(
        id=event_id,
        value_date=record.value_date,
        kind=record.kind,
        plan=record.plan,
        unpaid_interest_due=record.unpaid_interest_due,
        keeps_debt_group=record.keeps_debt_group,
    )


def _details(record: LoanRecord, booking: Booking) -> EventDetails:
    return EventDetails(
        recorded_at=booking.at,
        recorded_by=booking.actor,
        business_date=booking.business_date,
        approved_by=booking.approved_by,
        number=None if isinstance(record, RescheduleRecord) else record.number,
        reference=record.decision if isinstance(record, RescheduleRecord) else None,
        note=record.note if isinstance(record, ReceiptRecord) else None,
    )
