"""Workbooks of Excel 97–2003 are read like others, and hide nothing behind their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from xlwt.ExcelFormula import Formula
from xlwt.Style import XFStyle
from xlwt.Workbook import Workbook
from xlwt.Worksheet import Worksheet

from loanfund.documents.workbook.reading import read_book
from loanfund.domain.book_problem import ProblemCode, WorkbookRefusedError
from loanfund.domain.code import tidy_code
from tests.workbooks import BOOK, save

pytestmark = pytest.mark.slow

Found = list[tuple[str | None, int | None, str | None, ProblemCode]]
Change = Callable[[Mapping[str, Worksheet]], None]


def style(shown: str) -> XFStyle:
    found = XFStyle()
    found.num_format_str = shown
    return found


DAY, PERCENT = style("dd/mm/yyyy"), style("0.0%")


def write(path: Path, change: Change = lambda _: None) -> Path:
    """Write the small book as Excel 97 would, with what a test changes."""
    workbook = Workbook(encoding="utf-8")
    made: dict[str, Worksheet] = {}
    for title, rows in BOOK.items():
        made[title] = workbook.add_sheet(title, cell_overwrite_ok=True)
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if value is not None:
                    made[title].write(row, column, value, *styled(value))
    change(made)
    workbook.save(str(path))
    return path


def styled(value: Any) -> tuple[XFStyle, ...]:
    return (DAY,) if isinstance(value, date) else ()


def found(path: Path) -> Found:
    with pytest.raises(WorkbookRefusedError) as refusal:
        read_book(path)
    return [(one.sheet, one.row, one.column, one.code) for one in refusal.value.problems]


def test_the_book_is_the_same_in_either_format(tmp_path: Path) -> None:
    assert read_book(write(tmp_path / "a.xls")) == read_book(save(tmp_path / "a.xlsx"))


def in_cell(title: str, heading: str, *written: Any) -> Change:
    def change(sheets: Mapping[str, Worksheet]) -> None:
        sheets[title].write(1, BOOK[title][0].index(heading), *written)

    return change


@pytest.mark.parametrize(
    ("title", "heading", "written", "code"),
    [
        ("Thu nợ", "Số tiền", (Formula("1+1"),), ProblemCode.FORMULA),
        # Without the records of the file these would be cells that say nothing.
        ("Thu nợ", "Hình thức", (Formula('"Tien mat"'),), ProblemCode.FORMULA),
        ("Thu nợ", "Diễn giải", (Formula("1/0"),), ProblemCode.FORMULA),
        ("Hợp đồng", "Lãi suất %/năm", (0.066, PERCENT), ProblemCode.PERCENT_FORMAT),
        ("Hợp đồng", "Lãi suất %/năm", (1, style("0%")), ProblemCode.PERCENT_FORMAT),
        ("Thu nợ", "Số tiền", (True,), ProblemCode.NOT_A_NUMBER),
        ("Thu nợ", "Số tiền", (1.5,), ProblemCode.NOT_WHOLE),
        ("Thu nợ", "Số phiếu", (7,), ProblemCode.NOT_TEXT),
        ("Thu nợ", "Ngày", (43560,), ProblemCode.NOT_A_DAY),
    ],
)
def test_cells_are_checked_as_in_any_workbook(
    tmp_path: Path, title: str, heading: str, written: tuple[Any, ...], code: ProblemCode
) -> None:
    path = write(tmp_path / "a.xls", in_cell(title, heading, *written))

    assert found(path) == [(title, 2, heading, code)]


def an_error(sheets: Mapping[str, Worksheet]) -> None:
    column = BOOK["Thu nợ"][0].index("Diễn giải")
    sheets["Thu nợ"].row(1).set_cell_error(column, "#REF!")


def test_a_value_that_is_an_error_is_told(tmp_path: Path) -> None:
    assert found(write(tmp_path / "a.xls", an_error)) == [
        ("Thu nợ", 2, "Diễn giải", ProblemCode.ERROR_VALUE)
    ]


def test_merged_cells_are_told_by_their_place(tmp_path: Path) -> None:
    def merge(sheets: Mapping[str, Worksheet]) -> None:
        sheets["Thu nợ"].write_merge(1, 2, 9, 9, "x")

    with pytest.raises(WorkbookRefusedError) as refusal:
        read_book(write(tmp_path / "a.xls", merge))

    assert [(one.code, one.value) for one in refusal.value.problems] == [
        (ProblemCode.MERGED_CELLS, "J2:J3")
    ]


def renamed(data: bytes, name: str) -> bytes:
    """Give the file with its only stream under another name, as its directory spells it."""
    old, new = "Workbook".encode("utf-16-le"), name.encode("utf-16-le")
    place = data.index(old)
    entry = bytearray(data[place : place + 128])
    entry[:64] = new.ljust(64, b"\0")
    entry[64:66] = (len(new) + 2).to_bytes(2, "little")
    return data[:place] + bytes(entry) + data[place + 128 :]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        # What Excel saves with a password is an OLE file around the encrypted workbook.
        (lambda data: renamed(data, "EncryptedPackage"), ProblemCode.ENCRYPTED),
        (lambda data: renamed(data, "_VBA_PROJECT_CUR"), ProblemCode.MACROS),
        (lambda data: renamed(data, "WordDocument"), ProblemCode.NOT_XLSX),
        (cut, ProblemCode.DAMAGED),
    ],
)
def test_other_files_of_that_kind_are_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], code: ProblemCode
) -> None:
    path = write(tmp_path / "a.xls")
    path.write_bytes(spoil(path.read_bytes()))

    assert found(path) == [(None, None, None, code)]


def test_codes_are_tidied_as_in_any_workbook(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xls", in_cell("Thu nợ", "Số phiếu", "pt\u200b1"))

    assert read_book(path).receipts[0].number == tidy_code("pt1")
