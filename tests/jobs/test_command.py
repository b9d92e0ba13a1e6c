"""`loanfund job` on the 2020 book."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loanfund.cli import main
from loanfund.domain.job import PLANS

TODAY = "2020-06-01"


@pytest.fixture
def book(sqlite_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sqlite_file, tmp_path / "book.sqlite3"))


def run(book: Path, *arguments: str) -> Result:
    environment = {
        "LOANFUND_DEMO": "1",
        "LOANFUND_TODAY": TODAY,
        "LOANFUND_DATABASE_URL": f"sqlite:///{book}",
        "LOANFUND_LANGUAGE": "en",
    }
    return CliRunner().invoke(main, arguments, env=environment)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_jobs_are_listed_with_their_last_and_next_runs(book: Path) -> None:
    run(book, "job", "run", "verify")

    listed = {one["job"]: one for one in answer(run(book, "job", "list", "--json"))}

    assert list(listed) == list(PLANS)
    assert listed["verify"]["last"] == {
        "job": "verify",
        "slot": TODAY,
        "state": "done",
        "done": 0,
        "skipped": 0,
        "failed": 0,
    }
    assert listed["interest"]["last"] is None
    assert listed["interest"]["next"].endswith("+07:00")


def test_a_job_is_run_by_hand_once(book: Path) -> None:
    first = answer(run(book, "job", "run", "interest", "--json"))
    second = answer(run(book, "job", "run", "interest", "--json"))

    assert (first["state"], first["slot"]) == ("done", TODAY)
    assert second == first


def test_a_month_is_named_by_any_of_its_days(book: Path) -> None:
    found = answer(run(book, "job", "run", "classification", "--on", "2020-05-17", "--json"))

    assert found["slot"] == "2020-04-30"


def test_a_day_to_come_is_refused(book: Path) -> None:
    refused = run(book, "job", "run", "interest", "--on", "2020-06-02")

    assert refused.exit_code == 2
    assert "02/06/2020" in refused.stderr


def test_people_read_what_a_job_came_to(book: Path) -> None:
    said = run(book, "job", "run", "verify")

    assert said.output.strip().endswith("01/06/2020: done; done 0, skipped 0, failed 0")
    assert "01/06/2020: done" in run(book, "job", "list").stdout
