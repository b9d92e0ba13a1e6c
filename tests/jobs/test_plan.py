"""When jobs run, worked out by hand."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from loanfund.clock import OFFICE
from loanfund.domain.job import PLANS, Every, Plan

DAILY = Plan("daily", Every.DAY, time(8, 0))
MONTHLY = Plan("monthly", Every.MONTH, time(4, 0))


def at(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    """An instant at the office."""
    return datetime.combine(date(year, month, day), time(hour, minute), OFFICE)


@pytest.mark.parametrize(
    ("last", "today", "now", "slots"),
    [
        (None, date(2020, 6, 1), time(8, 0), [date(2020, 6, 1)]),
        (date(2020, 5, 20), date(2020, 6, 1), time(9, 0), [date(2020, 6, 1)]),
        (date(2020, 6, 1), date(2020, 6, 1), time(9, 0), []),
        (date(2020, 5, 31), date(2020, 6, 1), time(7, 59), []),
    ],
)
def test_of_missed_days_only_the_newest_runs(
    last: date | None, today: date, now: time, slots: list[date]
) -> None:
    assert DAILY.due_slots(last, today, now) == slots


@pytest.mark.parametrize(
    ("last", "today", "now", "slots"),
    [
        (None, date(2020, 6, 1), time(4, 0), [date(2020, 5, 31)]),
        (None, date(2020, 6, 1), time(3, 59), [date(2020, 4, 30)]),
        (date(2020, 4, 30), date(2020, 6, 1), time(3, 59), []),
        (
            date(2019, 12, 31),
            date(2020, 3, 15),
            time(1, 0),
            [date(2020, 1, 31), date(2020, 2, 29)],
        ),
        (date(2020, 5, 31), date(2020, 6, 30), time(23, 0), []),
    ],
)
def test_every_missed_month_runs(
    last: date | None, today: date, now: time, slots: list[date]
) -> None:
    assert MONTHLY.due_slots(last, today, now) == slots


@pytest.mark.parametrize(
    ("plan", "now", "expected"),
    [
        (DAILY, at(2020, 5, 31, 7, 59), at(2020, 5, 31, 8, 0)),
        (DAILY, at(2020, 5, 31, 8, 0), at(2020, 6, 1, 8, 0)),
        (MONTHLY, at(2020, 6, 1, 3, 0), at(2020, 6, 1, 4, 0)),
        (MONTHLY, at(2020, 12, 5, 3, 0), at(2021, 1, 1, 4, 0)),
    ],
)
def test_the_next_run_is_at_the_office_s_time(
    plan: Plan, now: datetime, expected: datetime
) -> None:
    found = plan.next_at(now, OFFICE)

    assert found == expected


def test_a_day_belongs_to_the_month_that_is_over() -> None:
    assert MONTHLY.slot(date(2020, 6, 17)) == date(2020, 5, 31)
    assert MONTHLY.slot(date(2020, 5, 31)) == date(2020, 5, 31)
    assert DAILY.slot(date(2020, 6, 17)) == date(2020, 6, 17)


def test_books_are_brought_to_the_day_before_anything_reads_them() -> None:
    assert list(PLANS) == sorted(PLANS, key=lambda name: PLANS[name].at)
    assert next(iter(PLANS)) == "interest"
