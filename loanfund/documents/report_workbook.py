"""A report as a workbook: real numbers and days with formats, text that is never a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range

from loanfund.documents.layout import LANGUAGE, say
from loanfund.documents.report_cell import (
    cell_text,
    column_number,
    equation_text,
    head_lines,
    known_line,
    mark_of,
    office_time,
    said,
)
from loanfund.domain.money import Money, Rate
from loanfund.domain.portfolio import Ratio
from loanfund.domain.report import Cell, Column, Frame, Kind, Line, Look, Report, Table
from loanfund.wording import clean

LONGEST_CELL = 32_000  # letters; a sheet takes few more
LONGEST_SHEET_NAME = 31
NARROWEST, WIDEST = 6, 46
A4 = 9
LAST_ROW = 1_048_575
INK, MUTED, SHADE, AMBER, LINE = "#1F2933", "#52606D", "#EEF1F4", "#FDF3DC", "#B8C0C8"
NUMBERS = {
    Kind.MONEY: '#,##0;(#,##0);"–"',
    Kind.COUNT: '#,##0;(#,##0);"–"',
    Kind.NUMBER: '0;"−"0',
    Kind.PERCENT: '0.00%;"−"0.00%',
    Kind.DAY: "dd/mm/yyyy",
    Kind.INSTANT: "dd/mm/yyyy hh:mm",
}
RATE = '0.00##%;"−"0.00##%'
SIDES = {Kind.TEXT: "left", Kind.DAY: "center", Kind.INSTANT: "center", Kind.NUMBER: "center"}
WIDTHS = {Kind.DAY: 11.5, Kind.INSTANT: 16.5, Kind.PERCENT: 9.5}
LOOKS: Mapping[Look, Mapping[str, Any]] = {
    Look.PLAIN: {},
    Look.MARKED: {"bg_color": AMBER},
    Look.OPENING: {"italic": True, "font_color": MUTED},
    Look.SUBTOTAL: {"bold": True, "bg_color": SHADE},
    Look.TOTAL: {"bold": True, "bg_color": SHADE, "top": 2},
}
_UNFIT = re.compile(r"[\[\]:*?/\\']+")


def render_workbook(report: Report, frame: Frame) -> bytes:
    """Give the workbook, a sheet a table; the same values give the same bytes."""
    written = BytesIO()
    never = {f"strings_to_{kind}": False for kind in ("formulas", "numbers", "urls")}
    book = Workbook(written, {"in_memory": True, **never})
    title = said(report.title, LANGUAGE)
    book.set_properties(
        {
            "title": title,
            "author": clean(frame.fund.name),
            "created": datetime.combine(report.as_of, time()),
        }
    )
    sheets = _Sheets(book, report, frame, title)
    for number, table in enumerate(report.tables, start=1):
        sheets.add(table, number, is_last=number == len(report.tables))
    book.close()
    return written.getvalue()


@dataclass(slots=True)
class _Sheets:
    """The book being written, and what stands above every table of it."""

    book: Any
    report: Report
    frame: Frame
    title: str
    formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def add(self, table: Table, number: int, *, is_last: bool) -> None:
        """Write one table: whose it is, what it says, head, lines, and notes."""
        heading = said(table.title, LANGUAGE) if table.title else self.title
        name = _UNFIT.sub(" ", f"{number}. {heading}" if table.title else heading)
        sheet = self.book.add_worksheet(name[:LONGEST_SHEET_NAME].strip())
        above = head_lines(self.report, LANGUAGE, known_line(self.report, self.frame, LANGUAGE))
        if self.report.restated:
            above.append(said(self.report.restated.said, LANGUAGE))
        sheet.write_string(0, 0, clean(self.frame.fund.name), self._format(bold=True))
        sheet.write_string(1, 0, clean(self.title), self._format(bold=True, font_size=15))
        if table.title:
            sheet.write_string(2, 0, clean(heading), self._format(bold=True, font_size=12))
        for row, one in enumerate(above, start=3):
            sheet.write_string(row, 0, clean(one), self._format(font_color=MUTED))
        row = 3 + len(above)
        sheet.write_string(row, 0, say("report.unit"), self._format(italic=True))
        head = row + 2
        self._write_head(sheet, table, head)
        for row, line in enumerate(table.lines, start=head + 2):
            self._write_line(sheet, row, table.columns, line)
        self._write_below(sheet, head + 3 + len(table.lines), table, is_last=is_last)
        self._set_up(sheet, head, len(table.columns))

    def _write_head(self, sheet: Any, table: Table, row: int) -> None:
        look = {"bold": True, "bg_color": SHADE, "border": 1, "border_color": LINE}
        head = self._format(**look, align="center", valign="vcenter", text_wrap=True)
        numbers = self._format(
            italic=True, align="center", font_color=MUTED, bottom=1, border_color=LINE
        )
        for place, column in enumerate(table.columns):
            sheet.write_string(row, place, say(f"report.column.{column.name}"), head)
            sheet.write_string(row + 1, place, column_number(column, place), numbers)
            sheet.set_column(place, place, _width(table, place, column))
        sheet.set_row(row, 32)

    def _write_line(self, sheet: Any, row: int, columns: Sequence[Column], line: Line) -> None:
        for place, (column, cell) in enumerate(zip(columns, line.cells, strict=True)):
            number_format = RATE if isinstance(cell, Rate) else NUMBERS.get(column.kind, "@")
            _write(
                sheet,
                row,
                place,
                cell,
                self._cell_format(column.kind, line.look, number_format),
            )

    def _cell_format(self, kind: Kind, look: Look, number_format: str) -> Any:
        """Give the format of the cells of a kind; the same one is made once only."""
        key = kind, look, number_format
        if key not in self.formats:
            self.formats[key] = self._format(
                num_format=number_format,
                align=SIDES.get(kind, "right"),
                valign="top",
                text_wrap=kind is Kind.TEXT,
                bottom=1,
                border_color=LINE,
                **LOOKS[look],
            )
        return self.formats[key]

    def _write_below(self, sheet: Any, row: int, table: Table, *, is_last: bool) -> None:
        """Write notes below a table, and below the last one what holds for the report."""
        quiet = self._format(font_color=MUTED)
        loud = self._format(bold=True, font_color="#B42318")
        lines = [(said(note, LANGUAGE), quiet) for note in table.notes]
        if is_last:
            lines += [(said(one, LANGUAGE), self._format()) for one in self.report.words]
            lines += [
                (equation_text(one, LANGUAGE), quiet if one.holds else loud)
                for one in self.report.equations
            ]
            lines += [(said(note, LANGUAGE), quiet) for note in self.report.notes]
            lines.append((mark_of(self.report, LANGUAGE), quiet))
        for at, (line, look) in enumerate(lines, start=row):
            sheet.write_string(at, 0, clean(line), look)

    def _set_up(self, sheet: Any, head: int, columns: int) -> None:
        """Set the sheet up to be read, and printed across A4 with its head on every page."""
        sheet.freeze_panes(head + 2, 0)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
        sheet.repeat_rows(head, head + 1)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&8&A&R&8&P/&N")
        everywhere = xl_range(0, 0, LAST_ROW, columns - 1)
        sheet.ignore_errors({"number_stored_as_text": everywhere})

    def _format(self, **look: Any) -> Any:
        return self.book.add_format({"font_name": "Times New Roman", "font_size": 11, **look})


def _write(sheet: Any, row: int, place: int, cell: Cell, look: Any) -> None:
    """Write a cell as what it is; text is text even where it begins like a formula."""
    if isinstance(cell, Money | int):
        sheet.write_number(row, place, cell if isinstance(cell, int) else cell.dong, look)
    elif isinstance(cell, Rate):
        sheet.write_number(row, place, Decimal(cell.text) / 100, look)
    elif isinstance(cell, Ratio) and cell.percent is not None:
        sheet.write_number(row, place, Decimal(cell.percent) / 100, look)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, place, office_time(cell), look)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, look)
    elif cell is None or cell == "":
        sheet.write_blank(row, place, None, look)
    else:
        written = clean(cell_text(cell, LANGUAGE))
        sheet.write_string(row, place, written[:LONGEST_CELL], look)


def _width(table: Table, place: int, column: Column) -> float:
    """Give a width at which most of a column stands on one line."""
    if column.kind in WIDTHS:
        return WIDTHS[column.kind]
    letters = [len(cell_text(line.cells[place], LANGUAGE)) for line in table.lines]
    words = say(f"report.column.{column.name}").split()
    longest = max([*letters, *(len(word) for word in words), NARROWEST])
    return min(WIDEST, longest + 2)
