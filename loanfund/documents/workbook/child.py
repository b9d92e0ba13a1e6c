"""The process that unpacks and parses a workbook: no rights to speak of, and little memory.

`python -m loanfund.documents.workbook.child` takes the file on standard input and gives its
cells as JSON, each with its kind; nothing is computed and nothing else is known here.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import DEFUSEDXML, load_workbook
from openpyxl.cell.read_only import ReadOnlyCell

from loanfund.documents.workbook.archive import OLE, OUT_OF_MEMORY, refused
from loanfund.documents.workbook.parts import Part, survey
from loanfund.documents.workbook.strict import transitional
from loanfund.documents.workbook.xls import read_xls
from loanfund.domain.book_problem import ProblemCode, WorkbookRefusedError

MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 40
MOST_PLACES = 30_000_000  # rows × columns up to the last filled ones
MOST_CHARACTERS = 20_000_000  # few shared strings in many cells make a bomb as well


def main() -> int:
    """Give the cells of the workbook on standard input, or why it is refused."""
    _limit()
    try:
        answer = json.dumps(cells_of(sys.stdin.buffer.read()))
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.write(answer)
    return 0


def _limit() -> None:
    """Bind this process for good; it may write no file at all."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def cells_of(data: bytes) -> dict[str, Any]:
    """Give the sheets with their filled cells as plain values, or why they are refused."""
    assert DEFUSEDXML, "openpyxl must parse with defusedxml"
    try:
        if data.startswith(OLE):
            return {"sheets": list(read_xls(data))}
        with ZipFile(BytesIO(data)) as archive:
            seen = survey(archive)
        return {"sheets": list(_sheets(transitional(data), seen))}
    except WorkbookRefusedError as refusal:
        problem = refusal.problems[0]
        facts = dict(problem.facts)
        return {"refused": problem.code, "value": problem.value, "facts": facts}
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- whatever a strange file makes of the parser is the file's fault
        return {"refused": ProblemCode.DAMAGED, "value": None, "facts": {}}


def _sheets(data: bytes, seen: dict[str, Part]) -> Iterator[dict[str, Any]]:
    workbook = load_workbook(BytesIO(data), read_only=True)
    if workbook.sheetnames != list(seen):
        raise refused(ProblemCode.DAMAGED)
    worksheets = {sheet.title: sheet for sheet in workbook.worksheets}
    if any(part.last_row * part.last_column > MOST_PLACES for part in seen.values()):
        raise refused(ProblemCode.TOO_MANY_CELLS, most=MOST_PLACES)
    characters = 0
    for title, part in seen.items():
        rows = []
        worksheet = worksheets.get(title)
        for number, cells in _rows(worksheet, part) if worksheet is not None else ():
            characters += sum(len(value) for _, _, value in cells if isinstance(value, str))
            if characters > MOST_CHARACTERS:
                raise refused(ProblemCode.TOO_MANY_CELLS, most=MOST_CHARACTERS)
            rows.append((number, cells))
        yield {"title": title, "merged": part.merged, "rows": rows}


def _rows(sheet: Any, part: Part) -> Iterator[tuple[int, list[tuple[int, str, Any]]]]:
    """Give number and filled cells of each row that has any; hidden rows are rows."""
    if not part.last_row:
        return
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=part.last_row, max_col=part.last_column)
    for number, row in enumerate(rows, start=1):
        cells = [
            (column, *_value(cell))
            for column, cell in enumerate(row, start=1)
            if cell.value is not None
        ]
        if cells:
            yield number, cells


def _value(cell: ReadOnlyCell) -> tuple[str, Any]:
    """Give kind and plain value of a cell."""
    value: Any = cell.value
    if cell.data_type == "f":
        return "formula", str(getattr(value, "text", value))
    if cell.data_type == "e":
        return "error", str(value)
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return "percentage" if _shows_percent(cell.number_format) else "number", value
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return "day", day.isoformat()
    return ("text" if isinstance(value, str) else "time"), str(value)


def _shows_percent(number_format: str) -> bool:
    """Tell whether the cell shows hundred times its number; a quoted sign is only text."""
    outside_quotes = "".join(number_format.split('"')[::2])
    return "%" in outside_quotes.replace("\\%", "")


if __name__ == "__main__":
    sys.exit(main())
