"""Whole đồng, exact rates, and the one rounding."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.domain.money import (
    NOTHING,
    Money,
    Rate,
    decimal_text,
    decimal_units,
    divide_half_up,
    fixed_text,
    total,
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (0, 7, 0),
        (1, 2, 1),  # 0.5 up
        (3, 2, 2),  # 1.5 up
        (5, 2, 3),  # 2.5 up, not to even
        (49, 100, 0),
        (50, 100, 1),
        (51, 100, 1),
        (1_499_999_999_999, 10**12, 1),
        (10**30 + 1, 2, (10**30 + 2) // 2),  # far beyond what a float holds
    ],
)
def test_halves_round_up(numerator: int, denominator: int, expected: int) -> None:
    assert divide_half_up(numerator, denominator) == expected


@given(st.integers(0, 10**30), st.integers(1, 10**15))
def test_rounding_is_never_off_by_more_than_half(numerator: int, denominator: int) -> None:
    rounded = divide_half_up(numerator, denominator)

    assert -Fraction(1, 2) < Fraction(numerator, denominator) - rounded < Fraction(1, 2) or (
        rounded - Fraction(numerator, denominator) == Fraction(1, 2)
    )


def test_money_adds_and_subtracts_with_money() -> None:
    assert Money(5) + Money(7) == Money(12)
    assert Money(5) - Money(7) == Money(-2)
    assert -Money(5) == Money(-5)
    assert total([Money(1), Money(2), Money(3)]) == Money(6)
    assert total([]) == NOTHING


def test_money_is_ordered_and_nothing_is_false() -> None:
    assert Money(1) < Money(2)
    assert Money(-1)
    assert not NOTHING


@pytest.mark.parametrize("given", [1.0, True, "1", None])
def test_money_is_a_whole_number_and_nothing_else(given: object) -> None:
    with pytest.raises(TypeError):
        Money(given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "ppm", "shortest"),
    [
        ("7.2", 72_000, "7.2"),
        ("7", 70_000, "7"),
        ("0", 0, "0"),
        ("0.0001", 1, "0.0001"),
        ("7.20000", 72_000, "7.2"),  # decimals count by value
        ("10.0500", 100_500, "10.05"),
        ("-1.5", -15_000, "-1.5"),
        ("007", 70_000, "7"),
    ],
)
def test_a_rate_is_read_exactly_and_printed_shortest(
    text: str, ppm: int, shortest: str
) -> None:
    rate = Rate.percent(text)

    assert rate == Rate(ppm)
    assert rate.text == shortest


@pytest.mark.parametrize(
    "text",
    ["", "7,2", "7.", ".5", "1e3", "+7", " 7", "7 ", "7.20001", "seven", "٧", "-", "1.2.3"],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Rate.percent(text)


@given(st.integers(-(10**9), 10**9), st.integers(1, 7))
def test_a_decimal_text_reads_back_to_its_units(units: int, decimals: int) -> None:
    assert decimal_units(decimal_text(units, decimals=decimals), decimals=decimals) == units


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(0), "0.00"),
        (Fraction(1, 200), "0.01"),  # 0.005 up
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1_223_013_698, 1000), "1223013.70"),
        (Fraction(199_999, 100_000), "2.00"),
    ],
)
def test_a_fraction_shows_two_decimals_half_up(value: Fraction, expected: str) -> None:
    assert fixed_text(value, 2) == expected
