"""`loanfund verify --audit`: the log is what was written, also against a printed head."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.papers import words_of

CONTRACT = "01/2019/HĐTD-QHTPT"
FOOT = re.compile(r"Nhật ký đến dòng (\d+): ((?:[0-9a-f]{4} ){5}[0-9a-f]{4})")


@pytest.fixture
def printed(book: Path, tmp_path: Path) -> str:
    """The head at the foot of a statement, as somebody types it from there."""
    target = tmp_path / "statement.pdf"
    assert run(book, "statement", CONTRACT, "-o", str(target)).exit_code == 0
    found = FOOT.search(words_of(target.read_bytes()))
    assert found is not None
    return f"{found[1]}:{found[2]}"


def tampered(book: Path, *statements: str) -> None:
    with sqlite3.connect(book) as database:
        for verb in ("update", "delete"):
            database.execute(f"DROP TRIGGER audit_line_refuses_{verb}")
        for statement in statements:
            database.execute(statement)


def test_a_log_is_whole_against_what_a_statement_says_at_its_foot(
    book: Path, printed: str
) -> None:
    alone = run(book, "verify", "--audit")
    compared = run(book, "verify", "--audit", "--head", printed)

    assert (alone.exit_code, compared.exit_code) == (0, 0)
    assert re.fullmatch(
        r"Audit log through line \d+, code [0-9a-f]{64}: 0 wrong\.\n", alone.output
    )
    assert compared.output == alone.output


def test_an_edit_is_named_by_its_line(book: Path) -> None:
    tampered(book, "UPDATE audit_line SET facts = '{}' WHERE action = 'import_book'")

    found = run(book, "verify", "--audit")

    assert found.exit_code == 1
    assert re.match(r"Line \d+: what it says does not fit its code", found.output)


def test_a_tail_cut_with_care_is_found_by_what_was_printed(book: Path, printed: str) -> None:
    line, _, _ = printed.partition(":")
    tampered(
        book,
        "DELETE FROM audit_line WHERE id > (SELECT max(id) FROM audit_line) - 2",
        "UPDATE audit_head SET line = line - 2,"
        " hash = (SELECT hash FROM audit_line ORDER BY id DESC LIMIT 1)",
    )

    assert run(book, "verify", "--audit").exit_code == 0
    found = run(book, "verify", "--audit", "--head", printed)

    assert found.exit_code == 1
    assert f"The log has no line {line}, and no line has the code" in found.output


@pytest.mark.parametrize("head", ["1", "x:y", "1:abc", ":"])
def test_what_nobody_printed_is_refused_in_words(book: Path, head: str) -> None:
    refused = run(book, "verify", "--audit", "--head", head)

    assert refused.exit_code == 2
    assert "as printed" in refused.output or "printed beside the code" in refused.output


def test_a_head_is_for_the_audit_log_only(book: Path) -> None:
    assert run(book, "verify", "--head", f"1:{'a' * 24}").exit_code == 2
