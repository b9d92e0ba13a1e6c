"""Days past due and debt groups, with the reason (rules §9)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from loanfund.domain.calendar import NEVER, Windows, add_months
from loanfund.domain.event import DatedEvent, InterestWaiver, Reschedule, RescheduleKind
from loanfund.domain.state import LoanState
from loanfund.domain.terms import DebtRuleSet

SHORT_TERM_MONTHS = 12
CURE_MONTHS_SHORT = 1
CURE_MONTHS_LONG = 3

# The first days past due of groups 2 to 5: Circular 14/2024 and Circular 31/2024.
FIRST_DAYS = {DebtRuleSet.MFI: (10, 30, 90, 180), DebtRuleSet.BANK: (10, 91, 181, 361)}
WAIVER_FLOOR = 3

# The floors of restructurings that count: from so many days past due on, at least this group.
Floors = tuple[tuple[int, int], ...]
FLOORS_OF_ONE: dict[tuple[DebtRuleSet, RescheduleKind], Floors] = {
    (DebtRuleSet.MFI, RescheduleKind.ADJUST): ((0, 2), (1, 3), (30, 4), (90, 5)),
    (DebtRuleSet.MFI, RescheduleKind.EXTEND): ((0, 2), (1, 3), (30, 4), (90, 5)),
    (DebtRuleSet.BANK, RescheduleKind.ADJUST): ((0, 2), (1, 4), (90, 5)),
    (DebtRuleSet.BANK, RescheduleKind.EXTEND): ((0, 3), (1, 4), (90, 5)),
}
FLOORS_OF_TWO: Floors = ((0, 4), (1, 5))
FLOORS_OF_MORE: Floors = ((0, 5),)

RuleSets = Sequence[tuple[date, DebtRuleSet]]
"""Rule sets with the day from which each holds, oldest first."""


@dataclass(frozen=True, slots=True)
class GroupReason:
    """Why a loan is in its own group: each floor that holds on the day, worst decides."""

    group: int
    days_past_due: int
    by_days: int
    by_restructuring: int
    restructurings: int
    by_waiver: int
    by_kept_group: int


@dataclass(frozen=True, slots=True)
class Cure:
    """The watch on a loan that a rescheduling or waiver holds: so many months must be clean.

    `since` is the day after which they count; None while something is past due.
    """

    months: int
    since: date | None


def group_by_days(rule_set: DebtRuleSet, days: int) -> int:
    """Give the group that days past due alone lead to."""
    return 1 + bisect_right(FIRST_DAYS[rule_set], days)


def restructuring_floor(
    rule_set: DebtRuleSet, kinds: Sequence[RescheduleKind], days: int
) -> int:
    """Give the least group after so many restructurings that count; 1 without any."""
    if not kinds:
        return 1
    first = FLOORS_OF_ONE[rule_set, kinds[0]]
    steps = {1: first, 2: FLOORS_OF_TWO}.get(len(kinds), FLOORS_OF_MORE)
    return max(group for since, group in steps if days >= since)


class DebtGroups:
    """The days past due and the own group of one loan on any day the state has reached."""

    def __init__(
        self, state: LoanState, events: Sequence[DatedEvent], rule_sets: RuleSets = ()
    ) -> None:
        """Read the arrears from the state; without `rule_sets` the terms' set holds always."""
        self.start = state.start.toordinal()
        self.frozen: Windows = state.frozen
        self.due_days = state.due_days
        self.oldest = state.oldest_due
        self.rule_sets = [
            (valid_from.toordinal(), rule_set) for valid_from, rule_set in rule_sets
        ] or [(0, state.terms.debt_rule_set)]
        months = state.terms.months(state.start)
        self.cure_months = (
            CURE_MONTHS_SHORT if months <= SHORT_TERM_MONTHS else CURE_MONTHS_LONG
        )
        reschedules = [event for event in events if isinstance(event, Reschedule)]
        self.counted = [
            (event.value_date.toordinal(), event.kind)
            for event in reschedules
            if not event.keeps_debt_group
        ]
        self._cured_on: dict[int, int] = {}
        self.kept = [one.value_date.toordinal() for one in reschedules if one.keeps_debt_group]
        self.waivers = [
            event.value_date.toordinal()
            for event in events
            if isinstance(event, InterestWaiver)
            and not event.keeps_debt_group
            and event.amount.dong > state.terms.tolerance.dong
        ]

    @property
    def is_plain(self) -> bool:
        """Whether days past due alone decide: no rescheduling, no waiver."""
        return not (self.counted or self.kept or self.waivers)

    def floor(self, day: int) -> int:
        """Give the least group that reschedulings and waivers leave on a day."""
        if self.is_plain:
            return 1
        reason = self.reason(day)
        return max(reason.by_restructuring, reason.by_waiver, reason.by_kept_group)

    def oldest_due(self, day: int) -> int | None:
        """Give the day since which more than the tolerance is open, at the end of a day."""
        index = bisect_right(self.oldest, day, key=lambda change: change[0]) - 1
        return (self.oldest[index][1] or None) if index >= 0 else None

    def days_past_due(self, day: int) -> int:
        """Give the days past due at the end of a day, frozen days left out."""
        oldest = self.oldest_due(day)
        if oldest is None or oldest >= day:
            return 0
        return day - oldest - self.frozen.days_in(oldest + 1, day + 1)

    def rule_set(self, day: int) -> DebtRuleSet:
        """Give the rule set in force on a day."""
        index = bisect_right(self.rule_sets, day, key=lambda one: one[0]) - 1
        return self.rule_sets[max(index, 0)][1]

    def own_group(self, day: int) -> int:
        """Give the loan's own group at the end of a day."""
        if self.is_plain:
            return group_by_days(self.rule_set(day), self.days_past_due(day))
        return self.reason(day).group

    def reason(self, day: int) -> GroupReason:
        """Give the own group with every floor that leads to it."""
        rule_set = self.rule_set(day)
        days = self.days_past_due(day)
        by_days = group_by_days(rule_set, days)
        kinds = [kind for on, kind in self.counted if on <= day]
        restructured = (
            restructuring_floor(rule_set, kinds, days)
            if kinds and not self._is_cured(max(on for on, _ in self.counted if on <= day), day)
            else 1
        )
        waived_on = max((on for on in self.waivers if on <= day), default=None)
        by_waiver = (
            WAIVER_FLOOR if waived_on is not None and not self._is_cured(waived_on, day) else 1
        )
        kept = self._kept_floor(day)
        return GroupReason(
            group=max(by_days, restructured, by_waiver, kept),
            days_past_due=days,
            by_days=by_days,
            by_restructuring=restructured,
            restructurings=len(kinds),
            by_waiver=by_waiver,
            by_kept_group=kept,
        )

    def cure(self, day: int) -> Cure | None:
        """Give what would end the floors of a day that can be cured; None where none holds."""
        counted = max((on for on, _ in self.counted if on <= day), default=day + 1)
        waived = max((on for on in self.waivers if on <= day), default=day + 1)
        held = [on for on in (counted, waived) if on <= day and not self._is_cured(on, day)]
        if not held:
            return None
        if self.days_past_due(day):
            return Cure(self.cure_months, None)
        since = max(*held, self._last_late_day(max(held), day))
        return Cure(self.cure_months, date.fromordinal(since))

    def _kept_floor(self, day: int) -> int:
        """Give the group kept at the latest kept rescheduling, until days alone were worse."""
        kept_on = max((on for on in self.kept if on <= day), default=None)
        if kept_on is None or kept_on <= self.start:
            return 1
        floor = self.own_group(kept_on - 1)
        for last in [*self._changes(kept_on, day), day]:
            if group_by_days(self.rule_set(last), self.days_past_due(last)) > floor:
                return 1
        return floor

    def _changes(self, start: int, end: int) -> list[int]:
        """Give the last days before arrears or rule sets change: where days past due peak."""
        cuts = [on - 1 for on, _ in self.oldest] + [on - 1 for on, _ in self.rule_sets]
        return [day for day in cuts if start <= day < end]

    def _is_cured(self, since: int, day: int) -> bool:
        """Tell whether the clean months after `since` were complete by the day."""
        if since not in self._cured_on:
            self._cured_on[since] = self._first_cured_day(since)
        return self._cured_on[since] <= day

    def _first_cured_day(self, since: int) -> int:
        """Give the first day that ends clean months after `since` with a due date in them.

        Clean months are the days (opening, day]. Where a day past due or the lack of a due date
        spoils them, the search goes on from there, so that it takes a step a period, not a day.
        """
        opening, day = since, 0
        while day < NEVER:
            day = max(day, self._months_after(opening))
            opening = self._months_before(day)
            late_until = self._last_late_day(opening, day)
            due_day = self._next_due_day(opening)
            if late_until:
                opening = late_until
            elif due_day >= day:
                day = due_day + 1
            else:
                return day
        return NEVER

    def _months_before(self, day: int) -> int:
        return add_months(date.fromordinal(day), -self.cure_months).toordinal()

    def _months_after(self, opening: int) -> int:
        """Give the first day whose clean months open no earlier; a clipped one is too early."""
        if opening >= NEVER:
            return NEVER
        day = add_months(date.fromordinal(opening), self.cure_months).toordinal()
        while self._months_before(day) < opening:
            day += 1
        return day

    def _last_late_day(self, opening: int, day: int) -> int:
        """Give the end of the last span past due that touches (opening, day]; 0 for none."""
        index = bisect_right(self._late_spans, day, key=lambda span: span[0]) - 1
        end = self._late_spans[index][1] if index >= 0 else 0
        return end if end > opening else 0

    def _next_due_day(self, opening: int) -> int:
        index = bisect_right(self.due_days, opening)
        return self.due_days[index] if index < len(self.due_days) else NEVER

    @cached_property
    def _late_spans(self) -> list[tuple[int, int]]:
        """The spans of days at whose end something was past due, first and last day of each."""
        ends = [*(on - 1 for on, _ in self.oldest), NEVER][1:]
        spans = [
            (max(on, self.frozen.first_outside(oldest + 1)), end)
            for (on, oldest), end in zip(self.oldest, ends, strict=True)
            if oldest
        ]
        return [(start, end) for start, end in spans if start <= end]
