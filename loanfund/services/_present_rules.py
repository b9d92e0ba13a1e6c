"""Bring contracts on file under the present rules, all by one proposal (rules §§9, 15).

A contract that was signed under an earlier edition keeps it, and tolerates no arrears, until it
is amended. What is settled or written off stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.errors import ConflictError, RuleViolationError
from loanfund.domain.event import Event
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.plan import fold_with
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.terms import EDITION
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.services._booking import booking_by
from loanfund.services._loan_batch import BatchRow, lock_rows, plan_rows
from loanfund.services._loan_booking import book, contract_of, new_events
from loanfund.services._loan_change import LoanChange
from loanfund.services._permission import allow
from loanfund.services._proposable import Proposed
from loanfund.store.loan import LoadedLoan, each_loan
from loanfund.store.lock import lock_books
from loanfund.store.setting import load_settings
from loanfund.store.unreadable import leaving_out

RUNNING = frozenset({LoanStatus.ACTIVE, LoanStatus.APPROVED})
SHOWN = ("settlement_amount", "days_past_due", "debt_group", "next_due", "maturity_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What the present rules would make of a contract today; a `refusal` says why nothing."""

    loan_id: int
    contract_number: str
    borrower: str
    tolerance: Money
    before: Position
    after: Position | None
    refusal: RuleViolationError | None = None

    @property
    def changes(self) -> bool:
        """Tell whether anything that is owed, or when, would be another."""
        return self.after is not None and any(
            getattr(self.before, name) != getattr(self.after, name) for name in SHOWN
        )


def renewals(session: Session, today: date, *contracts: str) -> list[Renewal]:
    """Give the running contracts of an earlier edition, of all or of some, by number.

    Each takes the tolerance that a contract signed today would take.
    """
    settings = load_settings(session)
    found = []
    for loan, of in _on_file(session, contracts):
        tolerance = Money(settings.get("tolerance", today, loan.source_id))
        renewed = None
        with leaving_out(session, loan):
            renewed = _renewal(loan, of, today, tolerance)
        if renewed is not None:
            found.append(renewed)
    return sorted(found, key=lambda one: one.contract_number)


class _Of(NamedTuple):
    """Whose contract it is, and since when."""

    borrower: str
    signed_on: date


def _on_file(session: Session, contracts: Sequence[str]) -> Iterator[tuple[LoadedLoan, _Of]]:
    """Give the approved contracts that were signed under an earlier edition."""
    conditions: list[ColumnElement[bool]] = [Loan.state == "approved", Loan.edition < EDITION]
    if contracts:
        conditions.append(Loan.contract_number.in_(contracts))
    query = select(Loan.id, Borrower.name, Loan.signed_on).join(Borrower).where(*conditions)
    of = {row.id: _Of(row.name, row.signed_on) for row in session.execute(query)}
    for loan in each_loan(session, load_settings(session), *conditions):
        yield loan, of[loan.id]


def _renewal(loan: LoadedLoan, of: _Of, today: date, tolerance: Money) -> Renewal | None:
    """Give what would become of a contract; None of one that is over, or amended already."""
    if loan.history().terms.edition == EDITION:
        return None
    day = today
    if fold_loan(loan.history(), today, loan.rule_sets).state is None:
        day = of.signed_on  # not paid out yet: the plan is that of the day of signing
    before = fold_loan(loan.history(), day, loan.rule_sets).position()
    if before.status not in RUNNING:
        return None
    after, refusal = None, None
    try:
        after = _amended(loan, tolerance, day).position()
    except RuleViolationError as error:
        refusal = error
    return Renewal(
        loan_id=loan.id,
        contract_number=loan.contract_number,
        borrower=of.borrower,
        tolerance=tolerance,
        before=before,
        after=after,
        refusal=refusal,
    )


def _amended(loan: LoadedLoan, tolerance: Money, day: date) -> FoldedLoan:
    new: list[Event] = new_events(loan, (_amendment(tolerance),))
    return fold_with(contract_of(loan), new, day)


def _amendment(tolerance: Money) -> dict[str, Any]:
    return {"type": "amend", "terms": {"edition": EDITION, "tolerance": tolerance.dong}}


def present_rules(found: Sequence[Renewal]) -> Proposed:
    """Propose the contracts that can be brought under the present rules, all at once."""
    possible = {one.contract_number: one.tolerance.dong for one in found if not one.refusal}
    return Proposed(
        kind=ProposalKind.PRESENT_RULES,
        action=Action.AMEND,
        subject=("edition", str(EDITION)),
        payload={"edition": EDITION, "contracts": possible},
    )


def check_renewals(session: Session, payload: Mapping[str, Any], today: date) -> None:
    """Refuse a proposal of nothing, and one that names a contract for which it cannot be."""
    found = renewals(session, today, *payload["contracts"])
    if not payload["contracts"] or not found:
        raise ConflictError("nothing_to_renew")
    for one in found:
        if one.refusal is not None:
            raise one.refusal


def carry_out_renewals(
    session: Session, payload: Mapping[str, Any], maker: Actor, clock: Clock, approver: Actor
) -> dict[str, Any]:
    """Amend all that was proposed and is not amended yet, in the caller's unit of work."""
    closed = lock_books(session)
    rows = lock_rows(session, payload["contracts"])
    allow(maker, Action.AMEND, approver)
    booking = booking_by(maker, clock, closed, approver)
    left = renewals(session, booking.business_date, *payload["contracts"])
    if not left:
        raise ConflictError("nothing_to_renew")
    changes = [
        BatchRow(
            place=place,
            change=LoanChange(
                contract_number=one.contract_number,
                action=Action.AMEND,
                events=(_amendment(Money(payload["contracts"][one.contract_number])),),
            ),
        )
        for place, one in enumerate(left, start=1)
    ]
    book(session, plan_rows(session, changes, booking), rows, booking)
    return {"loans": len(changes)}
