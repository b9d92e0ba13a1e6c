"""The worked cases: loans with their histories, and what the rules make of them, by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

# Taking over a loan that ran elsewhere (section 14) is not in the program yet; its cases wait.
TAKE_OVER = frozenset({52, 53, 54, 57, 58})

FILE = Path(__file__).parent / "data" / "simulate_cases.json"
EVERY: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
WORKED = [one for one in EVERY if one["number"] not in TAKE_OVER]
PARAMETERS = [pytest.param(one, id=f"{one['number']} {one['name']}") for one in WORKED]


def worked_case(number: int) -> dict[str, Any]:
    """The case itself, to be asked otherwise."""
    return next(dict(one["case"]) for one in EVERY if one["number"] == number)


def as_worked(result: dict[str, Any]) -> dict[str, Any]:
    """What the worked cases carry of a result: no lines, no next due date, no sentence."""
    if "error" in result:
        return {"error": {name: result["error"].get(name) for name in ("code", "event")}}
    position = {k: v for k, v in result["position"].items() if k != "next_due"}
    charges = [{k: v for k, v in c.items() if k != "lines"} for c in result["charges"]]
    return {**result, "charges": charges, "position": position}
