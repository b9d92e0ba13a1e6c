"""New plans of principal to reschedule by: spread evenly, or moved by months (rules §§3, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from loanfund.domain.calendar import add_months, month_end
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.money import Money
from loanfund.domain.schedule import spread
from loanfund.domain.terms import PlannedInstalment


def spread_plan(
    amount: Money, first_on: date, count: int, every_months: int, rounding: int
) -> tuple[PlannedInstalment, ...]:
    """Spread an amount over so many days from one on, each so many months after the other.

    Parts are equal, half up to a multiple of `rounding` đồng; the last gets the rest.
    Days are nominal: the working-day rule moves them afterwards. InvalidInputError where a part
    would come to nothing.
    """
    parts = spread(amount.dong, [1] * count, rounding)
    if min(parts) <= 0:
        raise InvalidInputError("spread_too_thin", amount=amount, count=count)
    return tuple(
        PlannedInstalment(add_months(first_on, place * every_months), Money(part))
        for place, part in enumerate(parts)
    )


def moved_plan(plan: Sequence[PlannedInstalment], months: int) -> tuple[PlannedInstalment, ...]:
    """Give a plan with every day so many months later.

    Days that a short month clipped (31/01, 29/02, 31/03) keep the day that they come from.
    """
    day = max((one.due_date.day for one in plan), default=None)
    is_one_day = all(one.due_date.day == min(day or 0, _last_day(one.due_date)) for one in plan)
    return tuple(
        PlannedInstalment(
            add_months(one.due_date, months, on_day=day if is_one_day else None), one.amount
        )
        for one in plan
    )


def _last_day(day: date) -> int:
    return month_end(day).day
