"""The tables of a loan's page, read from the fold: what falls due, interest, what was paid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from loanfund.domain import statement_lines
from loanfund.domain.account import Charge, show_charge
from loanfund.domain.accrual import Accrual, InterestLine, explain
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import NOTHING, Money, fixed_text, total
from loanfund.domain.movement import Move, PlanVersion
from loanfund.domain.projection import ScheduleRow, project
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.terms import CHARGE_KINDS, Component


class DueState(StrEnum):
    """Where one row of the schedule stands."""

    PAID = "paid"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"
    LATE = "late"
    TODAY = "today"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """What falls due on one day: expected, paid, forgiven, from credit and still to pay."""

    due_date: date
    principal: Money
    interest: Money
    paid: Money = NOTHING
    forgiven: Money = NOTHING
    credit: Money = NOTHING
    left: Money
    principal_balance: Money
    state: DueState = DueState.COMING
    days_late: int = 0

    @property
    def principal_ahead(self) -> Money:
        """The principal less what of it was paid before the day it falls due."""
        return self.principal - self.paid if self.state is DueState.COMING else self.principal

    @property
    def expected(self) -> Money:
        """Principal and interest together."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPlan:
    """A schedule that was in force from a day on, until something changed it."""

    since: date
    cause: str
    rows: tuple[ScheduleRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The schedule in force with what became of it, and those before it, latest first."""

    since: date | None
    cause: str | None
    rows: tuple[DueRow, ...]
    earlier: tuple[EarlierPlan, ...]

    def sum_of(self, column: str) -> Money:
        """Add up a column."""
        return total([getattr(row, column) for row in self.rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedCharge:
    """A charge, its lines, and their sum before rounding."""

    charge: Charge
    exact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrued:
    """What accrued since it was last charged, with its lines; not due yet."""

    kind: Component
    since: date
    amount: Money
    exact: str
    lines: tuple[InterestLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidCharge:
    """The part of a charge that one payment paid."""

    explained: ExplainedCharge
    part: Money


def schedule(folded: FoldedLoan) -> Schedule:
    """Give the schedule in force; before the first disbursement, that of the terms."""
    state = folded.state
    if state is None:
        rows = tuple(_expected(row) for row in folded.schedule())
        return Schedule(since=None, cause=None, rows=rows, earlier=())
    *before, latest = state.versions
    day = folded.through.toordinal()
    return Schedule(
        since=date.fromordinal(latest.day),
        cause=latest.cause,
        rows=(*_fallen_due(state, day), *_coming(state, day)),
        earlier=tuple(_earlier(state, version) for version in reversed(before)),
    )


def _expected(row: ScheduleRow) -> DueRow:
    return DueRow(
        due_date=row.due_date,
        principal=row.principal,
        interest=row.interest,
        left=row.total,
        principal_balance=row.principal_balance,
    )


def _earlier(state: LoanState, version: PlanVersion) -> EarlierPlan:
    return EarlierPlan(
        since=date.fromordinal(version.day),
        cause=version.cause,
        rows=tuple(project(state.terms, version)),
    )


def _fallen_due(state: LoanState, day: int) -> Iterable[DueRow]:
    """Give what fell due since the last rescheduling, and what is still open from before."""
    replaced = [one.day for one in state.versions if one.cause == "reschedule"]
    since = max(replaced, default=0)
    count = len(state.instalments) if state.is_closed else state.due_count
    sums: dict[int, list[int]] = {}
    for one in state.instalments[:count]:
        _add(sums, one.due, (one.amount, 0, one.paid, 0, one.open))
    for one in state.written_off_plan:
        _add(sums, one.due, (one.amount, 0, one.paid, one.open, 0))
    for charge in state.charges:
        if charge.kind is INTEREST and charge.due <= day:
            forgiven = charge.waived + charge.written_off
            _add(sums, charge.due, (0, charge.amount, charge.paid, forgiven, charge.open))
    return [
        _fallen(state, due, amounts, day)
        for due, amounts in sorted(sums.items())
        if due > since or amounts[-1] or (state.is_written_off and amounts[-2])
    ]


def _add(sums: dict[int, list[int]], due: int, amounts: Sequence[int]) -> None:
    known = sums.setdefault(due, [0] * len(amounts))
    sums[due] = [one + more for one, more in zip(known, amounts, strict=True)]


def _fallen(state: LoanState, due: int, amounts: Sequence[int], day: int) -> DueRow:
    principal, interest, paid, forgiven, left = (Money(amount) for amount in amounts)
    late = max(0, day - due - state.frozen.days_in(due + 1, day + 1)) if left else 0
    return DueRow(
        due_date=date.fromordinal(due),
        principal=principal,
        interest=interest,
        paid=paid,
        forgiven=forgiven,
        left=left,
        principal_balance=_balance_after(state, due),
        state=_due_state(state, amounts, is_today=due == day),
        days_late=late,
    )


def _due_state(state: LoanState, amounts: Sequence[int], *, is_today: bool) -> DueState:
    """Say where a row that fell due stands: what was given up is not what was paid."""
    *_, paid, forgiven, left = amounts
    if left:
        return DueState.TODAY if is_today else DueState.LATE
    if forgiven and state.is_written_off:
        return DueState.WRITTEN_OFF
    return DueState.WAIVED if forgiven and not paid else DueState.PAID


def _balance_after(state: LoanState, day: int) -> Money:
    """Give the principal left after a day that is over, had all due by then been paid.

    That is what the plan leaves, less where more was paid by the day or less was lent.
    """
    plan = state.written_off_plan if state.is_written_off else state.instalments
    planned = sum(one.amount for one in plan if one.due > day)
    stood = [row.principal_balance for row in state.rows if row.day <= day]
    return Money(min(planned, stood[-1] if stood else planned))


def _coming(state: LoanState, day: int) -> Iterable[DueRow]:
    """Give what falls due later if nothing else happens, prepaid parts as paid."""
    return [
        DueRow(
            due_date=row.due_date,
            principal=row.principal,
            interest=row.interest,
            paid=row.prepaid,
            credit=row.credit,
            left=row.to_pay,
            principal_balance=row.principal_balance,
        )
        for row in statement_lines.coming(state, day, shown=None)
    ]


def explained_charges(state: LoanState) -> list[ExplainedCharge]:
    """Give every charge with what explains it, the latest first."""
    last = date.fromordinal(state.accrued_through)
    exact = {
        (one.kind, one.start, one.end): one.exact
        for one in statement_lines.charges(state, state.start, last)
    }
    shown = [show_charge(one, state.terms.day_count) for one in state.charges]
    shown.sort(key=lambda one: (one.end, CHARGE_KINDS.index(one.kind)), reverse=True)
    return [
        ExplainedCharge(charge=one, exact=exact[one.kind, one.start, one.end]) for one in shown
    ]


def accrued(state: LoanState) -> list[Accrued]:
    """Give what has accrued of each kind and is not charged yet."""
    if state.is_closed or state.is_written_off:
        return []
    found = (state.in_term, state.overdue_interest, state.late_interest)
    return [_accrued(state, one) for one in found if one.amount]


def _accrued(state: LoanState, accrual: Accrual) -> Accrued:
    return Accrued(
        kind=accrual.kind,
        since=date.fromordinal(accrual.since),
        amount=Money(accrual.amount),
        exact=fixed_text(Fraction(accrual.numerator, accrual.denominator), 2),
        lines=tuple(explain(accrual.segments, state.terms.day_count)),
    )


def paid_by(state: LoanState, event: str) -> list[PaidCharge]:
    """Give the charges that an event paid, in the order in which it did."""
    parts: dict[tuple[Component, date, date], int] = {}
    for movement in state.movements:
        if movement.event == event and movement.move is Move.PAID_CHARGE and movement.charge:
            charge = show_charge(movement.charge, state.terms.day_count)
            key = (charge.kind, charge.start, charge.end)
            parts[key] = parts.get(key, 0) + movement.amount
    known = {
        (one.charge.kind, one.charge.start, one.charge.end): one
        for one in explained_charges(state)
    }
    return [PaidCharge(explained=known[key], part=Money(part)) for key, part in parts.items()]
