"""Workbooks of Excel 97–2003 (.xls): their cells, and what a cell hides behind its value.

python-calamine gives values only. Whether one is computed, an error or a percentage stands in
the records of the file ([MS-XLS] 2.4), which are looked through here for nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any

from olefile import OleFileIO
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum

from loanfund.documents.workbook.archive import refused
from loanfund.domain.book_problem import ProblemCode

MOST_CELLS = 1_000_000
_STREAMS = ("Workbook", "Book")
_MACROS = "_VBA_PROJECT_CUR"
_FORMULA, _EOF, _FILEPASS, _SHEET = 0x0006, 0x000A, 0x002F, 0x0085
_MULTIPLE, _FORMAT_OF_STYLE, _NUMBER, _ERROR, _PACKED = 0x00BD, 0x00E0, 0x0203, 0x0205, 0x027E
_FORMAT = 0x041E
_PERCENT_FORMATS = {9, 10}  # those that Excel has built in
_WORKSHEET = 0

Place = tuple[int, int]


@dataclass(slots=True)
class _Hidden:
    """What the records say beside the values: kinds of cells of each sheet, by place from 1."""

    starts: list[int] = field(default_factory=list)
    percent: set[int] = field(default_factory=set)
    formats: list[int] = field(default_factory=list)  # of each style, in order


def read_xls(data: bytes) -> Iterator[dict[str, Any]]:
    """Give title, merged areas and rows of each sheet, as the child tells them."""
    stream = _stream(data)
    hidden = _globals(stream)
    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    if len(workbook.sheet_names) != len(hidden.starts):
        raise refused(ProblemCode.DAMAGED)
    left = MOST_CELLS
    for number, facts in enumerate(workbook.sheets_metadata):
        kinds = _kinds(stream, hidden, hidden.starts[number])
        rows = []
        if facts.typ is SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_index(number)
            rows = list(_rows(sheet, kinds))
            left -= sum(len(cells) for _, cells in rows)
            if left < 0:
                raise refused(ProblemCode.TOO_MANY_CELLS, most=MOST_CELLS)
            yield {"title": facts.name, "merged": list(_merged(sheet)), "rows": rows}
        else:
            yield {"title": facts.name, "merged": [], "rows": rows}


def _stream(data: bytes) -> bytes:
    """Give the stream of records, or refuse what is no harmless workbook."""
    with OleFileIO(BytesIO(data)) as archive:
        if archive.exists("EncryptedPackage"):
            raise refused(ProblemCode.ENCRYPTED)
        if archive.exists(_MACROS):
            raise refused(ProblemCode.MACROS, _MACROS)
        for name in _STREAMS:
            if archive.exists(name):
                found: bytes = archive.openstream(name).read()
                return found
    raise refused(ProblemCode.NOT_XLSX)


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Give kind and content of each record of one substream, until its end."""
    place = start
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + length]
        if kind == _EOF:
            return
        place += 4 + length
    raise refused(ProblemCode.DAMAGED)


def _globals(stream: bytes) -> _Hidden:
    """Read where the sheets begin and which styles show hundred times a number."""
    hidden = _Hidden(percent=set(_PERCENT_FORMATS))
    for kind, body in _records(stream, 0):
        if kind == _FILEPASS:
            raise refused(ProblemCode.ENCRYPTED)
        if kind == _SHEET:
            start, _, of_kind = struct.unpack_from("<IBB", body)
            if of_kind == 1:  # a sheet of macros of Excel 4
                raise refused(ProblemCode.MACROS)
            if of_kind in {_WORKSHEET, 2}:
                hidden.starts.append(start)
        elif kind == _FORMAT and b"%" in body[2:]:
            hidden.percent.add(int.from_bytes(body[:2], "little"))
        elif kind == _FORMAT_OF_STYLE:
            hidden.formats.append(int.from_bytes(body[2:4], "little"))
    return hidden


def _kinds(stream: bytes, hidden: _Hidden, start: int) -> dict[Place, str]:
    """Give the places whose cell is not what its value seems."""
    found: dict[Place, str] = {}
    for kind, body in _records(stream, start):
        if kind not in {_FORMULA, _ERROR, _NUMBER, _PACKED, _MULTIPLE}:
            continue
        row, column, style = struct.unpack_from("<HHH", body)
        if kind == _FORMULA:
            found[row + 1, column + 1] = "formula"
        elif kind == _ERROR:
            if body[7]:
                found[row + 1, column + 1] = "error"
        elif kind == _MULTIPLE:
            for offset in range(4, len(body) - 2, 6):
                style = int.from_bytes(body[offset : offset + 2], "little")
                _note_percent(found, hidden, (row + 1, column + 1 + (offset - 4) // 6), style)
        else:
            _note_percent(found, hidden, (row + 1, column + 1), style)
    return found


def _note_percent(found: dict[Place, str], hidden: _Hidden, place: Place, style: int) -> None:
    if style < len(hidden.formats) and hidden.formats[style] in hidden.percent:
        found[place] = "percentage"


def _rows(
    sheet: CalamineSheet, kinds: dict[Place, str]
) -> Iterator[tuple[int, list[tuple[int, str, Any]]]]:
    """Give number and filled cells of each row; a computed cell counts, whatever it shows."""
    by_row: dict[int, set[int]] = {}
    for row, column in kinds:
        by_row.setdefault(row, set()).add(column)
    values = {
        number: row
        for number, row in enumerate(sheet.iter_rows(), start=1)
        if any(value != "" for value in row)
    }
    for number in sorted(values.keys() | by_row.keys()):
        row_values = dict(enumerate(values.get(number, ()), start=1))
        places = {place for place, value in row_values.items() if value != ""}
        cells = [
            (place, *_cell(row_values.get(place, ""), kinds.get((number, place))))
            for place in sorted(places | by_row.get(number, set()))
        ]
        yield number, cells


def _cell(value: Any, hidden: str | None) -> tuple[str, Any]:
    """Give kind and plain value of a cell."""
    if hidden is not None and (hidden != "percentage" or not isinstance(value, date)):
        return hidden, value if hidden == "percentage" else str(value)
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return "number", value
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return "day", day.isoformat()
    return ("text" if isinstance(value, str) else "time"), str(value)


def _merged(sheet: CalamineSheet) -> Iterator[str]:
    """Give merged areas as Excel names them."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        yield f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"


def _letters(column: int) -> str:
    """Give the letters of a column: `AB` of 27."""
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)
