"""Amounts and days as people type them; what has two meanings is asked back, not guessed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.clock import OFFICE
from loanfund.domain.errors import InvalidInputError
from loanfund.wording import dmy, vnd
from loanfund.wording.reading import read_amount, read_day, read_instant

TODAY = date(2020, 6, 1)


@pytest.mark.parametrize(
    ("typed", "dong"),
    [
        ("2500000", 2_500_000),
        ("2.500.000", 2_500_000),
        ("2,500,000", 2_500_000),
        ("2 500 000", 2_500_000),
        (" 2.500.000 đ ", 2_500_000),
        ("2.500.000\N{NO-BREAK SPACE}đ", 2_500_000),
        ("2500k", 2_500_000),
        ("2,5tr", 2_500_000),
        ("2.5tr", 2_500_000),
        ("2,5 triệu", 2_500_000),
        ("13,3ty", 13_300_000_000),
        ("13.3 tỷ", 13_300_000_000),
        ("1.500", 1_500),
        ("500 đồng", 500),
        ("129tr", 129_000_000),
    ],
)
def test_an_amount_is_read(typed: str, dong: int) -> None:
    assert read_amount(typed) == dong


def refusal(typed: str) -> str:
    with pytest.raises(InvalidInputError) as refused:
        read_amount(typed)
    return refused.value.reason


@pytest.mark.parametrize("typed", ["1.5", "1,5", "12.50", "2.500k", "2.500tr", "14,390 tỷ"])
def test_an_amount_of_two_meanings_is_asked_back(typed: str) -> None:
    assert refusal(typed) == "amount_unclear"


@pytest.mark.parametrize(
    "typed",
    ["2.500.00", "1e6", "-5", "0", "=1+1", "", "abc", "2.500,000", "0,0001k", "5 tạ", "1..000",
     "١٢٣", "9" * 16, "2,5trieux", "1.000.000,50"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(typed: str) -> None:
    assert refusal(typed) in {"amount_malformed", "amount_range"}


@given(st.integers(1, 10**15 - 1))
def test_an_amount_that_was_written_is_read_back(dong: int) -> None:
    assert read_amount(vnd(dong)) == dong


@pytest.mark.parametrize(
    "typed",
    ["5/6", "050620", "5-6-2020", "05/06/2020", "5.6.20", "0506", "2020-06-05", " 5/6 "],
)
def test_a_day_is_read(typed: str) -> None:
    assert read_day(typed, TODAY) == date(2020, 6, 5)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("31/02", "day_impossible"),
        ("29/2/2019", "day_impossible"),
        ("5/13", "day_impossible"),
        ("5", "day_malformed"),
        ("5/6/020", "day_malformed"),
        ("mai", "day_malformed"),
        ("", "day_malformed"),
    ],
)
def test_what_is_no_day_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_day(typed, TODAY)

    assert refused.value.reason == reason


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_a_day_that_was_written_is_read_back(day: date) -> None:
    assert read_day(dmy(day), TODAY) == day


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2020-06-01T17:00:00+07:00", datetime(2020, 6, 1, 10, tzinfo=UTC)),
        ("2020-06-01T17:00:00 07:00", datetime(2020, 6, 1, 10, tzinfo=UTC)),
        ("2020-06-01T10:00:00.5Z", datetime(2020, 6, 1, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("01/06/2020 17:00", datetime(2020, 6, 1, 10, tzinfo=UTC)),
        ("1/6 7:05:09", datetime(2020, 6, 1, 0, 5, 9, tzinfo=UTC)),
        ("01/06/2020", None),
    ],
)
def test_an_instant_is_read_with_its_zone_or_by_the_clock_of_the_office(
    typed: str, instant: datetime | None
) -> None:
    assert read_instant(typed, date(2020, 6, 2), OFFICE) == instant


@pytest.mark.parametrize(
    "typed",
    [
        "2020-06-01T17:00",
        "2020-06-01T25:00Z",
        "01/06/2020 25:00",
        "31/02 7:00",
        "T",
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_instant_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInputError):
        read_instant(typed, date(2020, 6, 2), OFFICE)
