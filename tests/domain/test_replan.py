"""New plans of principal, by hand: rounding, what is left over, and days that months clip."""

from __future__ import annotations

from datetime import date

import pytest

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.money import Money
from loanfund.domain.replan import moved_plan, spread_plan
from loanfund.domain.terms import PlannedInstalment


def rows(plan: tuple[PlannedInstalment, ...]) -> list[tuple[str, int]]:
    return [(f"{one.due_date:%d/%m/%Y}", one.amount.dong) for one in plan]


def test_an_amount_is_spread_half_up_and_the_last_takes_the_rest() -> None:
    """100 million over 3: 33.333.333,33 twice; the last gets 33.333.334."""
    plan = spread_plan(Money(100_000_000), date(2021, 1, 10), 3, 6, 1)

    assert rows(plan) == [
        ("10/01/2021", 33_333_333),
        ("10/07/2021", 33_333_333),
        ("10/01/2022", 33_333_334),
    ]


def test_parts_are_multiples_of_the_contracts_rounding() -> None:
    """20 million over 6, to the thousand: 3.333.333,3 is 3.333.000; 3.335.000 is left."""
    plan = spread_plan(Money(20_000_000), date(2020, 8, 31), 6, 1, 1_000)

    assert rows(plan) == [
        ("31/08/2020", 3_333_000),
        ("30/09/2020", 3_333_000),
        ("31/10/2020", 3_333_000),
        ("30/11/2020", 3_333_000),
        ("31/12/2020", 3_333_000),
        ("31/01/2021", 3_335_000),
    ]


def test_what_would_come_to_nothing_is_refused() -> None:
    """3 đồng over 5, to the đồng: 0,6 is 1 four times, and -1 would be left."""
    with pytest.raises(InvalidInputError, match="spread_too_thin"):
        spread_plan(Money(3), date(2021, 1, 10), 5, 1, 1)


def a_plan(*days: date) -> tuple[PlannedInstalment, ...]:
    return tuple(PlannedInstalment(day, Money(1_000_000)) for day in days)


def test_every_day_moves_by_months_and_amounts_stay() -> None:
    moved = moved_plan(a_plan(date(2020, 6, 10), date(2020, 9, 10)), 6)

    assert rows(moved) == [("10/12/2020", 1_000_000), ("10/03/2021", 1_000_000)]


def test_a_day_that_a_short_month_clipped_comes_back() -> None:
    """The 31st: 29/02 goes to 31/03, and 30/04 to 31/05."""
    clipped = a_plan(date(2020, 1, 31), date(2020, 2, 29), date(2020, 4, 30))
    own = a_plan(date(2020, 1, 31), date(2020, 2, 10))

    assert [day for day, _ in rows(moved_plan(clipped, 1))] == [
        "29/02/2020",
        "31/03/2020",
        "31/05/2020",
    ]
    assert [day for day, _ in rows(moved_plan(own, 1))] == ["29/02/2020", "10/03/2020"]
    assert moved_plan((), 3) == ()
