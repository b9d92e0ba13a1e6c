"""`loanfund simulate` is the worked cases' contract, with no configuration at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from loanfund.cli import main
from tests.worked import PARAMETERS, WORKED, as_worked


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_worked_case_comes_out_exactly(case: dict[str, Any]) -> None:
    result = CliRunner().invoke(main, ["simulate"], input=json.dumps(case["case"]))

    assert result.exit_code == (2 if "error" in case["expected"] else 0)
    expected = case["expected"]
    assert as_worked(json.loads(result.stdout)) == as_worked(expected)


def test_lines_give_one_result_a_line_in_order() -> None:
    lines = "".join(json.dumps(case["case"]) + "\n" for case in WORKED)
    environment = {key: value for key, value in os.environ.items() if "LOANFUND" not in key}

    done = subprocess.run(
        [sys.executable, "-m", "loanfund", "simulate", "--lines"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )

    results = [as_worked(json.loads(line)) for line in done.stdout.splitlines()]
    assert results == [as_worked(case["expected"]) for case in WORKED]


def test_what_is_no_json_is_refused_in_json() -> None:
    result = CliRunner().invoke(main, ["simulate"], input="{")

    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (
        2,
        "invalid_input",
    )
