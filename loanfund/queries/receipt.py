"""Receipts as they stand, what a payment would do, and payments that look like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.account import LoanStatus, Position, Transaction
from loanfund.domain.errors import NotFoundError
from loanfund.domain.event import MoneyEvent, Reversal
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.plan import Plan, Resplit
from loanfund.domain.state import LATE_INTEREST, OVERDUE_INTEREST, LoanState
from loanfund.domain.terms import Component
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.user import User
from loanfund.queries._loan_tables import PaidCharge, paid_by
from loanfund.queries.loan_page import LoanName, names_of
from loanfund.store.loan import RecordedEvent, load_loans
from loanfund.store.paper import STATEMENT
from loanfund.store.setting import load_settings

SHOWN = (LATE_INTEREST, OVERDUE_INTEREST, Component.INTEREST, Component.PRINCIPAL)
RECEIPTS = ("repayment", "recovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """One component before a payment, what of it was due, the payment's part, and after."""

    component: str
    before: Money
    due: Money
    part: Money
    after: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a plan does to the loan on its day; `place` is the position through today."""

    day: date
    rows: tuple[PictureRow, ...]
    pays: tuple[PaidCharge, ...]
    surplus: Money
    prepaid: Money
    settles: bool
    place: Position
    resplit: tuple[Resplit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Amounts that a borrower may bring on a day."""

    due: Money
    next_due: Money
    next_due_date: date | None
    settlement: Money

    @property
    def likely(self) -> Money:
        """What is due, else what falls due next."""
        return self.due or self.next_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A payment recorded before that looks like the one being recorded."""

    loan_id: int
    sequence: int
    number: str | None
    contract_number: str
    value_date: date
    amount: Money
    reference: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment with its split as it stands now; without a row it was reversed."""

    recorded: RecordedEvent
    amount: Money
    method: str
    recorded_by: str
    row: Transaction | None
    picture: tuple[PictureRow, ...]
    pays: tuple[PaidCharge, ...]
    place: Position
    reversal: RecordedEvent | None


def picture(plan: Plan, day: date) -> Picture:
    """Give what a plan's last event does on its day, component by component."""
    before, after = (fold_loan(one.history, day) for one in (plan.before, plan.after))
    row = plan.rows[-1] if plan.rows else None
    rows = _rows(before, after, row)
    principal = rows[-2]
    return Picture(
        day=day,
        rows=rows,
        pays=tuple(paid_by(after.state, plan.new[-1].id)) if after.state else (),
        surplus=row.credit if row and row.credit.dong > 0 else NOTHING,
        prepaid=max(NOTHING, principal.part - principal.due),
        settles=after.position().status is LoanStatus.CLOSED,
        place=plan.position_after,
        resplit=tuple(one for one in plan.resplit if not _is_taken_back(one, plan)),
    )


def _is_taken_back(one: Resplit, plan: Plan) -> bool:
    """Tell whether a transaction goes because the plan itself reverses it."""
    targets = {event.of for event in plan.new if isinstance(event, Reversal)}
    return one.after is None and one.before is not None and one.before.event in targets


def suggestion(place: Position) -> Suggestion:
    """Give what is due on the position's day, what comes next, and what would settle."""
    due = (
        place.principal_overdue
        + place.interest_open
        + place.overdue_interest_open
        + place.late_interest_open
        + place.accrued_overdue_interest
        + place.accrued_late_interest
    )
    coming = place.next_due
    return Suggestion(
        due=max(NOTHING, due - place.credit),
        next_due=max(NOTHING, coming.principal + coming.interest - place.credit)
        if coming
        else NOTHING,
        next_due_date=coming.due_date if coming else None,
        settlement=place.settlement_amount,
    )


def look_alikes(
    session: Session, name: LoanName, asked: tuple[date, Money], key: str
) -> list[Earlier]:
    """Give payments of the same loan, day and amount that stand, the own key's aside."""
    day, amount = asked
    same = and_(
        LoanEvent.loan_id == name.id,
        LoanEvent.value_date == day,
        LoanEvent.amount == amount,
    )
    return _earlier(session, same, key)


def same_reference(session: Session, reference: str, key: str) -> list[Earlier]:
    """Give payments of any loan that stand under a reference of the bank."""
    return _earlier(session, LoanEvent.reference == reference, key) if reference else []


