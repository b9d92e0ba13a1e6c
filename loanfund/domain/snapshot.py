"""The part of a position that time alone does not change: what the `position` cache keeps."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Give what may be kept of a position, at most until the next event.

    In a freeze, or with a restructuring or waiver behind it, the group may change on any day:
    such a snapshot holds for its own day only.
    """
    day = place.as_of.toordinal()
    holds_one_day = state.frozen.covers(day) or not groups.is_plain
    is_active = place.status is LoanStatus.ACTIVE
    changes = min(next_change(state), next_event.toordinal())
    last = day if is_active and holds_one_day else changes - 1
    oldest = groups.oldest_due(day) if is_active else None
    due = place.next_due
    frozen = state.frozen.days_in(oldest + 1, day + 1) if oldest is not None else 0
    return Snapshot(
        as_of=place.as_of,
        valid_through=date.fromordinal(last),
        status=place.status,
        principal_disbursed=place.principal_disbursed,
        principal_repaid=place.principal_repaid,
        principal_outstanding=place.principal_outstanding,
        principal_overdue=place.principal_overdue,
        interest_open=place.interest_open,
        interest_deferred=place.interest_deferred,
        overdue_interest_open=place.overdue_interest_open,
        late_interest_open=place.late_interest_open,
        credit=place.credit,
        written_off_principal=place.written_off_principal,
        written_off_interest=place.written_off_interest,
        recovered=place.recovered,
        maturity_date=place.maturity_date,
        oldest_due=date.fromordinal(oldest) if oldest is not None else None,
        frozen_days=frozen,
        is_frozen=state.frozen.covers(day),
        group_floor=groups.floor(day) if is_active else 1,
        next_due_date=due.due_date if due else None,
        next_due_principal=due.principal if due else None,
        next_due_interest=due.interest if due else None,
    )
