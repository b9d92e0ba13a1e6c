"""What new events would do to a loan: the one pure plan behind every preview and posting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain.account import Position, Transaction
from loanfund.domain.debt_group import RuleSets
from loanfund.domain.errors import InvalidEventError, RuleViolationError
from loanfund.domain.event import DatedEvent, Event, Reversal
from loanfund.domain.fold import BeforeEvent
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.history import read_history
from loanfund.domain.money import Money
from loanfund.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Resplit:
    """A later transaction whose split the new events change; None where it comes or goes."""

    before: Transaction | None
    after: Transaction | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The loan before and after the new events, through the business date."""

    new: tuple[Event, ...]
    before: FoldedLoan
    after: FoldedLoan
    rows: tuple[Transaction, ...]
    resplit: tuple[Resplit, ...]

    @property
    def position_before(self) -> Position:
        """The position as it stands."""
        return self.before.position()

    @property
    def position_after(self) -> Position:
        """The position as it would stand."""
        return self.after.position()

    @property
    def written_off(self) -> Money:
        """The principal that would leave the balance sheet."""
        before, after = self.position_before, self.position_after
        return after.written_off_principal - before.written_off_principal

    @property
    def changed_splits(self) -> tuple[Resplit, ...]:
        """The later transactions that change, without those that the plan itself takes back."""
        targets = {event.of for event in self.new if isinstance(event, Reversal)}
        return tuple(
            one
            for one in self.resplit
            if one.after is not None or one.before is None or one.before.event not in targets
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """What a plan needs to know of a loan: terms, rule sets and the events as recorded."""

    terms: Terms
    recorded: Sequence[Event]
    rule_sets: RuleSets = ()


def plan_events(
    contract: Contract,
    new: Sequence[Event],
    business_date: date,
    before_event: BeforeEvent | None = None,
) -> Plan:
    """Give what the new events would do; RuleViolationError where they may not happen."""
    before = fold_loan(
        read_history(contract.terms, contract.recorded), business_date, contract.rule_sets
    )
    after = fold_with(contract, new, business_date, before_event)
    ids = {event.id for event in new}
    return Plan(tuple(new), before, after, rows_of(after, new), _resplit(before, after, ids))


def fold_with(
    contract: Contract,
    new: Sequence[Event],
    business_date: date,
    before_event: BeforeEvent | None = None,
) -> FoldedLoan:
    """Give the loan with the new events, in one fold; RuleViolationError where they may not be.

    A refusal that hits a later event than the new ones carries its id, type and day.
    """
    for event in new:
        if isinstance(event, DatedEvent) and event.value_date > business_date:
            raise InvalidEventError("after_business_date", event=event.id)
    try:
        history = read_history(contract.terms, [*contract.recorded, *new])
        return fold_loan(history, business_date, contract.rule_sets, before_event)
    except RuleViolationError as refusal:
        if refusal.event is not None and refusal.event not in {event.id for event in new}:
            known = {event.id: event for event in contract.recorded}
            later = known[refusal.event]
            refusal.facts["later"], refusal.facts["later_type"] = later.id, later.type
            if isinstance(later, DatedEvent):
                refusal.facts["later_day"] = later.value_date
        raise


def rows_of(folded: FoldedLoan, events: Sequence[Event]) -> tuple[Transaction, ...]:
    """Give what some of a loan's events did to its balances, in order."""
    ids = {event.id for event in events}
    return tuple(row for row in folded.transactions() if row.event in ids)


def _resplit(before: FoldedLoan, after: FoldedLoan, new: set[str]) -> tuple[Resplit, ...]:
    """Give the transactions that stood and would stand otherwise, by day."""
    old = _by_place(before.transactions())
    fresh = _by_place(row for row in after.transactions() if row.event not in new)
    keys = sorted(old.keys() | fresh.keys(), key=lambda key: (key[1], key[0] or "", key[2]))
    return tuple(
        Resplit(old.get(key), fresh.get(key)) for key in keys if old.get(key) != fresh.get(key)
    )


def _by_place(rows: Iterable[Transaction]) -> dict[tuple[str | None, date, int], Transaction]:
    """Tell transactions apart: by event; applied credit, which has none, by day and order."""
    found: dict[tuple[str | None, date, int], Transaction] = {}
    seen: Counter[tuple[str | None, date]] = Counter()
    for row in rows:
        place = row.event, row.value_date
        found[*place, seen[place]] = row
        seen[place] += 1
    return found
