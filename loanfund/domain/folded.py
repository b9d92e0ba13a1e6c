"""A loan folded through a day, and every answer that the fold gives about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain import account
from loanfund.domain.account import Charge, LoanStatus, Position, Transaction
from loanfund.domain.debt_group import DebtGroups, RuleSets
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.event import Disbursement
from loanfund.domain.fold import BeforeEvent, fold, plan_version
from loanfund.domain.history import History
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.posting import Books, TransferKey
from loanfund.domain.projection import ScheduleRow, project
from loanfund.domain.snapshot import Snapshot, snapshot
from loanfund.domain.state import LoanState
from loanfund.domain.to_pay import ToPay, to_pay
from loanfund.domain.wanted import wanted_transfers


@dataclass(frozen=True, slots=True)
class FoldedLoan:
    """What the history says at the end of `through`; without a disbursement, a quote."""

    history: History
    through: date
    state: LoanState | None
    groups: DebtGroups | None

    def position(self) -> Position:
        """Give the position at the end of the day."""
        if self.state is None or self.groups is None:
            return account.Position(
                as_of=self.through,
                status=LoanStatus.APPROVED,
                maturity_date=date.fromordinal(
                    _quoted(self.history, self.through).maturity_day
                ),
            )
        return account.position(self.state, self.through.toordinal(), self.groups)

    def overdue_rate(self) -> str:
        """Give the yearly rate of overdue principal as decimal text in percent."""
        return account.overdue_rate(self.state or _quoted(self.history, self.through))

    def to_pay(self) -> ToPay:
        """Give what is to be paid on the day, and what of it is what."""
        if self.state is None:
            return ToPay(day=self.through, tolerance=self.history.terms.tolerance)
        return to_pay(self.state, self.through.toordinal())

    def settled_on(self) -> date | None:
        """Give the day on which the loan was settled; money after it moves no such day."""
        closed_on = self.state.closed_on if self.state else None
        return date.fromordinal(closed_on) if closed_on else None

    def schedule(self) -> list[ScheduleRow]:
        """Give the schedule in force; empty once the loan is closed or written off."""
        if self.state is None:
            state = _quoted(self.history, self.through)
            return project(state.terms, state.versions[-1])
        if self.state.is_closed or self.state.is_written_off:
            return []
        return project(self.state.terms, self.state.versions[-1])

    def interest_to_come(self) -> Money:
        """Give the interest in term that falls due after the day, if all is paid when due."""
        if self.state is None or self.state.is_closed or self.state.is_written_off:
            return NOTHING
        version = plan_version(self.state, self.through.toordinal(), "")
        return total([row.interest for row in project(self.state.terms, version)])

    def charges(self) -> list[Charge]:
        """Give the charges due by the day or touched before."""
        if self.state is None:
            return []
        return account.charges(self.state, self.through.toordinal())

    def transactions(self) -> list[Transaction]:
        """Give what happened to the balances, in order."""
        return [] if self.state is None else account.transactions(self.state.rows)

    def wanted(self, books: Books, after: date = date.min) -> dict[TransferKey, int]:
        """Give the transfers that should stand in the ledger, later than `after`."""
        if self.state is None or self.groups is None:
            return {}
        events = {event.id: event for event in self.history.events}
        return wanted_transfers(self.state, self.groups, events, books, (after, self.through))

    def snapshot(self) -> Snapshot | None:
        """Give what the position cache keeps; None before the first disbursement."""
        if self.state is None or self.groups is None:
            return None
        later = [one.value_date for one in self.history.events if one.value_date > self.through]
        return snapshot(self.state, self.position(), self.groups, min(later, default=date.max))


def fold_loan(
    history: History,
    through: date,
    rule_sets: RuleSets = (),
    before_event: BeforeEvent | None = None,
) -> FoldedLoan:
    """Fold a history through a day; RuleViolationError names the first impossible event."""
    state = fold(history, through, before_event=before_event)
    groups = None if state is None else DebtGroups(state, history.events, rule_sets)
    return FoldedLoan(history, through, state, groups)


def positions(
    history: History, days: Sequence[date], rule_sets: RuleSets = ()
) -> Iterator[Position | None]:
    """Give the position at the end of each of some ascending days, in one fold.

    None stands for a day before the first disbursement.
    """
    found: dict[int, Position] = {}

    def keep(state: LoanState, day: int) -> None:
        seen = [event for event in history.events if event.value_date.toordinal() <= day]
        found[day] = account.position(state, day, DebtGroups(state, seen, rule_sets))

    if days:
        fold(history, days[-1], keep, days)
    return (found.get(day.toordinal()) for day in days)


def _quoted(history: History, day: date) -> LoanState:
    """Fold the terms as if everything were disbursed on the day (rules §2).

    A refusal names no event, as there is none.
    """
    whole = Disbursement(id="quote", value_date=day, amount=history.terms.amount)
    try:
        state = fold(History(history.terms, (whole,)), day)
    except RuleViolationError as refusal:
        refusal.event = None
        raise
    assert state is not None
    return state
