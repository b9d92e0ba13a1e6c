"""Whatever a command is given, it answers or refuses in words; nothing is half done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loanfund.cli import main
from tests.cli.conftest import environment, run

CONTRACT = "01/2019/HĐTD-QHTPT"
DAY = "2020-06-01"


@pytest.mark.parametrize(
    "call",
    [
        ("loan", CONTRACT, "--as-of", "9999-12-31", "--json"),
        ("loan", CONTRACT, "--as-of", "0001-01-01", "--json"),
        ("loan", "a\udcff", "--json"),
        ("portfolio", "--known-at", "0001-01-01T00:00:00+14:00", "--json"),
        ("portfolio", "--known-at", "9999-12-31T23:59:59-14:00", "--json"),
        ("repay", CONTRACT, DAY, "1000", "--note", "a\udcff", "--json"),
        ("repay", CONTRACT, DAY, "1000", "--note", "x" * 601, "--json"),
        ("repay", CONTRACT, "31/02/2020", "1000", "--json"),
        ("repay", CONTRACT, "--json"),
    ],
)
def test_who_asks_for_json_is_refused_in_json(imported: Path, call: tuple[str, ...]) -> None:
    refused = run(imported, *call)

    error = json.loads(refused.stdout)["error"]
    assert refused.exit_code == 2
    assert error["code"] in {"usage", "invalid_input"}
    assert error["message"]


@pytest.mark.parametrize(
    "value", ["[" * 100_000, "9" * 20, "0"], ids=["deep", "far too long", "none"]
)
def test_a_setting_that_no_paper_could_bear_is_refused(imported: Path, value: str) -> None:
    refused = run(imported, "setting", "set", "notice_days", value)

    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("role", ["officer", "admin"])
def test_a_refused_password_adds_nobody(empty: Path, role: str) -> None:
    add = ("user", "add", "lan@example.vn", "--role", role, "--password-stdin")

    refused = run(empty, *add, text="123\n")

    assert refused.exit_code == 2
    assert "lan@" not in run(empty, "user", "list").stdout
    assert run(empty, *add, text="cây đa bến nước sân đình\n").exit_code == 0


def test_nobody_has_an_endless_address_or_name(empty: Path) -> None:
    role = ("--role", "officer")

    assert run(empty, "user", "add", f"x@{'y' * 250}.vn", *role).exit_code == 2
    assert run(empty, "user", "add", "x@y.vn", *role, "--name", "y" * 201).exit_code == 2
    assert run(empty, "user", "list").stdout == ""


def test_a_statement_for_a_folder_is_not_issued(book: Path, tmp_path: Path) -> None:
    folder = run(book, "statement", CONTRACT, "-o", str(tmp_path))
    issued = run(book, "statement", CONTRACT, "-o", str(tmp_path / "a.pdf"))

    assert (folder.exit_code, issued.stdout) == (2, "SK-2020/000001\n")


def test_an_issued_statement_that_no_disk_takes_is_named(book: Path) -> None:
    full = run(book, "statement", CONTRACT, "-o", "/dev/full")

    assert (full.exit_code, full.stdout) == (2, "SK-2020/000001\n")
    assert "/dev/full" in full.stderr


@pytest.mark.parametrize("address", ["garbage", "mysql://x", "postgresql://h:port/x"])
def test_an_address_of_no_database_is_a_setting_out_of_shape(address: str) -> None:
    result = CliRunner().invoke(main, ["verify"], env={"LOANFUND_DATABASE_URL": address})

    assert result.exit_code == 2
    assert "LOANFUND_DATABASE_URL" in result.stderr


@pytest.mark.parametrize("what", ["nothing", "no folder", "no database", "nobody listens"])
def test_a_database_that_cannot_be_used_is_said(tmp_path: Path, what: str) -> None:
    (tmp_path / "text.sqlite3").write_text("no database " * 100)
    address = {
        "nothing": f"sqlite:///{tmp_path / 'new.sqlite3'}",
        "no folder": f"sqlite:///{tmp_path / 'none' / 'new.sqlite3'}",
        "no database": f"sqlite:///{tmp_path / 'text.sqlite3'}",
        "nobody listens": "postgresql://x:y@127.0.0.1:1/z",
    }[what]
    variables = {**environment(tmp_path), "LOANFUND_DATABASE_URL": address}

    result = CliRunner().invoke(main, ["portfolio"], env=variables)

    assert result.exit_code == 2
    assert "LOANFUND_DATABASE_URL" in result.stderr


@pytest.mark.parametrize(
    "case", [b"\xff\xfe{}", b"[" * 100_000, b'{"terms": {"\\ud800": 1}}'], ids=range(3)
)
def test_the_calculator_reads_json_or_refuses_it(case: bytes) -> None:
    result = CliRunner().invoke(main, ["simulate"], input=case)

    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "invalid_input"


def test_a_broken_line_does_not_stop_the_others() -> None:
    result = CliRunner().invoke(main, ["simulate", "--lines"], input=b"\xff\n{}\n")

    assert [json.loads(line)["error"]["code"] for line in result.stdout.splitlines()] == [
        "invalid_input",
        "invalid_terms",
    ]
