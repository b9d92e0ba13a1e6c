"""What a cooperative is told of its own loans: what it owes, what comes next, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from loanfund.domain.account import (
    Charge,
    LoanStatus,
    Position,
    show_charge,
)
from loanfund.domain.calendar import DayOff, day_off_for
from loanfund.domain.errors import NotFoundError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.to_pay import ToPay
from loanfund.domain.transfer_note import transfer_note
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch
from loanfund.queries._loan_row import Plain, plain_of
from loanfund.queries._loan_tables import Accrued, ExplainedCharge, accrued, explained_charges
from loanfund.queries._own_payment import OwnPayment, own_payments
from loanfund.queries._standing import Moment
from loanfund.queries.paper_standing import PaperStanding, paper_standings
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.message import holidays
from loanfund.store.scope import papers_seen_by, seen_by
from loanfund.store.setting import load_settings
from loanfund.store.unreadable import leaving_out

RUNNING = (LoanStatus.ACTIVE, LoanStatus.WRITTEN_OFF, LoanStatus.APPROVED, LoanStatus.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What falls due next, and over how many days its interest runs.

    Where it falls on a day off, `off` says by when to pay.
    """

    due_date: date
    off: DayOff | None
    principal: Money
    interest: Money
    from_credit: Money
    days: int
    charges: tuple[Charge, ...]

    @property
    def amount(self) -> Money:
        """Principal and interest together, less what credit will pay."""
        return self.principal + self.interest - self.from_credit


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoan:
    """One loan of the cooperative that asks."""

    id: int
    contract_number: str
    signed_on: date
    place: Position
    plain: Plain
    to_pay: ToPay
    coming: Coming | None
    paid_off_on: date | None
    frozen_until: date | None
    transfer_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPaper:
    """A paper that was issued for a loan; `paper` is the number by which the book knows it."""

    id: int
    kind: str
    paper: str
    number: str
    period_from: date
    period_to: date
    issued_at: datetime
    standing: PaperStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLoans:
    """All loans of a cooperative, those that run first."""

    borrower: str
    loans: tuple[OwnLoan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How the interest of a loan came about, the latest first, and what was paid."""

    loan: OwnLoan
    day_count: str
    accrued: tuple[Accrued, ...]
    charges: tuple[ExplainedCharge, ...]
    payments: tuple[OwnPayment, ...]


def own_loans(session: Session, actor: Actor, moment: Moment) -> OwnLoans:
    """Give every loan of the cooperative for which somebody is signed in."""
    found = []
    for one in _seen(session, actor, moment):
        with leaving_out(session, one[0]):
            found.append(own_loan_of(*_folded(one, moment.as_of)))
    found.sort(key=lambda one: (RUNNING.index(one.place.status), one.signed_on, one.id))
    name = session.scalar(select(Borrower.name).where(Borrower.id == actor.borrower_id))
    return OwnLoans(borrower=name or "", loans=tuple(found))


def own_loan(session: Session, actor: Actor, loan_id: int, day: date) -> OwnLoan:
    """Give one loan of the cooperative; another's is as unknown as a missing one."""
    return own_loan_of(*folded_loan(session, actor, loan_id, Moment(day)))


def explained(session: Session, actor: Actor, loan_id: int, moment: Moment) -> Explained:
    """Give one loan with every line of its interest."""
    loan, folded, row, closed_on = folded_loan(session, actor, loan_id, moment)
    state = folded.state
    return Explained(
        loan=own_loan_of(loan, folded, row, closed_on),
        day_count=loan.terms.day_count.value,
        accrued=tuple(accrued(state)) if state else (),
        charges=tuple(explained_charges(state)) if state else (),
        payments=own_payments(loan, folded),
    )


def own_papers(session: Session, actor: Actor, loan_id: int) -> tuple[OwnPaper, ...]:
    """Give the papers issued for a loan of the cooperative, the latest first."""
    query = (
        select(
            Document.id,
            Document.kind,
            Document.number.label("paper"),
            func.coalesce(Dispatch.number, Document.number).label("number"),
            Document.period_from,
            Document.period_to,
            Document.issued_at,
        )
        .join(Loan, Loan.id == Document.loan_id)
        .outerjoin(Dispatch, Dispatch.document_id == Document.id)
        .where(Document.loan_id == loan_id, papers_seen_by(actor))
        .order_by(Document.id.desc())
    )
    rows = session.execute(query).mappings().all()
    standings = paper_standings(session, [row["id"] for row in rows])
    return tuple(OwnPaper(**row, standing=standings[row["id"]]) for row in rows)


Found = tuple[LoadedLoan, Row[int, str, date, str], frozenset[date]]
Folded = tuple[LoadedLoan, FoldedLoan, Row[int, str, date, str], frozenset[date]]


def _seen(
    session: Session, actor: Actor, moment: Moment, *conditions: ColumnElement[bool]
) -> list[Found]:
    """Give what this person may see of the loans that satisfy the conditions, and days off."""
    seen = (seen_by(actor), *conditions)
    query = select(Loan.id, Loan.contract_number, Loan.signed_on, Loan.state).where(*seen)
    rows = {row.id: row for row in session.execute(query)}
    settings = load_settings(session, moment.known_at)
    loans = load_loans(session, settings, *seen, known_at=moment.known_at)
    closed_on = holidays(settings)
    return [(loan, rows[loan.id], closed_on) for loan in loans]


def _folded(found: Found, day: date) -> Folded:
    loan, row, closed_on = found
    folded = fold_loan(loan.history(), day, loan.rule_sets)
    if folded.state is None:  # not paid out yet: the plan is that of the day of signing
        folded = fold_loan(loan.history(), row.signed_on, loan.rule_sets)
    return loan, folded, row, closed_on


def folded_loan(session: Session, actor: Actor, loan_id: int, moment: Moment) -> Folded:
    """Give one loan of the cooperative, folded through a day."""
    for found in _seen(session, actor, moment, Loan.id == loan_id):
        return _folded(found, moment.as_of)
    raise NotFoundError("loan")


def own_loan_of(
    loan: LoadedLoan,
    folded: FoldedLoan,
    row: Row[int, str, date, str],
    closed_on: frozenset[date],
) -> OwnLoan:
    """Give what a cooperative is told of a loan."""
    place, to_pay = folded.position(), folded.to_pay()
    return OwnLoan(
        id=loan.id,
        contract_number=row.contract_number,
        signed_on=row.signed_on,
        place=place,
        plain=plain_of(folded, row.state),
        to_pay=to_pay,
        coming=_coming(loan, to_pay, closed_on),
        frozen_until=_frozen_until(folded, place),
        paid_off_on=folded.settled_on(),
        transfer_note=transfer_note(row.contract_number),
    )


def _frozen_until(folded: FoldedLoan, place: Position) -> date | None:
    state = folded.state
    if state is None or not state.frozen.covers(place.as_of.toordinal()):
        return None
    return date.fromordinal(state.frozen_until)


def _coming(loan: LoadedLoan, found: ToPay, closed_on: frozenset[date]) -> Coming | None:
    """Explain the next due by letting the days until then pass without anything happening."""
    due = found.next_due
    if due is None:
        return None
    then = fold_loan(loan.history(), due.due_date, loan.rule_sets).state
    charges = _charges_due(then, due.due_date) if then else ()
    return Coming(
        due_date=due.due_date,
        off=day_off_for(due.due_date, found.day, closed_on),
        principal=due.principal,
        interest=due.interest,
        from_credit=found.next_from_credit,
        days=sum(line.days for one in charges for line in one.lines if line.balance),
        charges=charges,
    )


def _charges_due(state: LoanState, day: date) -> tuple[Charge, ...]:
    return tuple(
        show_charge(one, state.terms.day_count)
        for one in state.charges
        if one.kind is INTEREST and one.due == day.toordinal()
    )
