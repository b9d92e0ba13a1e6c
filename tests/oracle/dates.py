"""Due dates and day counts (sections 3 and 5)."""

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
SATURDAY = 5


class Freeze(NamedTuple):
    day: date
    until: date

    def holds(self, day: date) -> bool:
        return self.day <= day < self.until


class Grid(NamedTuple):
    """Everything the interest due dates of a loan follow from, but the maturity's own date."""

    start: date
    interest_day: int
    every_months: int
    maturity: date
    holidays: frozenset[date] | None  # None: due dates do not move
    freezes: tuple[Freeze, ...]


def month_day(start: date, months: int, day: int) -> date:
    """Day `day`, clipped, of the month `months` after that of `start` (section 3)."""
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def add_months(day: date, months: int) -> date:
    """Adding months keeps the original day and clips it (section 3)."""
    return month_day(day, months, day.day)


def each_day(start: date, end: date) -> Iterator[date]:
    """The days from `start` through the one before `end`."""
    while start < end:
        yield start
        start += ONE_DAY


def working_day(day: date, holidays: frozenset[date] | None) -> date:
    """The day itself or the next working day; no holidays given means no rule (section 3)."""
    if holidays is None:
        return day
    while day.weekday() >= SATURDAY or day in holidays:
        day += ONE_DAY
    return day


def after_freezes(day: date, freezes: tuple[Freeze, ...]) -> date:
    """What falls due in a freeze falls due on its `until` (section 8)."""
    for freeze in freezes:
        if freeze.holds(day):
            day = freeze.until
    return day


def nominal_interest_dates(grid: Grid, last: date) -> Iterator[tuple[int, date]]:
    """(k, day D of month k) through `last`: by the contract's step before M, monthly after."""
    k = 0
    while (day := month_day(grid.start, k, grid.interest_day)) <= last:
        before_maturity = grid.start < day < grid.maturity and k % grid.every_months == 0
        if before_maturity or day > grid.maturity:
            yield k, day
        k += 1


@lru_cache(maxsize=1024)
def interest_dates(grid: Grid, last: date) -> frozenset[date]:
    """The interest due dates through `last`, M aside (sections 3, 5 and 8)."""
    return frozenset(
        after_freezes(working_day(day, grid.holidays), grid.freezes)
        for _, day in nominal_interest_dates(grid, last)
    )


def thirty_360_number(day: date) -> int:
    """The day's number under 30E/360 (section 5)."""
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def days_between(day_count: str, start: date, end: date) -> int:
    """The days of [start, end) as the day count counts them (section 5)."""
    if day_count == "30E/360":
        return thirty_360_number(end) - thirty_360_number(start)
    return (end - start).days


def year_length(day_count: str, day: date) -> int:
    """The days of the year a day belongs to (section 5)."""
    if day_count == "actual/actual":
        return 366 if calendar.isleap(day.year) else 365
    return {"actual/365": 365, "actual/360": 360, "30E/360": 360}[day_count]


def year_share(day_count: str, day: date) -> Fraction:
    """The part of a year that one day is (section 5)."""
    days = days_between(day_count, day, day + ONE_DAY)
    return Fraction(days, year_length(day_count, day))
