"""Interest that grows by the day: what accrued to a day, and what each day after adds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from loanfund.domain.accrual import PPM, THOUSANDTHS, Accrual
from loanfund.domain.calendar import DayCount, day_counter
from loanfund.domain.money import NOTHING, Money, divide_half_up
from loanfund.domain.state import LoanState


class Accrued(NamedTuple):
    """What accrued and is not charged, each rounded half up."""

    interest: Money = NOTHING
    overdue_interest: Money = NOTHING
    late_interest: Money = NOTHING


class Growth(NamedTuple):
    """One kind of interest: what accrued and what a unit of the day count adds to it.

    Both are đồng × 10⁻⁹ × units of the day count; a year has so many units (rules §5).
    """

    so_far: int
    a_unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accruing:
    """The three kinds of interest at the end of a day after which only time passes."""

    day_count: DayCount
    interest: Growth
    overdue_interest: Growth
    late_interest: Growth

    def through(self, since: date, day: date) -> Accrued:
        """Give what accrued through a day, where this holds at the end of `since`."""
        counter = day_counter(self.day_count)
        units = counter.sum_before(day.toordinal()) - counter.sum_before(since.toordinal())
        denominator = PPM * THOUSANDTHS * counter.year
        kinds = (self.interest, self.overdue_interest, self.late_interest)
        return Accrued(
            *(
                Money(divide_half_up(one.so_far + one.a_unit * units, denominator))
                for one in kinds
            )
        )


def accruing_of(state: LoanState) -> Accruing:
    """Give what accrues after the state's day; nothing once the loan is over."""
    kinds = (state.in_term, state.overdue_interest, state.late_interest)
    is_over = state.is_closed or state.is_written_off
    grows = [Growth(0, 0) if is_over else _growth(one) for one in kinds]
    return Accruing(
        day_count=state.terms.day_count,
        interest=grows[0],
        overdue_interest=grows[1],
        late_interest=grows[2],
    )


def _growth(accrual: Accrual) -> Growth:
    return Growth(accrual.numerator, accrual.balance * accrual.rate)
