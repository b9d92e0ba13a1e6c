"""What lies ahead: the repayment schedule in force and what falls due next (rules §11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanfund.domain.accrual import PPM, THOUSANDTHS
from loanfund.domain.calendar import NEVER, day_counter
from loanfund.domain.money import Money, divide_half_up
from loanfund.domain.movement import PlanVersion
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """What falls due on one day, and the principal left after it."""

    number: int
    due_date: date
    principal: Money
    interest: Money
    total: Money
    principal_balance: Money


def project(terms: Terms, version: PlanVersion, through: int = NEVER) -> list[ScheduleRow]:
    """List later due dates of a plan, all paid in full on its date, credit aside."""
    counter = day_counter(terms.day_count)
    denominator = PPM * THOUSANDTHS * counter.year
    principal = _by_day(version.instalments)
    deferred = _by_day(version.deferred_interest)
    interest_days = set(version.interest_days)
    balance = sum(principal.values())
    numerator = version.in_term_numerator
    since = max(version.day, version.frozen_until)
    rows: list[ScheduleRow] = []
    for day in sorted(interest_days | set(principal) | set(deferred)):
        if day > through:
            break
        if day > since:
            units = counter.sum_before(day) - counter.sum_before(since)
            numerator += balance * version.rate * THOUSANDTHS * units
            since = day
        interest = deferred.get(day, 0)
        if day in interest_days:
            interest += divide_half_up(numerator, denominator)
            numerator = 0
        due = principal.get(day, 0)
        balance -= due
        if due or interest:
            amounts = (due, interest, due + interest, balance)
            rows.append(
                ScheduleRow(
                    len(rows) + 1, date.fromordinal(day), *(Money(one) for one in amounts)
                )
            )
    return rows


def _by_day(amounts: tuple[tuple[int, int], ...]) -> dict[int, int]:
    """Add up the amounts that share a day."""
    days: dict[int, int] = {}
    for day, amount in amounts:
        days[day] = days.get(day, 0) + amount
    return days


def next_due(state: LoanState, day: int) -> tuple[int, int, int] | None:
    """Give the next day something falls due with the principal and interest open of it then."""
    coming = [one for one in state.instalments[state.due_count :] if one.open]
    deferred = [one for one in state.deferred if one.kind is INTEREST and one.open]
    planned = [one.due for one in coming] + [charge.due for charge in deferred]
    interest_day, interest = _next_interest(state, day, min(planned, default=NEVER))
    first = min([*planned, interest_day] if interest else planned, default=None)
    if first is None:
        return None
    return (
        first,
        sum(one.open for one in coming if one.due == first),
        sum(charge.open for charge in deferred if charge.due == first)
        + (interest if first == interest_day else 0),
    )


def _next_interest(state: LoanState, since: int, last: int) -> tuple[int, int]:
    """Give the next interest due day through `last` on which interest comes, and how much.

    A charge that rounds to nothing is dropped, so that the next one begins anew.
    """
    accrual, balance = state.in_term, state.outstanding - state.overdue
    numerator = accrual.numerator
    index = state.next_interest
    while True:
        day = state.interest_day(index)
        numerator += balance * accrual.rate * state.units(since, day)
        interest = divide_half_up(numerator, accrual.denominator)
        if interest or day >= last or not balance:
            return day, interest
        index, since, numerator = index + 1, day, 0
