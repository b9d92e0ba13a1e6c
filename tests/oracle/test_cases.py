"""The worked cases, to which the day-by-day rules answer exactly."""

from typing import Any

import pytest

from tests.oracle import simulate
from tests.worked import EVERY, PARAMETERS, TAKE_OVER, as_worked, worked_case


def test_no_case_waits_but_those_that_begin_with_a_take_over() -> None:
    begun = {
        one["number"]
        for one in EVERY
        if any(event["type"] == "opening" for event in one["case"]["events"])
    }

    assert [one["number"] for one in EVERY] == list(range(1, 60))
    assert begun == TAKE_OVER


@pytest.mark.parametrize("worked", PARAMETERS)
def test_a_worked_case_comes_out_to_the_dong(worked: dict[str, Any]) -> None:
    assert as_worked(simulate(worked["case"])) == worked["expected"]


def test_a_charge_is_explained_by_its_lines() -> None:
    result = simulate(worked_case(2))

    assert result["charges"][0]["lines"] == [
        {
            "from": "2024-01-15",
            "to": "2024-02-15",
            "days": 31,
            "balance": 300000000,
            "annual_rate": "4.8",
            "amount": "1223013.70",
        }
    ]


def test_the_next_due_date_is_found_by_walking_on() -> None:
    result = simulate(worked_case(2))

    assert result["position"]["next_due"] == {
        "date": "2024-03-15",
        "principal": 0,
        "interest": 1144110,
    }
