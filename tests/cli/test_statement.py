"""`loanfund statement`: a PDF file like the one that the page serves."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import answer, run
from tests.papers import words_of


def test_a_statement_is_issued_into_a_file(book: Path, tmp_path: Path) -> None:
    loan = answer(run(book, "loan", "01/2019/HĐTD-QHTPT", "--json"))
    target = tmp_path / "statement.pdf"

    result = run(book, "statement", loan["contract"], "-o", str(target))

    assert result.exit_code == 0, result.output
    assert result.output == "SK-2020/000001\n"
    text = words_of(target.read_bytes())
    assert "SK-2020/000001" in text
    assert loan["contract"] in text


def test_a_refused_statement_leaves_no_file(book: Path, tmp_path: Path) -> None:
    target = tmp_path / "statement.pdf"
    contract = "01/2019/HĐTD-QHTPT"

    empty = run(book, "statement", contract, "--to", "2001-01-01", "-o", str(target))
    nowhere = run(book, "statement", contract, "-o", str(tmp_path / "no" / "x.pdf"))

    assert (empty.exit_code, nowhere.exit_code) == (2, 2)
    assert not target.exists()
