"""What a payment does to a loan, component by component: before, its part, and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanfund.domain.account import LoanStatus, Position, Transaction
from loanfund.domain.event import Recovery, Reversal
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.plan import Plan, Resplit
from loanfund.domain.state import LATE_INTEREST, OVERDUE_INTEREST, LoanState
from loanfund.domain.surplus import SurplusChoice, surplus_choice
from loanfund.domain.terms import Component
from loanfund.domain.to_pay import ToPay, to_pay
from loanfund.queries._loan_tables import PaidCharge, paid_by

SHOWN = (LATE_INTEREST, OVERDUE_INTEREST, Component.INTEREST, Component.PRINCIPAL)


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
    """What a plan does to the loan on its day; `place` is the position through today.

    `since` is the first day on which figures change.

    `settles` says that it pays the last that was owed on its day, `stays_settled` that the loan
    was settled before and is.
    """

    day: date
    since: date
    rows: tuple[PictureRow, ...]
    pays: tuple[PaidCharge, ...]
    surplus: Money
    choice: SurplusChoice | None
    prepaid: Money
    settles: bool
    stays_settled: bool
    place: Position
    to_pay: ToPay
    resplit: tuple[Resplit, ...]


def picture(plan: Plan, day: date, since: date | None = None) -> Picture:
    """Give what a plan's last event does on its day, component by component.

    `since` is the first day that anything changes, where that is another one.
    """
    before, after = (fold_loan(one.history, day) for one in (plan.before, plan.after))
    row = plan.rows[-1] if plan.rows else None
    rows = (
        recovery_rows(after, row, before)
        if _is_of_recovery(plan)
        else picture_rows(before, after, row)
    )
    pays_debt = any(one.part for one in rows if one.component != "credit")
    principal = next(one for one in rows if one.component == Component.PRINCIPAL)
    return Picture(
        day=day,
        since=since or day,
        rows=rows,
        pays=tuple(paid_by(after.state, plan.new[-1].id)) if after.state else (),
        surplus=row.credit if row and row.credit.dong > 0 else NOTHING,
        choice=surplus_choice(plan.after, plan.new[-1].id),
        prepaid=NOTHING
        if _is_of_recovery(plan)
        else max(NOTHING, principal.part - principal.due),
        settles=pays_debt and _is_settled(after),
        stays_settled=not pays_debt and _is_settled(plan.before) and _is_settled(plan.after),
        place=plan.position_after,
        to_pay=plan.after.to_pay(),
        resplit=plan.changed_splits,
    )


def _is_settled(folded: FoldedLoan) -> bool:
    return folded.position().status is LoanStatus.CLOSED


def picture_rows(
    before: FoldedLoan | None, after: FoldedLoan, row: Transaction | None
) -> tuple[PictureRow, ...]:
    """Give late interest, overdue interest, interest, principal and credit."""
    found = []
    for component in (one.value for one in SHOWN):
        part = getattr(row, component) if row else NOTHING
        left = _owed(after.state, component)
        start = _owed(before.state, component) if before else left + part
        due = _due(before.state, component) if before else NOTHING
        found.append(
            PictureRow(component=component, before=start, due=due, part=part, after=left)
        )
    return (*found, _credit_row(before, after, row))


def recovery_rows(
    after: FoldedLoan, row: Transaction | None, before: FoldedLoan | None = None
) -> tuple[PictureRow, ...]:
    """Give what is written off and not recovered, and credit, before and after."""
    left, known = _lost(after.state), _lost(before.state) if before else None
    found = []
    for component, amount in left.items():
        part: Money = getattr(row, component) if row else NOTHING
        start = known[component] if known else amount + part
        # Of what was written off, interest of every kind is one sum (rules §8).
        name = "all_interest" if component == "interest" else component
        found.append(
            PictureRow(component=name, before=start, due=NOTHING, part=part, after=amount)
        )
    return (*found, _credit_row(before, after, row))


def _credit_row(
    before: FoldedLoan | None, after: FoldedLoan, row: Transaction | None
) -> PictureRow:
    part = row.credit if row else NOTHING
    left = _owed(after.state, "credit")
    start = _owed(before.state, "credit") if before else left - part
    return PictureRow(component="credit", before=start, due=NOTHING, part=part, after=left)


def _lost(state: LoanState | None) -> dict[str, Money]:
    """Give principal and interest that were written off and have not come back."""
    if state is None:
        return {"principal": NOTHING, "interest": NOTHING}
    principal = min(state.recovered, state.written_off_principal)
    interest = state.recovered - principal
    return {
        "principal": Money(state.written_off_principal - principal),
        "interest": Money(state.written_off_interest - interest),
    }


def _is_of_recovery(plan: Plan) -> bool:
    """Tell whether a plan records a recovery, or takes one back."""
    last = plan.new[-1]
    if isinstance(last, Reversal):
        known = {event.id: event for event in plan.before.history.events}
        return isinstance(known.get(last.of), Recovery)
    return isinstance(last, Recovery)


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
    """Give what of a component is to be paid on the state's day."""
    if state is None:
        return NOTHING
    found: Money = getattr(to_pay(state, state.accrued_through), component)
    return found
