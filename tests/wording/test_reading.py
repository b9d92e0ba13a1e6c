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
        ("2tr5", 2_500_000),
        ("2 triệu 5", 2_500_000),
        ("2tr500", 2_500_000),
        ("1ty2", 1_200_000_000),
        ("1tỷ2", 1_200_000_000),
        ("1 tỷ 2 đồng", 1_200_000_000),
        ("1 tỷ 200 tr", 1_200_000_000),
        ("1ty\u0309 2", 1_200_000_000),  # as a Mac writes it, mark by mark
        ("2k5", 2_500),
        ("0,500tr", 500_000),
        ("1234,567tr", 1_234_567_000),
    ],
)
def test_an_amount_is_read(typed: str, dong: int) -> None:
    assert read_amount(typed) == dong


def refused(typed: str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as found:
        read_amount(typed)
    return found.value


def refusal(typed: str) -> str:
    return refused(typed).reason


def advised(error: InvalidInputError) -> list[int]:
    """Type what a refusal advises back, and give how it is read."""
    names = ("instead", "otherwise")
    return [read_amount(str(error.facts[one])) for one in names if one in error.facts]


@pytest.mark.parametrize(
    ("typed", "reason", "meant"),
    [
        ("1.5", "amount_unclear", [1_500_000]),
        ("1,5", "amount_unclear", [1_500_000]),
        ("12.50", "amount_unclear", [12_500_000]),
        ("0.012,50", "amount_unclear", [12_500_000]),
        ("1500000.00", "amount_fraction", [1_500_000]),
        ("1.500.000.00", "amount_fraction", [1_500_000]),  # as the page groups it meanwhile
        ("1.500.000,50", "amount_fraction", [1_500_000]),
        ("1,500,000.00", "amount_fraction", [1_500_000]),
        ("2.500k", "amount_two_ways", [2_500, 2_500_000]),
        ("2.500tr", "amount_two_ways", [2_500_000, 2_500_000_000]),
        ("14,390 tỷ", "amount_two_ways", [14_390_000_000, 14_390_000_000_000]),
        ("2tr50", "amount_two_ways", [2_500_000, 2_050_000]),
        ("2tr05", "amount_two_ways", [2_050_000, 2_005_000]),
    ],
)
def test_an_amount_that_may_be_misread_is_asked_back_with_advice_that_works(
    typed: str, reason: str, meant: list[int]
) -> None:
    error = refused(typed)

    assert error.reason == reason
    assert advised(error) == meant


FIGURES = st.from_regex(r"[0-9]{1,16}([., ][0-9]{1,7}){0,4}", fullmatch=True)
TAILS = st.sampled_from(
    ["", "k", " tr", "tỷ", "tr5", "tr05", "ty200", " tỷ 2 tr", " đ", "x", ".00"]
)


@given(FIGURES, TAILS)
def test_whatever_is_typed_is_read_or_refused_and_advice_is_always_read(
    figures: str, tail: str
) -> None:
    try:
        dong = read_amount(figures + tail)
    except InvalidInputError as error:
        for one in advised(error):
            assert 0 < one < 10**15
    else:
        assert 0 < dong < 10**15


@given(st.integers(1000, 10**12), st.sampled_from(["00", "0", "50"]))
def test_hundredths_that_other_programs_write_are_advised_away(dong: int, rest: str) -> None:
    plain, dotted = str(dong), vnd(dong)[:-2]

    for typed in (f"{plain}.{rest}", f"{plain},{rest}", f"{dotted},{rest}"):
        assert advised(refused(typed)) == [dong]


@pytest.mark.parametrize(
    "typed",
    ["2.500.00", "0.000,00", "1e6", "-5", "0", "0.00", "=1+1", "", "abc", "2.500,000",
     "0,0001k", "5 tạ", "1..000", "١٢٣", "9" * 16, "2,5trieux", "2tr5tr",
     "2tr5000", "3 5", "2²"],
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
    ("typed", "today", "past", "plain"),
    [
        ("31/12", date(2020, 1, 5), date(2019, 12, 31), date(2020, 12, 31)),
        ("3112", date(2020, 1, 31), date(2019, 12, 31), date(2020, 12, 31)),
        ("31/12", date(2020, 12, 31), date(2020, 12, 31), date(2020, 12, 31)),
        ("1/1", date(2020, 12, 31), date(2020, 1, 1), date(2020, 1, 1)),
        ("1/1", date(2020, 1, 1), date(2020, 1, 1), date(2020, 1, 1)),
        ("2/1", date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 2)),  # a slip: yet to come
        ("1/2", date(2020, 1, 1), date(2020, 2, 1), date(2020, 2, 1)),  # 31 days ahead
        ("2/2", date(2020, 1, 1), date(2019, 2, 2), date(2020, 2, 2)),
        ("31/12", date(2020, 12, 1), date(2020, 12, 31), date(2020, 12, 31)),
        ("31/12", date(2020, 11, 15), date(2019, 12, 31), date(2020, 12, 31)),
        ("29/2", date(2021, 1, 5), date(2020, 2, 29), None),
        ("31/12/2020", date(2020, 1, 5), date(2020, 12, 31), date(2020, 12, 31)),
        ("31/12/20", date(2020, 1, 5), date(2020, 12, 31), date(2020, 12, 31)),
    ],
)
def test_a_day_without_a_year_is_of_this_one_and_where_it_is_past_already_of_the_last(
    typed: str, today: date, past: date, plain: date | None
) -> None:
    assert read_day(typed, today, past=True) == past
    if plain is not None:
        assert read_day(typed, today) == plain


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
