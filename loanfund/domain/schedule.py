"""Due dates and the spreading of principal over instalments (rules §§3 and 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from loanfund.domain.calendar import add_months, next_working_day
from loanfund.domain.money import divide_half_up
from loanfund.domain.terms import RepaymentMethod, Terms, WorkingDayRule

MONTHS_IN_YEAR = 12

Grid = tuple[tuple[int, date], ...]
"""Days with the months that each lies after the first month."""


class Instalment:
    """One repayment of principal as it stands: the day it falls due, amount, part paid."""

    __slots__ = ("amount", "due", "paid")

    def __init__(self, due: int, amount: int) -> None:
        """Plan an amount of whole đồng due on a day, which is an ordinal."""
        self.due = due
        self.amount = amount
        self.paid = 0

    @property
    def open(self) -> int:
        """What is still to pay."""
        return self.amount - self.paid


def due_day(terms: Terms, nominal: date) -> int:
    """Give the ordinal of the day on which a nominal due date really falls."""
    if terms.working_day_rule is WorkingDayRule.FOLLOWING:
        nominal = next_working_day(nominal, terms.holidays)
    return nominal.toordinal()


def due_days(terms: Terms, nominal: Iterable[date]) -> list[int]:
    """Give the ordinals of the days on which nominal due dates really fall."""
    if terms.working_day_rule is WorkingDayRule.FOLLOWING:
        return [due_day(terms, one) for one in nominal]
    return [one.toordinal() for one in nominal]


def maturity(terms: Terms, start: date) -> date:
    """Give M before any moving."""
    if terms.repayment_method is RepaymentMethod.CUSTOM:
        return terms.principal_plan[-1].due_date
    return add_months(start, terms.term_months)


def nominal_interest_dates(terms: Terms, start: date, last: date) -> Grid:
    """Give the grid of S strictly between S and M, each with its months after S's month."""
    return _grid(start, terms.interest_day or start.day, terms.interest_every_months, last)


@lru_cache(maxsize=32)  # a fold asks twice: for principal, and for interest
def _grid(start: date, day: int, every: int, last: date) -> Grid:
    found = []
    months = 0
    while (due := add_months(start, months, on_day=day)) < last:
        if due > start:
            found.append((months, due))
        months += every
    return tuple(found)


def interest_due_days(terms: Terms, start: date, last: date) -> list[int]:
    """Give the interest due days through M, moved; two on one day are one."""
    nominal = [due for _, due in nominal_interest_dates(terms, start, last)]
    return sorted(set(due_days(terms, [*nominal, last])))


def nominal_after_maturity(terms: Terms, start: date, last: date) -> Iterator[date]:
    """Give the monthly days D after M, without end."""
    day = terms.interest_day or start.day
    months = (last.year - start.year) * MONTHS_IN_YEAR + last.month - start.month
    while True:
        due = add_months(start, months, on_day=day)
        if due > last:
            yield due
        months += 1


def principal_dates(terms: Terms, start: date) -> list[date]:
    """Give the nominal principal due dates of the contract."""
    last = maturity(terms, start)
    match terms.repayment_method:
        case RepaymentMethod.CUSTOM:
            return [row.due_date for row in terms.principal_plan]
        case RepaymentMethod.PRINCIPAL_AT_MATURITY:
            return [last]
        case RepaymentMethod.ANNUITY:
            every = 1
        case RepaymentMethod.EQUAL_PRINCIPAL:
            every = terms.months_between_principal
        case other:
            assert_never(other)
    grace = terms.principal_grace_months
    dates = [
        due
        for months, due in nominal_interest_dates(terms, start, last)
        if months > grace and (months - grace) % every == 0
    ]
    return [*dates, last]


def weights(terms: Terms, count: int) -> list[int]:
    """Give the weights of the last `count` principal due dates of the contract."""
    if terms.repayment_method is RepaymentMethod.CUSTOM:
        return [row.amount.dong for row in terms.principal_plan][-count:]
    return [1] * count


def spread(amount: int, parts: Sequence[int], rounding: int) -> list[int]:
    """Part an amount by weights, half up to a multiple of rounding; the last takes the rest.

    A part may come out at 0 or less; the caller refuses that (rules §4).
    """
    whole = sum(parts)
    rounded = [
        divide_half_up(amount * part, whole * rounding) * rounding for part in parts[:-1]
    ]
    return [*rounded, amount - sum(rounded)]


def annuity_payment(
    amount: int, annual_ppm: int, count: int, rounding: int, months: int = 1
) -> int:
    """Give A = P·i / (1 − (1+i)^−n), half up to a multiple of rounding; i = 0 gives P/n.

    `months` is the length of one of the `count` periods, for which i is the rate.
    """
    rate = Fraction(annual_ppm * months, MONTHS_IN_YEAR * 1_000_000)
    growth = (1 + rate) ** count
    exact = amount * rate * growth / (growth - 1) if rate else Fraction(amount, count)
    return divide_half_up(exact.numerator, exact.denominator * rounding) * rounding


def annuity_principal(
    amount: int, payment: int, interests: Callable[[int, int], int], count: int
) -> list[int]:
    """Give each instalment's principal: payment less interest, the last takes the rest.

    `interests(index, balance)` is the planned interest due with the instalment of that index.
    """
    parts = []
    balance = amount
    for index in range(count - 1):
        part = min(max(payment - interests(index, balance), 0), balance)
        parts.append(part)
        balance -= part
    return [*parts, balance]
