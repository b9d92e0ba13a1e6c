"""Commands run in this process on a book of the test's own, the 2020 book imported."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loanfund.cli import main
from loanfund.paths import DEMO_BOOK

TODAY = "2020-06-01"

Run = Callable[..., Result]


def environment(database: Path, today: str = TODAY) -> dict[str, str]:
    return {
        "LOANFUND_DEMO": "1",
        "LOANFUND_TODAY": today,
        "LOANFUND_DATABASE_URL": f"sqlite:///{database}",
        "LOANFUND_LANGUAGE": "en",
    }


def run(database: Path, *arguments: str, text: str | None = None, today: str = TODAY) -> Result:
    """Run one command; a refusal has its exit status, anything else is raised."""
    result = CliRunner().invoke(main, arguments, input=text, env=environment(database, today))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(result: Result) -> Any:
    """Read the JSON that a command printed."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def imported(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with the 2020 workbook in it, that nobody writes to: copy it."""
    path = Path(shutil.copy(sqlite_file, tmp_path_factory.mktemp("cli") / "book.sqlite3"))
    result = run(path, "import", str(DEMO_BOOK))
    assert result.exit_code == 0, result.output
    with sqlite3.connect(path) as connection:  # leave one file, not three
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def book(imported: Path, tmp_path: Path) -> Path:
    """The 2020 book, the test's own."""
    return Path(shutil.copy(imported, tmp_path / "book.sqlite3"))


@pytest.fixture
def empty(sqlite_file: Path, tmp_path: Path) -> Path:
    """A migrated book with nothing in it."""
    return Path(shutil.copy(sqlite_file, tmp_path / "book.sqlite3"))
