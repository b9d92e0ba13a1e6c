"""Figures and days as the fund writes them."""

from datetime import date

import pytest

from loanfund.domain.money import Money, Rate
from loanfund.wording import dmy, percent, shown, vnd

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("dong", "written"),
    [(0, "0"), (999, "999"), (1_234_567, "1.234.567"), (-13_300_000_000, "−13.300.000.000")],
)
def test_amounts_are_grouped_with_dots(dong: int, written: str) -> None:
    assert vnd(dong) == vnd(Money(dong)) == f"{written}{NBSP}đ"


def test_rates_have_a_comma() -> None:
    assert percent("0.60") == f"0,60{NBSP}%"
    assert percent(Rate.percent("7.2")) == f"7,2{NBSP}%"


def test_days_have_two_digits_and_years_four() -> None:
    assert dmy(date(2020, 6, 1)) == "01/06/2020"
    assert dmy(date(987, 12, 31)) == "31/12/0987"


def test_facts_are_shown_by_their_kind() -> None:
    assert shown(Money(5_000)) == f"5.000{NBSP}đ"
    assert shown(Rate(6_000)) == f"0,6{NBSP}%"
    assert shown(date(2020, 5, 31)) == "31/05/2020"
    assert shown(5_000) == "5000"
    assert shown(-5) == "−5"
    assert shown("HTX Đồng Tâm") == "HTX Đồng Tâm"
