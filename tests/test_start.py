"""A production start refuses what S-39 lists: it exits, and names the setting."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import URL

from loanfund.cli import main

SECRET = "tNq3vXb8sR5wYk2hLm9pZc4dFg7jQa6e"
GOOD = {
    "LOANFUND_SECRET_KEY": SECRET,
    "LOANFUND_BASE_URL": "https://quy.example.vn",
}
BAD = {
    "LOANFUND_SECRET_KEY": ["", "too-short", "0123456789abcdef0123456789abcdef", "a" * 40],
    "LOANFUND_BASE_URL": ["", "http://quy.example.vn"],
    "LOANFUND_DATABASE_URL": ["", "postgresql://loanfund:postgres@127.0.0.1:1/loanfund"],
    "LOANFUND_DEBUG": ["1"],
    "LOANFUND_TODAY": ["2020-06-01"],
    "LOANFUND_SMTP_SECURITY": ["none"],
    "LOANFUND_TYPO": ["1"],
}


def start(settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `loanfund web` with these settings and nothing else of ours."""
    inherited = {key: text for key, text in os.environ.items() if "LOANFUND" not in key}
    return subprocess.run(
        [sys.executable, "-m", "loanfund", "web"],
        env={**inherited, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(settings: dict[str, str]) -> Result:
    """Run `loanfund web` in this process with these settings and nothing else of ours."""
    others = dict.fromkeys(name for name in os.environ if "LOANFUND" in name)
    return CliRunner().invoke(main, ["web"], env={**others, **settings})


@pytest.mark.parametrize(("name", "value"), [(name, one) for name in BAD for one in BAD[name]])
def test_a_bad_setting_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/book.sqlite3"

    refused = told({"LOANFUND_DATABASE_URL": database, **GOOD, name: value})

    assert isinstance(refused.exception, SystemExit)
    assert refused.exit_code != 0
    assert name in refused.stderr


@pytest.mark.slow
def test_a_started_program_ends_with_all_that_is_wrong_and_no_traceback(tmp_path: Path) -> None:
    wrong = {
        name: values[-1] for name, values in BAD.items() if name != "LOANFUND_DATABASE_URL"
    }

    refused = start(
        {"LOANFUND_DATABASE_URL": f"sqlite:///{tmp_path}/b.sqlite3", **GOOD, **wrong}
    )

    assert refused.returncode != 0
    assert [name for name in wrong if name not in refused.stderr] == []
    assert "Traceback" not in refused.stderr


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.secret"
    key.write_text(SECRET)
    key.chmod(0o644)
    settings = {
        "LOANFUND_DATABASE_URL": f"sqlite:///{tmp_path}/book.sqlite3",
        "LOANFUND_BASE_URL": GOOD["LOANFUND_BASE_URL"],
        "LOANFUND_SECRET_KEY_FILE": str(key),
    }

    refused = told(settings)

    assert refused.exit_code != 0
    assert "LOANFUND_SECRET_KEY_FILE" in refused.stderr


@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o610])
def test_a_database_file_that_others_can_get_at_is_refused(
    tmp_path: Path, end: str, mode: int
) -> None:
    database = tmp_path / "book.sqlite3"
    settings = {**GOOD, "LOANFUND_DATABASE_URL": f"sqlite:///{database}"}
    with closing(sqlite3.connect(database)) as kept:
        kept.execute("PRAGMA journal_mode=WAL")
        kept.execute("CREATE TABLE till (id INTEGER)")
        for path in tmp_path.iterdir():
            path.chmod(0o600)
        Path(f"{database}{end}").chmod(mode)

        refused = told(settings)

    assert refused.exit_code != 0
    assert "LOANFUND_DATABASE_URL" in refused.stderr
    assert "chmod 600" in refused.stderr


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_role_that_owns_the_ledger_is_refused(postgresql_database: URL) -> None:
    address = postgresql_database.render_as_string(hide_password=False)

    refused = start({**GOOD, "LOANFUND_DATABASE_URL": address})

    assert refused.returncode != 0
    assert "LOANFUND_DATABASE_URL" in refused.stderr