def superseded(session: Session, loan_id: int, day: date) -> list[str]:
    """Give the numbers of statements whose period holds a day or ends after it."""
    query = (
        select(Document.number)
        .where(
            Document.loan_id == loan_id, Document.kind == STATEMENT, Document.period_to >= day
        )
        .order_by(Document.id)
    )
    return list(session.scalars(query))


def receipt(session: Session, name: LoanName, sequence: int) -> Receipt:
    """Give a payment by its place among the loan's events; NotFoundError for anything else."""
    loan = load_loans(session, load_settings(session), Loan.id == name.id)[0]
    found = next((one for one in loan.recorded if one.sequence == sequence), None)
    if found is None or found.type not in RECEIPTS or not isinstance(found.event, MoneyEvent):
        raise NotFoundError("receipt")
    folded = fold_loan(loan.history(), found.value_date, loan.rule_sets)
    row = next((one for one in folded.transactions() if one.event == found.event.id), None)
    return Receipt(
        recorded=found,
        amount=found.event.amount,
        method=found.event.method.value,
        recorded_by=names_of(session, [found.recorded_by])[found.recorded_by],
        row=row,
        picture=_rows(None, folded, row) if row else (),
        pays=tuple(paid_by(folded.state, found.event.id)) if folded.state else (),
        place=folded.position(),
        reversal=_reversal_of(loan.recorded, found.event.id),
    )


def _reversal_of(recorded: Sequence[RecordedEvent], event: str) -> RecordedEvent | None:
    return next(
        (one for one in recorded if isinstance(one.event, Reversal) and one.event.of == event),
        None,
    )


def _rows(
    before: FoldedLoan | None, after: FoldedLoan, row: Transaction | None
) -> tuple[PictureRow, ...]:
    """Give late interest, overdue interest, interest, principal and credit."""
    found = []
    for component in (*(one.value for one in SHOWN), "credit"):
        part = getattr(row, component) if row else NOTHING
        left = _owed(after.state, component)
        start = _owed(before.state, component) if before else left + part
        if before is None and component == "credit":
            start = left - part
        due = _due(before.state, component) if before else NOTHING
        found.append(
            PictureRow(component=component, before=start, due=due, part=part, after=left)
        )
    return tuple(found)


def _owed(state: LoanState | None, component: str) -> Money:
    """Give what is owed of a component on the state's day, charged or only accrued."""
    if state is None:
        return NOTHING
    if component == "credit":
        return Money(state.credit)
    if component == Component.PRINCIPAL:
        return Money(state.outstanding)
    accrued = 0
    if not (state.is_closed or state.is_written_off):
        accrued = _accrual_of(state, Component(component))
    return Money(state.open_total(Component(component)) + accrued)


def _accrual_of(state: LoanState, kind: Component) -> int:
    if kind is LATE_INTEREST:
        return state.late_interest.amount
    return (state.overdue_interest if kind is OVERDUE_INTEREST else state.in_term).amount


def _due(state: LoanState | None, component: str) -> Money:
    """Give what of a component is due on the state's day, penalties through that day too."""
    if state is None or component == "credit":
        return NOTHING
    if component == Component.PRINCIPAL:
        return Money(state.overdue)
    kind = Component(component)
    accrued = 0 if kind is Component.INTEREST else _accrual_of(state, kind)
    return Money(state.due_total(kind) + accrued)


def _earlier(session: Session, condition: ColumnElement[bool], key: str) -> list[Earlier]:
    reversal = aliased(LoanEvent)
    stands = ~select(reversal.id).where(reversal.reverses == LoanEvent.id).exists()
    other_key = or_(LoanEvent.idempotency_key.is_(None), LoanEvent.idempotency_key != key)
    query = (
        select(
            LoanEvent.loan_id,
            LoanEvent.sequence,
            LoanEvent.number,
            Loan.contract_number,
            LoanEvent.value_date,
            LoanEvent.amount,
            LoanEvent.reference,
            LoanEvent.recorded_at,
            User.name.label("recorded_by"),
        )
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .join(User, User.id == LoanEvent.recorded_by)
        .where(LoanEvent.type.in_(RECEIPTS), condition, stands, other_key)
        .order_by(LoanEvent.id)
    )
    return [Earlier(**row) for row in session.execute(query).mappings()]
