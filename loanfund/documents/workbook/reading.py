"""Read the book of a workbook, or refuse it with everything that is wrong in all its sheets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from loanfund.documents.workbook.archive import LARGEST_FILE, refused
from loanfund.documents.workbook.cell import CellRefusedError, folded, is_blank
from loanfund.documents.workbook.example import is_example
from loanfund.documents.workbook.grid import Cell, CellKind, Grid, load_grids
from loanfund.documents.workbook.layout import LAYOUTS, Column, Layout
from loanfund.domain.book import Book, Place, Record, Sheet
from loanfund.domain.book_check import assemble
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import Key, Rows
from loanfund.domain.book_sound import PartlyReadError, doubt_of, in_order

_AT_HOME = {Sheet.SOURCE, Sheet.MOVEMENT, Sheet.BORROWER, Sheet.CONTRACT}
_TITLES = [layout.sheet.value for layout in LAYOUTS]
_BY_TITLE = {folded(layout.sheet.value): layout for layout in LAYOUTS}
FURTHEST_HEAD = 20  # rows of titles above the headings; below stand records


def read_book(path: Path) -> Book:
    """Give the book; WorkbookRefusedError with every problem, of the file or of its cells.

    Of cells it is a PartlyReadError, with what could be read. What records refer to need not
    be in the workbook: see `book_check.unknown_references`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError:
        raise refused(ProblemCode.UNREADABLE, path.name) from None
    return book_of(data)


def book_of(data: bytes) -> Book:
    """Give the book of a workbook's bytes, as `read_book` does."""
    return replace(book_in(load_grids(data)), sha256=sha256(data).hexdigest())


def book_in(grids: tuple[Grid, ...]) -> Book:
    """Give the book that the sheets of a workbook hold, as `read_book` does."""
    reading = _Reading()
    reading.read(grids)
    rows = reading.rows()
    book, misfits = assemble(rows)
    problems = (*reading.problems, *misfits)
    if problems:
        doubt = doubt_of(problems, rows)
        raise PartlyReadError(in_order(problems), book, doubt)
    return book


def _is_empty(grid: Grid) -> bool:
    return all(is_blank(cell) for row in grid.rows.values() for cell in row.values())


def _heading(cell: Cell) -> str:
    return folded(str(cell.value)) if cell.kind is CellKind.TEXT else cell.shown


def _head_row(layout: Layout, grid: Grid) -> int:
    """Give the row of the headings: of the first ones, that which holds most of them."""
    known = {folded(column.heading) for column in layout.columns}
    held = {
        number: len({_heading(cell) for cell in row.values()} & known)
        for number, row in grid.rows.items()
        if number <= FURTHEST_HEAD
    }
    return max(held, key=lambda number: held[number], default=1)  # the first of equals


def _is_filled(row: Mapping[int, Cell], position: int) -> bool:
    return position in row and not is_blank(row[position])


def _is_whole(layout: Layout, filled: AbstractSet[str]) -> bool:
    """Tell whether a row says all that it must; headings that are missing are told once."""
    return all(
        column.field in filled or column.instead in filled
        for column in layout.columns
        if column.is_required
    )


