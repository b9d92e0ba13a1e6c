"""Workbooks for tests: a small book that is right, and ways to spoil it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from loanfund.documents.workbook.archive import check_archive
from loanfund.documents.workbook.child import cells_of
from loanfund.documents.workbook.grid import grids_of
from loanfund.documents.workbook.reading import book_in
from loanfund.domain.book import Book

Sheets = dict[str, list[list[Any]]]


def read_here(path: Path) -> Book:
    """Read a workbook as `read_book` does, parsed in this process: in a fifth of the time.

    The border between the two is tried by `test_workbook_safety` and whoever imports.
    """
    data = path.read_bytes()
    check_archive(data)
    with catch_warnings():
        simplefilter("ignore")  # as the process does
        answer = json.loads(json.dumps(cells_of(data)))
    return replace(book_in(grids_of(answer)), sha256=sha256(data).hexdigest())


BOOK: Mapping[str, list[list[Any]]] = {
    "Nguồn vốn": [
        [
            "Mã nguồn",
            "Tên nguồn vốn",
            "Quỹ chịu rủi ro",
            "Cách tính quá hạn",
            "Bộ quy tắc phân loại nợ",
        ],
        ["QHT", "Quỹ hỗ trợ phát triển HTX", "Có", "Cả khoản nợ", "TCVM"],
        ["QVL", "Quỹ quốc gia về việc làm", "Không", "Phần chuyển quá hạn", "TCTD"],
    ],
    "Biến động vốn": [
        ["Mã nguồn", "Ngày", "Số tiền", "Bên góp", "Diễn giải"],
        ["QHT", date(2019, 1, 2), 5_000_000_000, "Ngân sách tỉnh", "Vốn điều lệ"],
        ["QHT", date(2019, 1, 2), 5_000_000_000, "Ngân sách tỉnh", "Vốn điều lệ"],
        ["QHT", date(2019, 6, 2), -1_000_000, "Ngân sách tỉnh", None],
    ],
    "Khách hàng": [
        ["Mã KH", "Tên", "Loại", "Mã số thuế", "Điện thoại", "Huyện"],
        ["KH1", "HTX Đồng Tâm 3", "HTX", "2400123456", "0204 3000 100", "Lạng Giang"],
        ["KH2", "Tổ hợp tác Sông Thương", "Tổ hợp tác", None, None, None],
    ],
    "Hợp đồng": [
        [
            "Số hợp đồng",
            "Mã KH",
            "Mã nguồn",
            "Ngày ký",
            "Số tiền duyệt",
            "Lãi suất %/năm",
            "Thời hạn (tháng)",
            "Cách trả gốc",
            "Lãi quá hạn (% lãi trong hạn)",
            "Lãi chậm trả %/năm",
            "Giá trị TSBĐ khấu trừ",
            "Lao động",
        ],
        [
            "01/2019",
            "KH1",
            "QHT",
            date(2019, 3, 1),
            300000000,
            6.6,
            24,
            "Gốc đều",
            150,
            10,
            375000000,
            12,
        ],
        [
            "02/2019",
            "KH2",
            "QVL",
            date(2019, 4, 1),
            90000000,
            7.92,
            12,
            "Theo thỏa thuận",
            None,
            None,
            None,
            None,
        ],
    ],
    "Lịch gốc": [
        ["Số hợp đồng", "Ngày đến hạn", "Số tiền gốc"],
        ["02/2019", date(2019, 10, 1), 40_000_000],
        ["02/2019", date(2020, 4, 1), 50_000_000],
    ],
    "Giải ngân": [
        ["Số hợp đồng", "Số khế ước", "Ngày", "Số tiền"],
        ["01/2019", "KU1", date(2019, 3, 5), 300_000_000],
        ["02/2019", "KU2", date(2019, 4, 5), 90_000_000],
    ],
    "Thu nợ": [
        [
            "Số phiếu",
            "Số hợp đồng",
            "Ngày",
            "Số tiền",
            "Hình thức",
            "Gốc",
            "Lãi",
            "Lãi quá hạn",
            "Lãi chậm trả",
            "Diễn giải",
        ],
        [
            "PT1",
            "01/2019",
            date(2019, 4, 5),
            1650000,
            "Tiền mặt",
            None,
            None,
            None,
            None,
            "Thu lãi",
        ],
        ["PT2", "02/2019", date(2019, 5, 6), 600000, None, 500000, 100000, 0, 0, None],
    ],
    "Cơ cấu nợ": [
        [
            "Số hợp đồng",
            "Ngày",
            "Hình thức",
            "Số quyết định",
            "Giữ nhóm nợ",
            "Lãi chưa trả đến hạn ngày",
        ],
        ["01/2019", date(2020, 4, 28), "Gia hạn", "40/QĐ", "Có", date(2020, 7, 31)],
    ],
    "Lịch cơ cấu": [
        ["Số hợp đồng", "Ngày cơ cấu", "Ngày đến hạn", "Số tiền gốc"],
        ["01/2019", date(2020, 4, 28), date(2021, 3, 5), 100_000_000],
        ["01/2019", date(2020, 4, 28), date(2022, 3, 5), 200_000_000],
    ],
}


def sheets() -> Sheets:
    """Give a copy of the small book that a test may change."""
    return {title: [list(row) for row in rows] for title, rows in BOOK.items()}


def with_cell(title: str, heading: str, value: Any, row: int = 2) -> Sheets:
    """Give the small book with another value in one cell; rows count as Excel counts them."""
    changed = sheets()
    changed[title][row - 1][changed[title][0].index(heading)] = value
    return changed


def save(path: Path, content: Mapping[str, list[list[Any]]] = BOOK) -> Path:
    """Write a workbook as Excel would."""
    workbook = make(content)
    workbook.save(path)
    return path


def make(content: Mapping[str, list[list[Any]]] = BOOK) -> Workbook:
    """Give the workbook, for tests that change more than values."""
    workbook = Workbook()
    assert workbook.active is not None
    workbook.remove(workbook.active)
    for title, rows in content.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, date) and not isinstance(cell.value, datetime):
                    cell.number_format = "dd/mm/yyyy"
    return workbook


def cell_of(workbook: Workbook, title: str, heading: str, row: int = 2) -> Cell:
    """Find the cell under a heading."""
    sheet = workbook[title]
    assert isinstance(sheet, Worksheet)
    for column in range(1, sheet.max_column + 1):
        if sheet.cell(1, column).value == heading:
            cell = sheet.cell(row, column)
            assert isinstance(cell, Cell)
            return cell
    raise KeyError(heading)


def repack(
    path: Path,
    edit: Callable[[str, bytes], bytes] = lambda _, data: data,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """Write the archive again with its parts edited and others added."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in {**parts, **(extra or {})}.items():
            archive.writestr(name, edit(name, data))
    return path


def replaced(part: str, old: str, new: str) -> Callable[[str, bytes], bytes]:
    """Give an edit for `repack` that replaces text in one part."""

    def edit(name: str, data: bytes) -> bytes:
        if name != part:
            return data
        assert old.encode() in data
        return data.replace(old.encode(), new.encode(), 1)

    return edit
