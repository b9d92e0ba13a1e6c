"""Months, working days and day counts (rules §§3 and 5); inside, days are ordinals."""

from __future__ import annotations

from bisect import bisect_right
from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

SATURDAY = 6
FEBRUARY, LEAP_FEBRUARY = 2, 29
LAST_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NEVER = date.max.toordinal()


class DayCount(StrEnum):
    """How days become a fraction of a year."""

    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_ACTUAL = "actual/actual"
    THIRTY_E_360 = "30E/360"


@dataclass(frozen=True, slots=True)
class DayCounter:
    """A day count as a running sum: interest of [a, b) = balance × rate × (Σb − Σa) / year.

    The sum of two neighbouring periods is then the sum of the whole, whatever the day count.
    """

    sum_before: Callable[[int], int]
    year: int


def day_counter(day_count: DayCount) -> DayCounter:
    """Give the running sum and the length of its year in the same units."""
    return _COUNTERS[day_count]


def days_between(day_count: DayCount, start: int, end: int) -> int:
    """Give the days that a line shows: as counted by the contract's day count."""
    if day_count is DayCount.THIRTY_E_360:
        return _thirty_sum(end) - _thirty_sum(start)
    return end - start


def split_at_new_years(start: int, end: int) -> list[tuple[int, int]]:
    """Part [start, end) at each 1 January, where `actual/actual` changes its year."""
    first = date.fromordinal(start).year + 1
    last = date.fromordinal(end - 1).year
    cuts = [date(year, 1, 1).toordinal() for year in range(first, last + 1)]
    return list(zip([start, *cuts], [*cuts, end], strict=True))


def _same(day: int) -> int:
    return day


@cache
def _thirty_sum(day: int) -> int:
    civil = date.fromordinal(day)
    return 360 * civil.year + 30 * civil.month + min(civil.day, 30)


@cache
def _mixed_sum(day: int) -> int:
    """Count in 1/(365·366) of a year, so that every whole year is 365·366 of them."""
    year = date.fromordinal(day).year
    of_a_day = 365 if isleap(year) else 366
    return year * 365 * 366 + of_a_day * (day - date(year, 1, 1).toordinal())


_COUNTERS = {
    DayCount.ACTUAL_365: DayCounter(_same, 365),
    DayCount.ACTUAL_360: DayCounter(_same, 360),
    DayCount.ACTUAL_ACTUAL: DayCounter(_mixed_sum, 365 * 366),
    DayCount.THIRTY_E_360: DayCounter(_thirty_sum, 360),
}


def add_months(day: date, months: int, *, on_day: int | None = None) -> date:
    """Give the day so many months later, clipped to the month; `on_day` replaces its day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(on_day or day.day, _last_day(year, month)))


def months_between(start: date, end: date) -> int:
    """Give the months from start to end, a part of a month counting as one."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) >= end else months + 1


def month_end(day: date) -> date:
    """Give the last day of the day's month."""
    return day.replace(day=_last_day(day.year, day.month))


def _last_day(year: int, month: int) -> int:
    return LEAP_FEBRUARY if month == FEBRUARY and isleap(year) else LAST_DAYS[month - 1]


def month_ends(start: date, end: date) -> list[date]:
    """Give every last day of a month in [start, end]."""
    ends = []
    current = month_end(start)
    while current <= end:
        ends.append(current)
        current = month_end(current + timedelta(days=1))
    return ends


def next_working_day(day: date, holidays: frozenset[date]) -> date:
    """Give the day itself, or the first day after it that is no weekend and no holiday."""
    return _working_day(day, holidays, timedelta(days=1))


def last_working_day(day: date, holidays: frozenset[date]) -> date:
    """Give the day itself, or the last day before it that is no weekend and no holiday."""
    return _working_day(day, holidays, timedelta(days=-1))


def day_off(day: date, holidays: frozenset[date]) -> str:
    """Name what keeps a day from being a working day; empty for one that is."""
    if day in holidays:
        return "holiday"
    return {SATURDAY: "saturday", SATURDAY + 1: "sunday"}.get(day.isoweekday(), "")


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day to pay on which nobody works: what day it is, and by when to pay instead."""

    kind: str
    pay_by: date


def day_off_for(due: date, today: date, holidays: frozenset[date]) -> DayOff | None:
    """Give by when a due of today or later is to be paid, where nobody works on its day."""
    kind = day_off(due, holidays)
    if not kind or due < today:
        return None
    return DayOff(kind, max(last_working_day(due, holidays), today))


def _working_day(day: date, holidays: frozenset[date], step: timedelta) -> date:
    while day.isoweekday() >= SATURDAY or day in holidays:
        day += step
    return day


@dataclass(frozen=True, slots=True)
class Windows:
    """Half-open spans of days [start, end), apart and in order."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def with_window(self, start: int, end: int) -> Windows:
        """Add a span that begins no earlier than any before it."""
        if self.ends and start <= self.ends[-1]:
            return Windows(self.starts, (*self.ends[:-1], max(end, self.ends[-1])))
        return Windows((*self.starts, start), (*self.ends, end))

    def days_in(self, start: int, end: int) -> int:
        """Count the days of the spans that lie in [start, end)."""
        return sum(
            max(0, min(end, stop) - max(start, begin))
            for begin, stop in zip(self.starts, self.ends, strict=True)
        )

    def covers(self, day: int) -> bool:
        """Tell whether the day lies in a span."""
        index = bisect_right(self.starts, day) - 1
        return index >= 0 and day < self.ends[index]

    def first_outside(self, day: int) -> int:
        """Give the day itself, or the first after it that lies in no span."""
        index = bisect_right(self.starts, day) - 1
        return max(day, self.ends[index]) if index >= 0 else day
