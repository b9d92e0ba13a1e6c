"""The business date is the office's, whatever the machine's zone."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from loanfund.clock import FixedClock, SystemClock, end_of_day, office_day


def test_an_evening_in_utc_is_the_next_day_at_the_office() -> None:
    evening = datetime(2020, 3, 31, 20, 0, tzinfo=UTC)

    assert office_day(evening) == date(2020, 4, 1)


def test_the_day_of_the_office_ends_at_seventeen_hours_utc() -> None:
    last = end_of_day(date(2020, 5, 31))

    assert last == datetime(2020, 5, 31, 16, 59, 59, 999_999, tzinfo=UTC)


@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)))
def test_the_instant_after_the_end_of_a_day_is_the_next_day(day: date) -> None:
    last = end_of_day(day)

    assert office_day(last) == day
    assert office_day(last + timedelta(microseconds=1)) == day + timedelta(days=1)


def test_a_fixed_clock_keeps_the_day_while_instants_move_on() -> None:
    clock = FixedClock(date(2020, 6, 1))

    first, second = clock.now(), clock.now()

    assert clock.today() == date(2020, 6, 1)
    assert first.tzinfo is UTC
    assert first <= second
    assert first > datetime(2024, 1, 1, tzinfo=UTC)


def test_the_system_clock_says_the_day_of_its_own_instant() -> None:
    clock = SystemClock()

    before, day, after = clock.now(), clock.today(), clock.now()

    assert day in {office_day(before), office_day(after)}
