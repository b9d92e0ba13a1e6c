"""`loanfund simulate` is the worked cases' contract, with no configuration at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loanfund.cli import main

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "simulate_cases.json").read_text(encoding="utf-8")
)


def _without_lines(result: dict[str, Any]) -> dict[str, Any]:
    """The worked cases carry no lines, no next_due and no messages."""
    for charge in result.get("charges", ()):
        charge.pop("lines", None)
    result.get("position", {}).pop("next_due", None)
    result.get("error", {}).pop("message", None)
    return result


@pytest.mark.parametrize("case", CASES, ids=[f"{one['number']} {one['name']}" for one in CASES])
def test_a_worked_case_comes_out_exactly(case: dict[str, Any]) -> None:
    result = CliRunner().invoke(main, ["simulate"], input=json.dumps(case["case"]))

    assert result.exit_code == (2 if "error" in case["expected"] else 0)
    expected = case["expected"]
    assert _without_lines(json.loads(result.stdout)) == _without_lines(expected)


def test_lines_give_one_result_a_line_in_order() -> None:
    lines = "".join(json.dumps(case["case"]) + "\n" for case in CASES)
    environment = {key: value for key, value in os.environ.items() if "LOANFUND" not in key}

    done = subprocess.run(
        [sys.executable, "-m", "loanfund", "simulate", "--lines"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )

    results = [_without_lines(json.loads(line)) for line in done.stdout.splitlines()]
    assert results == [_without_lines(case["expected"]) for case in CASES]


def test_what_is_no_json_is_refused_in_json() -> None:
    result = CliRunner().invoke(main, ["simulate"], input="{")

    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (
        2,
        "invalid_input",
    )
