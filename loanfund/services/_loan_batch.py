"""Changes of many loans in one act: all of them planned on what stands, or none happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.beyond_dues import AmountWatch
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    LoanFundError,
    NotFoundError,
    PermissionDeniedError,
    RefusedRow,
    RowsRefusedError,
)
from loanfund.domain.plan import fold_with
from loanfund.domain.surplus import check_said
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.services._booking import Booking
from loanfund.services._loan_booking import Planned, contract_of, new_events
from loanfund.services._loan_change import LoanChange, details_of
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.lock import lock_loans
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class BatchRow:
    """What happens to one loan of a batch; `place` is the row's number on the sheet."""

    place: int
    change: LoanChange


def lock_rows(session: Session, contract_numbers: Iterable[str]) -> dict[int, Loan]:
    """Hold the loans of a batch in the order of their ids; unknown numbers are left out."""
    query = select(Loan.id).where(Loan.contract_number.in_(set(contract_numbers)))
    return {row.id: row for row in lock_loans(session, session.scalars(query))}


def load_rows(session: Session, rows: Iterable[BatchRow]) -> dict[str, LoadedLoan]:
    """Give the loans of a batch by contract number."""
    wanted = {row.change.contract_number for row in rows}
    found = load_loans(session, load_settings(session), Loan.contract_number.in_(wanted))
    return {loan.contract_number: loan for loan in found}


def plan_rows(session: Session, rows: Sequence[BatchRow], booking: Booking) -> list[Planned]:
    """Plan every row on locked loans; RowsRefusedError names all that may not happen."""
    planned, refused = try_rows(load_rows(session, rows), rows, booking)
    if refused:
        raise RowsRefusedError(named(session, refused))
    return [planned[row.place] for row in rows]


def try_rows(
    loans: Mapping[str, LoadedLoan], rows: Sequence[BatchRow], booking: Booking
) -> tuple[dict[int, Planned], list[tuple[BatchRow, LoanFundError]]]:
    """Plan every row by its place, each loan folded once, and give apart what is refused."""
    planned: dict[int, Planned] = {}
    refused: list[tuple[BatchRow, LoanFundError]] = []
    seen: set[str] = set()
    for row in rows:
        number = row.change.contract_number
        try:
            if number not in loans:
                raise NotFoundError("loan", contract=number)
            if number in seen:
                raise InvalidEventError("loan_twice")
            planned[row.place] = _planned(loans[number], row.change, booking)
        except LoanFundError as error:
            refused.append((row, error))
        seen.add(number)
    return planned, refused


def named(
    session: Session, refused: Sequence[tuple[BatchRow, LoanFundError]]
) -> list[RefusedRow]:
    """Give the refused rows with the names of their borrowers."""
    numbers = {row.change.contract_number for row, _ in refused}
    query = (
        select(Loan.contract_number, Borrower.name)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .where(Loan.contract_number.in_(numbers))
    )
    names = {row.contract_number: row.name for row in session.execute(query)}
    return [
        RefusedRow(row.place, names.get(row.change.contract_number, "?"), error)
        for row, error in refused
    ]


def _planned(loan: LoadedLoan, change: LoanChange, booking: Booking) -> Planned:
    if change.version is not None and change.version != loan.version:
        raise ConflictError("stale_preview", shown=change.version, stands=loan.version)
    if loan.state != "approved":
        raise InvalidEventError("contract_not_approved", state=loan.state)
    if _reverses_in_closed_month(loan, change, booking.closed_through):
        raise PermissionDeniedError("reversal_in_closed_month")
    new = new_events(loan, change.events)
    watch = AmountWatch(new)
    after = fold_with(contract_of(loan), new, booking.business_date, watch.look)
    if change.must_be_meant:
        watch.check_meant(change.meant)
    if change.must_decide:
        check_said(after, new)
    return Planned(
        loan=loan,
        new=new,
        after=after,
        action=change.action,
        details=replace(details_of(change, booking), idempotency_key=None),
        beyond=watch.beyond,
        meant=change.meant,
    )


def _reverses_in_closed_month(
    loan: LoadedLoan, change: LoanChange, closed: date | None
) -> bool:
    """Tell whether a reversal reaches into a closed month, which needs two people each time."""
    targets = {int(event["of"]) for event in change.events if event["type"] == "reversal"}
    return closed is not None and any(
        one.value_date <= closed for one in loan.recorded if one.sequence in targets
    )
