"""The part of a position that time alone does not change: what the `position` cache keeps."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from loanfund.domain.account import LoanStatus, NextDue, Position
from loanfund.domain.accruing import Accrued, Accruing, accruing_of
from loanfund.domain.debt_group import DebtGroups, group_by_days
from loanfund.domain.fold import next_change
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.state import LoanState
from loanfund.domain.terms import DebtRuleSet
from loanfund.domain.to_pay import ToPay, due_today, less_credit


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """Where a loan stands at the end of a day, but for what accrues."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Balances):
    """Balances from `as_of` through `valid_through`; what time adds follows by the day.

    `today_principal` and `today_interest` are what is open of the dues of `as_of` itself.
    """

    as_of: date
    valid_through: date
    today_principal: Money
    today_interest: Money
    accruing: Accruing
    tolerance: Money

    def own_group(self, day: date, rule_set: DebtRuleSet) -> int | None:
        """Give the loan's own group at the end of a day of the span; None unless active."""
        if self.status is not LoanStatus.ACTIVE:
            return None
        return max(self.group_floor, group_by_days(rule_set, self.days_past_due(day)))

    def accrued(self, day: date) -> Accrued:
        """Give what has accrued and is not charged at the end of a day of the span."""
        return self.accruing.through(self.as_of, day)

    def settlement(self, day: date) -> Money:
        """Give what settles the loan on a day of the span (rules §7)."""
        if self.status is not LoanStatus.ACTIVE:
            return NOTHING
        charged = self.interest_open + self.overdue_interest_open + self.late_interest_open
        owed = self.principal_outstanding + charged + self.interest_deferred
        return max(NOTHING, owed + total([*self.accrued(day)]) - self.credit)

    def to_pay(self, day: date) -> ToPay:
        """Give what is to be paid at the end of a day of the span, as the fold of it would."""
        if self.status is not LoanStatus.ACTIVE:
            return ToPay(day=day, credit=self.credit, tolerance=self.tolerance)
        is_due_day = day == self.as_of
        principal = self.today_principal if is_due_day else NOTHING
        interest = self.today_interest if is_due_day else NOTHING
        accrued = self.accrued(day)
        parts = ToPay(
            day=day,
            arrears_principal=self.principal_overdue - principal,
            arrears_interest=self.interest_open - interest,
            today_principal=principal,
            today_interest=interest,
            overdue_interest=self.overdue_interest_open + accrued.overdue_interest,
            late_interest=self.late_interest_open + accrued.late_interest,
            credit=self.credit,
            next_due=self.next_due,
            tolerance=self.tolerance,
        )
        return less_credit(parts, self.settlement(day)) if self.credit else parts

    @property
    def next_due(self) -> NextDue | None:
        """What falls due next; on every day of the span it is the same."""
        if self.next_due_date is None:
            return None
        principal, interest = self.next_due_principal, self.next_due_interest
        return NextDue(self.next_due_date, principal or NOTHING, interest or NOTHING)


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
    today = due_today(state, day) if is_active else (0, 0)
    return Snapshot(
        **{name: getattr(place, name) for name in _BALANCES},
        as_of=place.as_of,
        valid_through=date.fromordinal(changes - 1),
        today_principal=Money(today[0]),
        today_interest=Money(today[1]),
        accruing=accruing_of(state),
        tolerance=state.terms.tolerance,
        oldest_due=None if oldest is None else date.fromordinal(oldest),
        frozen_days=0 if oldest is None else state.frozen.days_in(oldest + 1, day + 1),
        is_frozen=is_frozen,
        group_floor=groups.floor(day) if is_active else 1,
        next_due_date=due.due_date if due else None,
        next_due_principal=due.principal if due else None,
        next_due_interest=due.interest if due else None,
    )


_BALANCES = {one.name for one in fields(Position)} & {one.name for one in fields(Balances)}
