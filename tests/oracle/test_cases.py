"""The worked cases, to which the day-by-day rules answer exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import simulate

CASES = Path(__file__).parents[1] / "data" / "simulate_cases.json"


WORKED = json.loads(CASES.read_text(encoding="utf-8"))


def worked_cases() -> list[Any]:
    return [pytest.param(each, id=f"{each['number']} {each['name']}") for each in WORKED]


def worked_case(number: int) -> dict[str, Any]:
    return next(dict(each["case"]) for each in WORKED if each["number"] == number)


def as_worked(result: dict[str, Any]) -> dict[str, Any]:
    """What the worked cases carry of a result: no lines and no next due date."""
    if "error" in result:
        return result
    position = {k: v for k, v in result["position"].items() if k != "next_due"}
    charges = [{k: v for k, v in c.items() if k != "lines"} for c in result["charges"]]
    return {**result, "charges": charges, "position": position}


@pytest.mark.parametrize("worked", worked_cases())
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
