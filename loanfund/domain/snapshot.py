"""The part of a position that time alone does not change: what the `position` cache keeps."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.debt_group import DebtGroups, group_by_days
from loanfund.domain.fold import next_change
from loanfund.domain.money import Money
from loanfund.domain.state import LoanState
from loanfund.domain.terms import DebtRuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Balances from `as_of` through `valid_through`; arrears and group follow by the day."""

    as_of: date
    valid_through: date
    status: LoanStatus
    principal_disbursed: Money
    principal_repaid: Money
    principal_outstanding: Money
    principal_overdue: Money
    interest_open: Money
    interest_deferred: Money
    overdue_interest_open: Money
    late_interest_open: Money
    credit: Money
    written_off_principal: Money
    written_off_interest: Money
    recovered: Money
    maturity_date: date
    oldest_due: date | None
    frozen_days: int
    is_frozen: bool
    group_floor: int
    next_due_date: date | None
    next_due_principal: Money | None
    next_due_interest: Money | None

    def days_past_due(self, day: date) -> int:
        """Give the days past due at the end of a day of the span (rules §9)."""
        if self.status is not LoanStatus.ACTIVE or self.oldest_due is None:
            return 0
        return max(0, (day - self.oldest_due).days - self.frozen_days)

    def own_group(self, day: date, rule_set: DebtRuleSet) -> int | None:
        """Give the loan's own group at the end of a day of the span; None unless active."""
        if self.status is not LoanStatus.ACTIVE:
            return None
        return max(self.group_floor, group_by_days(rule_set, self.days_past_due(day)))


def snapshot(
    state: LoanState, place: Position, groups: DebtGroups, next_event: date
) -> Snapshot:
    """Give what may be kept of a position, at most until the next event."""
    day = place.as_of.toordinal()
    is_active = place.status is LoanStatus.ACTIVE
    is_frozen = is_active and state.frozen.covers(day)
    oldest = groups.oldest_due(day) if is_active else None
    # In a freeze, or with a restructuring or waiver behind it, the group may change on any day.
    holds_one_day = is_active and (is_frozen or not groups.is_plain)
    changes = day + 1 if holds_one_day else min(next_change(state), next_event.toordinal())
    due = place.next_due
    return Snapshot(
        **{name: getattr(place, name) for name in _BALANCES},
        valid_through=date.fromordinal(changes - 1),
        oldest_due=None if oldest is None else date.fromordinal(oldest),
        frozen_days=0 if oldest is None else state.frozen.days_in(oldest + 1, day + 1),
        is_frozen=is_frozen,
        group_floor=groups.floor(day) if is_active else 1,
        next_due_date=due.due_date if due else None,
        next_due_principal=due.principal if due else None,
        next_due_interest=due.interest if due else None,
    )


_BALANCES = {one.name for one in fields(Position)} & {one.name for one in fields(Snapshot)}