def _other(layout: Layout, column: Column) -> str | None:
    """Give the heading that may stand in the place of a column's, as headings are compared."""
    found = (one for one in layout.columns if one.field == column.instead)
    return next((folded(one.heading) for one in found), None)


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was wrong."""

    problems: list[BookProblem] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    sheets: set[Sheet] = field(default_factory=set)
    unread: set[tuple[Sheet, Key]] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    blind: set[Sheet] = field(default_factory=set)

    def rows(self) -> Rows:
        found: dict[str, Any] = {name: tuple(rows) for name, rows in self.records.items()}
        return Rows(
            **found,
            sheets=frozenset(self.sheets),
            unread=frozenset(self.unread),
            doubtful=frozenset(self.doubtful),
            blind=frozenset(self.blind),
        )

    def read(self, grids: Sequence[Grid]) -> None:
        """Read every sheet; a workbook without a single known one says nothing."""
        known = ", ".join(_TITLES)
        for grid in grids:
            layout = _BY_TITLE.get(folded(grid.title))
            if layout is None:
                if not _is_empty(grid):  # Excel gives three sheets to who wants one
                    self._note(ProblemCode.UNKNOWN_SHEET, grid.title, known=known)
            elif layout.sheet in self.sheets:
                self._note(ProblemCode.DUPLICATE_SHEET, layout.sheet)
            else:
                self.sheets.add(layout.sheet)
                self._sheet(layout, grid)
        if not self.sheets:
            self.problems.append(BookProblem(code=ProblemCode.NO_SHEET, facts={"known": known}))

    def _sheet(self, layout: Layout, grid: Grid) -> None:
        head = _head_row(layout, grid)
        for area in grid.merged:
            rows = [int(digits) for digits in re.findall(r"\d+", area)]
            if not rows or max(rows) >= head:  # titles above the headings may well be merged
                first = rows[0] if rows else None
                self._note(ProblemCode.MERGED_CELLS, layout.sheet, row=first, value=area)
        columns = self._head(layout, grid.rows.get(head, {}))
        named = (place for place, column in columns.items() if column is layout.columns[0])
        code_at = next(named, 0)
        for number, row in grid.rows.items():
            is_left_out = is_example(row.get(code_at))
            if number > head and not (is_left_out or all(map(is_blank, row.values()))):
                self._row(layout, Place(layout.sheet, number), row, columns)

    def _head(self, layout: Layout, head: Mapping[int, Cell]) -> dict[int, Column | None]:
        """Give the known column of each place that has a heading; note the others."""
        known = {folded(column.heading): column for column in layout.columns}
        found: dict[int, Column | None] = {}
        seen: set[str] = set()
        for place, cell in head.items():
            if is_blank(cell):
                continue
            heading = _heading(cell)
            found[place] = known.get(heading)
            if heading in seen:
                self._note(ProblemCode.DUPLICATE_COLUMN, layout.sheet, column=cell.shown)
                found[place] = None
            elif heading not in known:
                expected = ", ".join(column.heading for column in layout.columns)
                code = ProblemCode.UNKNOWN_COLUMN
                self._note(code, layout.sheet, column=cell.shown, known=expected)
            seen.add(heading)
        for column in layout.columns:
            is_said = folded(column.heading) in seen or _other(layout, column) in seen
            if column.is_required and not is_said:
                self._note(ProblemCode.MISSING_COLUMN, layout.sheet, column=column.heading)
        return found

    def _row(
        self,
        layout: Layout,
        place: Place,
        row: Mapping[int, Cell],
        columns: Mapping[int, Column | None],
    ) -> None:
        """Read one row into a record, or note all that is wrong with it and keep its key."""
        values: dict[str, Any] = {}
        before = len(self.problems)
        for position, cell in row.items():
            if position not in columns and not is_blank(cell):
                self._note(ProblemCode.NO_HEADING, place.sheet, row=place.row, value=cell.shown)
        cells = [
            (column, row[position] if _is_filled(row, position) else None)
            for position, column in columns.items()
            if column is not None
        ]
        filled = {column.field for column, cell in cells if cell is not None}
        for column, found in cells:
            self._cell(place, column, found, values, filled)
        if len(self.problems) == before and _is_whole(layout, filled):
            self.records[layout.rows].append(layout.record(place=place, **values))
        else:
            self._leave(layout, values)

    def _leave(self, layout: Layout, values: Mapping[str, Any]) -> None:
        """Keep the key of a row that was not read, and which contract it is about."""
        if layout.key and set(layout.key) <= values.keys():
            self.unread.add((layout.sheet, tuple(values[name] for name in layout.key)))
        known = layout.key if layout.sheet in _AT_HOME else ("contract",)
        if not set(known) <= values.keys():
            self.blind.add(layout.sheet)
        elif layout.sheet not in _AT_HOME:
            self.doubtful.add(values["contract"])

    def _cell(
        self,
        place: Place,
        column: Column,
        cell: Cell | None,
        values: dict[str, Any],
        filled: AbstractSet[str],
    ) -> None:
        is_other = column.instead in filled
        where = {"row": place.row, "column": column.heading}
        if cell is None:
            if column.is_required and not is_other:
                self._note(ProblemCode.MISSING_VALUE, place.sheet, **where)
            return
        if is_other:
            self._note(ProblemCode.BOTH_GIVEN, place.sheet, **where, value=cell.shown)
            return
        try:
            values[column.field] = column.read(cell)
        except CellRefusedError as wrong:
            self.problems.append(
                BookProblem(
                    code=wrong.code,
                    sheet=place.sheet,
                    row=place.row,
                    column=column.heading,
                    value=cell.shown,
                    facts=wrong.facts,
                )
            )

    def _note(self, code: ProblemCode, sheet: str, **found: Any) -> None:
        """Note a problem; what is not the place or the value is a fact."""
        where = {name: found.pop(name, None) for name in ("row", "column", "value")}
        self.problems.append(BookProblem(code=code, sheet=sheet, facts=found, **where))
