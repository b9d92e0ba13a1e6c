"""Months that clip, working days, day counts and windows."""

from datetime import date
from fractions import Fraction

import pytest

from loanfund.domain.calendar import (
    DayCount,
    Windows,
    add_months,
    day_counter,
    days_between,
    month_end,
    month_ends,
    months_between,
    next_working_day,
    split_at_new_years,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def number(text: str) -> int:
    return day(text).toordinal()


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-01-31", 2, "2025-03-31"),  # from the original day, not from 28 February
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-12-31", 2, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-03-31", -1, "2025-02-28"),
        ("2025-01-15", -13, "2023-12-15"),
        ("2025-05-15", 0, "2025-05-15"),
    ],
)
def test_adding_months_keeps_the_day_and_clips_it(
    start: str, months: int, expected: str
) -> None:
    assert add_months(day(start), months) == day(expected)


def test_another_day_of_the_month_is_clipped_as_well() -> None:
    assert add_months(day("2025-01-15"), 1, on_day=31) == day("2025-02-28")
    assert add_months(day("2025-01-31"), 3, on_day=25) == day("2025-04-25")


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-01-15", "2025-07-15", 6),
        ("2025-01-15", "2025-07-16", 7),  # a part of a month counts
        ("2025-01-15", "2025-07-14", 6),
        ("2025-01-31", "2025-02-28", 1),
        ("2025-01-31", "2026-01-31", 12),
        ("2025-01-15", "2025-01-16", 1),
    ],
)
def test_months_between_rounds_up(start: str, end: str, expected: int) -> None:
    assert months_between(day(start), day(end)) == expected


def test_month_ends() -> None:
    assert month_end(day("2024-02-10")) == day("2024-02-29")
    assert month_ends(day("2024-01-31"), day("2024-03-30")) == [
        day("2024-01-31"),
        day("2024-02-29"),
    ]
    assert month_ends(day("2024-01-15"), day("2024-01-30")) == []


@pytest.mark.parametrize(
    ("nominal", "expected"),
    [
        ("2025-08-29", "2025-08-29"),  # a Friday
        ("2025-08-30", "2025-09-03"),  # Saturday → Sunday → Mon 1 and Tue 2, national holidays
        ("2025-09-02", "2025-09-03"),
        ("2025-09-06", "2025-09-08"),  # Saturday → Monday
        ("2025-09-07", "2025-09-08"),
    ],
)
def test_a_day_off_moves_to_the_next_working_day(nominal: str, expected: str) -> None:
    holidays = frozenset({day("2025-09-01"), day("2025-09-02")})

    assert next_working_day(day(nominal), holidays) == day(expected)


@pytest.mark.parametrize(
    ("day_count", "start", "end", "expected"),
    [
        # 31 days of January and 28 of February are what they are.
        (DayCount.ACTUAL_365, "2025-01-15", "2025-02-15", Fraction(31, 365)),
        (DayCount.ACTUAL_365, "2024-01-01", "2025-01-01", Fraction(366, 365)),
        (DayCount.ACTUAL_360, "2025-01-15", "2025-02-15", Fraction(31, 360)),
        # 15 December 2023 to 15 January 2024: 17 days of a year of 365, 14 of one of 366.
        (
            DayCount.ACTUAL_ACTUAL,
            "2023-12-15",
            "2024-01-15",
            Fraction(17, 365) + Fraction(14, 366),
        ),
        (DayCount.ACTUAL_ACTUAL, "2024-01-01", "2025-01-01", Fraction(1)),
        (DayCount.ACTUAL_ACTUAL, "2024-02-28", "2024-03-01", Fraction(2, 366)),
        # 30E/360: a whole month is a twelfth, the 31st counts as the 30th.
        (DayCount.THIRTY_E_360, "2025-01-15", "2025-02-15", Fraction(1, 12)),
        (DayCount.THIRTY_E_360, "2025-02-15", "2025-03-15", Fraction(1, 12)),
        (DayCount.THIRTY_E_360, "2025-01-30", "2025-01-31", Fraction(0)),
        (DayCount.THIRTY_E_360, "2025-01-31", "2025-02-28", Fraction(28, 360)),
        (DayCount.THIRTY_E_360, "2025-02-28", "2025-03-31", Fraction(32, 360)),
        (DayCount.THIRTY_E_360, "2024-02-29", "2024-03-01", Fraction(2, 360)),
    ],
)
def test_each_day_count_gives_its_share_of_a_year(
    day_count: DayCount, start: str, end: str, expected: Fraction
) -> None:
    counter = day_counter(day_count)

    units = counter.sum_before(number(end)) - counter.sum_before(number(start))

    assert Fraction(units, counter.year) == expected


@pytest.mark.parametrize("day_count", DayCount)
def test_a_period_is_the_sum_of_its_parts(day_count: DayCount) -> None:
    total = day_counter(day_count).sum_before
    days = [number("2023-12-31"), number("2024-02-29"), number("2024-03-31")]

    parts = (total(days[1]) - total(days[0])) + (total(days[2]) - total(days[1]))

    assert parts == total(days[2]) - total(days[0])


def test_a_line_shows_days_as_its_contract_counts_them() -> None:
    start, end = number("2025-01-31"), number("2025-02-28")

    assert days_between(DayCount.ACTUAL_365, start, end) == 28
    assert days_between(DayCount.ACTUAL_ACTUAL, start, end) == 28
    assert days_between(DayCount.THIRTY_E_360, number("2025-01-31"), number("2025-03-31")) == 60


def test_a_period_is_parted_at_each_new_year() -> None:
    parts = split_at_new_years(number("2023-12-15"), number("2025-01-15"))

    assert parts == [
        (number("2023-12-15"), number("2024-01-01")),
        (number("2024-01-01"), number("2025-01-01")),
        (number("2025-01-01"), number("2025-01-15")),
    ]
    assert split_at_new_years(number("2024-12-01"), number("2025-01-01")) == [
        (number("2024-12-01"), number("2025-01-01"))
    ]


def test_windows_count_and_cover_their_days() -> None:
    windows = Windows().with_window(10, 20).with_window(30, 40)

    assert windows.days_in(0, 100) == 20
    assert windows.days_in(15, 35) == 10  # 15…19 and 30…34
    assert [windows.covers(day) for day in (9, 10, 19, 20, 29, 30, 40)] == [
        *(False, True, True, False, False, True, False),
    ]


def test_the_first_day_outside_a_window() -> None:
    windows = Windows().with_window(10, 20).with_window(30, 40)

    assert [windows.first_outside(day) for day in (9, 10, 19, 20, 30, 45)] == [
        *(9, 20, 20, 20, 40, 45),
    ]


def test_windows_that_meet_or_overlap_are_one() -> None:
    assert Windows().with_window(10, 20).with_window(20, 30) == Windows((10,), (30,))
    assert Windows().with_window(10, 40).with_window(20, 30) == Windows((10,), (40,))
