"""A report as a paper (báo cáo danh mục): heads on every page, sums, notes, who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from loanfund.documents import fonts, layout_table
from loanfund.documents.layout import LANGUAGE, RIGHT, SMALL, TITLE, paragraph, say, style
from loanfund.documents.layout_decree import Whose, decree_head, place_and_day, signatures
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import NOTHING, SIZES, Row, TooWideError, fitted
from loanfund.documents.report_cell import (
    cell_text,
    column_number,
    equation_text,
    head_lines,
    known_line,
    mark_of,
    said,
)
from loanfund.documents.report_pages import NARROW_LEFT, lay_out
from loanfund.domain.money import Money
from loanfund.domain.report import Cell, Column, Frame, Kind, Line, Look, Report, Table
from loanfund.wording.figures import MILLION, in_units

PAGE = landscape(A4)
WIDTH = PAGE[0] - NARROW_LEFT - RIGHT
LEAST = 22 * mm
BEGINNING = 34 * mm  # a title, a head and a few lines stay on one page

SUBTITLE = style("report subtitle", 10, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)
UNIT = style("report unit", 9, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT, spaceAfter=3)
SECTION = style("report section", 10.5, fontName=fonts.SERIF_BOLD, spaceBefore=9, spaceAfter=2)
WORDS = style("report words", 11, fontName=fonts.SERIF, spaceAfter=4, leading=15)
PLACE = style("report place", 9.5, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT)
FAILS = style("report fails", 9, fontName=fonts.SERIF_BOLD)
LOOKS = {
    Look.PLAIN: layout_table.Look.PLAIN,
    Look.MARKED: layout_table.Look.PLAIN,
    Look.OPENING: layout_table.Look.QUIET,
    Look.SUBTOTAL: layout_table.Look.SUM,
    Look.TOTAL: layout_table.Look.TOTAL,
}
SIDES = {Kind.TEXT: "left", Kind.DAY: "center", Kind.INSTANT: "center", Kind.NUMBER: "center"}


def render_report(report: Report, frame: Frame, *, in_millions: bool = False) -> bytes:
    """Give the PDF across A4; the same values give the same bytes."""
    fonts.register()
    title = say(f"report.title.{report.name}")
    story = list(_story(report, frame, in_millions=in_millions))
    footer = (
        " · ".join([title, *head_lines(report, frame, LANGUAGE)[:1]]),
        f"{known_line(report, frame, LANGUAGE)} {mark_of(report, LANGUAGE)}",
    )
    return lay_out(story, footer, title=title, author=frame.fund.name, page_size=PAGE)


def _story(report: Report, frame: Frame, *, in_millions: bool) -> Iterator[Flowable]:
    fund = frame.fund
    yield decree_head(Whose(frame.superior, fund.name, fund.place), "", None, WIDTH)
    yield Spacer(0, 5 * mm)
    yield paragraph(say(f"report.title.{report.name}").upper(), TITLE)
    yield paragraph(" · ".join(head_lines(report, frame, LANGUAGE)), SUBTITLE)
    yield Spacer(0, 2 * mm)
    yield paragraph(say("report.unit.millions" if in_millions else "report.unit"), UNIT)
    for sentence in report.words:
        yield paragraph(said(sentence, LANGUAGE), WORDS)
    for table in report.tables:
        yield from table_story(table, WIDTH, in_millions=in_millions)
    for equation in report.equations:
        yield paragraph(equation_text(equation, LANGUAGE), SMALL if equation.holds else FAILS)
    notes = [said(note, LANGUAGE) for note in report.notes]
    if in_millions:
        notes.append(say("report.rounded"))
    for note in notes:
        yield paragraph(note, SMALL)
    yield _signed(report, frame)


def table_story(table: Table, width: float, *, in_millions: bool = False) -> Iterator[Flowable]:
    """Give a table with its title above and its notes below."""
    if table.title:
        yield CondPageBreak(BEGINNING)
        yield paragraph(said(table.title, LANGUAGE), SECTION)
    yield _ledger(table, width, in_millions=in_millions)
    yield Spacer(0, 1.5 * mm)
    for note in table.notes:
        yield paragraph(said(note, LANGUAGE), SMALL)


def _signed(report: Report, frame: Frame) -> Flowable:
    """Give place and day, and below them who made it, who signs too, and who for the fund."""
    signers = [(say("report.maker"), frame.made_by)]
    signers += [(said(one, LANGUAGE), "") for one in report.signs]
    signers += [(one.title, one.name) for one in frame.fund.signatories]
    place = paragraph(place_and_day(frame.fund.place, frame.made_on), PLACE)
    return KeepTogether([Spacer(0, 5 * mm), place, signatures(signers, WIDTH)])


def _ledger(table: Table, width: float, *, in_millions: bool) -> Ledger:
    rows = [_row(line, table.columns, in_millions=in_millions) for line in table.lines]
    columns = [_column(column, place) for place, column in enumerate(table.columns)]
    return Ledger(columns, rows, _fit(columns, rows, width))


def _fit(
    columns: Sequence[layout_table.Column], rows: Sequence[Row], width: float
) -> tuple[float, list[float]]:
    """Give size and widths; where figures alone are too wide all columns share alike."""
    try:
        return fitted(columns, rows, width)
    except TooWideError:
        return SIZES[-1], [width / len(columns)] * len(columns)


def _column(column: Column, place: int) -> layout_table.Column:
    """Give a column; what is text may wrap."""
    return layout_table.Column(
        head=say(f"report.column.{column.name}"),
        number=column_number(column, place),
        side=SIDES.get(column.kind, "right"),
        is_wrapped=column.kind is Kind.TEXT,
        least=LEAST,
    )


def _row(line: Line, columns: Sequence[Column], *, in_millions: bool) -> Row:
    cells = tuple(
        _cell(cell, column, in_millions=in_millions)
        for cell, column in zip(line.cells, columns, strict=True)
    )
    return Row(cells=cells, look=LOOKS[line.look])


def _cell(cell: Cell, column: Column, *, in_millions: bool) -> str:
    if in_millions and column.kind is Kind.MONEY and isinstance(cell, Money):
        digits = in_units(abs(cell.dong), MILLION)
        return NOTHING if not cell else (f"({digits})" if cell.dong < 0 else digits)
    return cell_text(cell, LANGUAGE)
