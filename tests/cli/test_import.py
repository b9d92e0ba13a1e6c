"""`loanfund import` shows what a workbook says, and asks about what nobody means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import create_engine, text

from tests.cli.conftest import answer, run
from tests.workbooks import save

pytestmark = pytest.mark.slow

MILLIONS = Path(__file__).parents[1] / "data" / "inputs" / "amounts-in-million.xlsx"
LENT = "QHT, contracts: 1, approved 500\N{NO-BREAK SPACE}đ"


def imported(book: Path, *options: str) -> Result:
    return run(book, "import", *options, str(MILLIONS), today="2026-11-30")


def told(book: Path, query: str) -> Any:
    with create_engine(f"sqlite:///{book}").connect() as connection:
        return connection.scalar(text(query))


def test_a_workbook_in_millions_is_stopped_with_its_sums(empty: Path) -> None:
    result = imported(empty)

    assert result.exit_code == 2
    assert "nothing has changed" in result.stderr
    assert "column “Lãi suất %/năm”, “0,55”" in result.stderr
    assert "column “Số tiền duyệt”, “500”" in result.stderr
    assert LENT in result.stderr
    assert told(empty, "SELECT count(*) FROM loan") == 0


def test_a_dry_run_tells_sums_odd_values_and_closed_months(empty: Path) -> None:
    with create_engine(f"sqlite:///{empty}").begin() as connection:
        connection.execute(text("UPDATE books SET closed_through = '2024-03-31'"))

    result = imported(empty, "--dry-run")

    assert result.exit_code == 0
    march = "Month 03/2024: contracts 1, disbursements 1, receipts 0, others 0."
    assert march in result.stdout
    assert LENT in result.stdout
    assert "column “Số tiền duyệt”, “500”" in result.stdout
    assert told(empty, "SELECT count(*) FROM loan") == 0


def test_odd_values_that_somebody_means_are_kept_with_the_reason(empty: Path) -> None:
    result = imported(empty, "--accept-implausible", "a test")

    assert result.exit_code == 0, result.output
    facts = json.loads(told(empty, "SELECT facts FROM audit_line WHERE action = 'import_book'"))
    assert facts["reason"] == "a test"
    assert [(one["sheet"], one["row"], one["value"]) for one in facts["implausible"]] == [
        ("Hợp đồng", 2, "0,55"),
        ("Hợp đồng", 2, "500"),
        ("Giải ngân", 2, "500"),
        ("Thu nợ", 2, "2"),
    ]


def test_a_reason_of_spaces_is_none(empty: Path) -> None:
    assert imported(empty, "--accept-implausible", "  ").exit_code == 2


def test_into_a_book_that_holds_something_a_workbook_comes_as_a_proposal(
    empty: Path,
) -> None:
    imported(empty, "--accept-implausible", "a test")
    more = save(
        empty.with_name("more.xlsx"),
        {"Khách hàng": [["Mã KH", "Tên", "Loại"], ["KH9", "HTX Mới", "HTX"]]},
    )

    result = run(empty, "import", str(more), today="2026-11-30")
    again = run(empty, "import", str(more), today="2026-11-30")

    assert result.exit_code == 0, result.output
    assert "became proposal 1" in result.stdout
    assert told(empty, "SELECT count(*) FROM borrower") == 2
    assert told(empty, "SELECT kind FROM proposal WHERE state = 'waiting'") == "import"
    assert again.exit_code == 2  # it waits already


def test_a_workbook_that_adds_nothing_needs_nobody(empty: Path) -> None:
    imported(empty, "--accept-implausible", "a test")

    result = imported(empty)

    assert result.exit_code == 0
    assert told(empty, "SELECT count(*) FROM proposal") == 0


FILES = Path(__file__).parents[1] / "data" / "inputs"
READ = ("w05_strict", "w13_case", "w20_zwsp", "x01b_comment_br", "x03_2", "y3_cash_rounding")


@pytest.mark.parametrize("name", READ)
def test_files_as_people_have_them_come_in(empty: Path, name: str) -> None:
    result = run(empty, "import", str(FILES / f"{name}.xlsx"), today="2026-11-30")

    assert result.exit_code == 0, result.output
    assert told(empty, "SELECT count(*) FROM loan") == (3 if name == "y3_cash_rounding" else 2)
    codes = told(empty, "SELECT group_concat(contract_number || folded_number) FROM loan")
    assert codes.isprintable()
    if name == "x03_2":
        assert told(empty, "SELECT count(*) FROM loan WHERE annual_rate = 72000") == 1
    assert {one.stem for one in FILES.glob("*.xlsx")} == {*READ, MILLIONS.stem}


def test_a_payment_in_whole_thousands_is_not_late_for_a_few_dong(empty: Path) -> None:
    """151 đ are short: within the tolerance, so nobody is late (rules §9)."""
    run(empty, "import", str(FILES / "y3_cash_rounding.xlsx"), today="2026-11-30")

    figures = answer(run(empty, "portfolio", "--as-of", "2020-05-31", "--json"))
    loans = [
        answer(run(empty, "loan", f"0{one}/2020/HĐ", "--as-of", "2020-05-31", "--json"))
        for one in (1, 2, 3)
    ]

    assert [one["position"]["days_past_due"] for one in loans] == [0, 0, 0]
    assert [one["position"]["debt_group"] for one in loans] == [1, 1, 1]
    assert max(one["position"]["interest_open"] for one in loans) == 151
    assert figures["total"]["bad_debt_ratio"]["percent"] == "0.00"
