"""How the interest that a notice asks for came about: days × balance × rate, line by line.

Whoever has the paper can compute every sum of it again (rules §§5–6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from loanfund.domain.account import show_charge
from loanfund.domain.accrual import Accrual, Charge, InterestLine, explain
from loanfund.domain.calendar import DayCount
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.statement_lines import exact_of, exact_text
from loanfund.domain.terms import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """One sum of interest: its lines, their exact sum, and what is left to pay of it.

    `due_date` is None for what accrued since it was last charged.
    """

    kind: Component
    due_date: date | None
    lines: tuple[InterestLine, ...]
    exact: str
    amount: Money
    settled: Money = NOTHING

    @property
    def left(self) -> Money:
        """What is still to pay of it."""
        return self.amount - self.settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """The sums behind a notice, in the order in which it lists them."""

    day_count: DayCount
    sums: tuple[Working, ...]


def due_days(folded: FoldedLoan) -> list[date]:
    """Give the days on which interest fell due that is still open, oldest first."""
    state = folded.state
    due = {one.due for one in state.due[INTEREST] if one.open} if state else set()
    return [date.fromordinal(day) for day in sorted(due)]


def workings(folded: FoldedLoan, days: Sequence[date], *, with_penalties: bool) -> Workings:
    """Give what explains the interest of some due days, and overdue and late interest."""
    found: list[Working] = []
    state = folded.state
    if state is not None:
        for day in days:
            found += _of_due(folded, state, day)
        if with_penalties:
            found += _of_penalties(state)
    left = tuple(one for one in found if one.left)
    return Workings(day_count=folded.history.terms.day_count, sums=left)


def _of_due(folded: FoldedLoan, state: LoanState, day: date) -> Iterator[Working]:
    """Explain the interest of a due day; one that lies ahead as if nothing happened by then.

    What credit will pay on that day is no part of it: a notice takes it off by itself.
    """
    then: LoanState | None = state
    if day > folded.through:
        then = fold_loan(folded.history, day).state
    settled = {(one.start, one.end): one.amount - one.open for one in _charges(state, INTEREST)}
    for one in _charges(then, INTEREST):
        if one.due == day.toordinal():
            yield _working(one, state, settled.get((one.start, one.end), 0))


def _of_penalties(state: LoanState) -> Iterator[Working]:
    for accrual in (state.overdue_interest, state.late_interest):
        for one in _charges(state, accrual.kind):
            yield _working(one, state, one.amount - one.open)
        yield from _accrued(state, accrual)


def _charges(state: LoanState | None, kind: Component) -> list[Charge]:
    return [one for one in state.charges if one.kind is kind] if state else []


def _working(charge: Charge, state: LoanState, settled: int) -> Working:
    shown = show_charge(charge, state.terms.day_count)
    return Working(
        kind=shown.kind,
        due_date=shown.due_date,
        lines=shown.lines,
        exact=exact_of(charge, state.terms.day_count),
        amount=shown.amount,
        settled=Money(settled),
    )


def _accrued(state: LoanState, accrual: Accrual) -> Iterator[Working]:
    """Give what accrued since it was last charged, if anything did."""
    if accrual.amount:
        exact = Fraction(accrual.numerator, accrual.denominator)
        yield Working(
            kind=accrual.kind,
            due_date=None,
            lines=tuple(explain(accrual.segments, state.terms.day_count)),
            exact=exact_text(exact, accrual.amount),
            amount=Money(accrual.amount),
        )
