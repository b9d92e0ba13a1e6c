"""A report as a paper (báo cáo danh mục): heads on every page, sums, notes, who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from loanfund.documents import fonts, layout_table
from loanfund.documents.layout import (
    LANGUAGE,
    LEFT,
    RIGHT,
    SMALL,
    TITLE,
    paragraph,
    say,
    style,
    unbroken,
)
from loanfund.documents.layout_decree import Whose, decree_head, place_and_day, signatures
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import (
    NOTHING,
    Row,
    TooWideError,
    fitted,
    stands_whole,
)
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

ACROSS = landscape(A4)
LEAST = 22 * mm
BY_HAND_LINE = "." * 60  # to be written in
BY_HAND = {"signature": 30 * mm}  # columns that are left empty to be written in
IN_DONG = {"exact"}  # columns whose head says in what they are counted
IN_GROUPS = {"phone"}  # columns of numbers that are written in groups
SMALL_PRINT = (6.0, 5.5, 5.0, 4.5, 4.0, 3.5, 3.0)
BEGINNING = 34 * mm  # a title, a head and a few lines stay on one page
TOGETHER = 100 * mm  # a last table with its signatures that is no higher than this

SUBTITLE = style("report subtitle", 10, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)
UNIT = style("report unit", 9, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT, spaceAfter=3)
SECTION = style("report section", 10.5, fontName=fonts.SERIF_BOLD, spaceBefore=9, spaceAfter=2)
WORDS = style("report words", 11, fontName=fonts.SERIF, spaceAfter=4, leading=15)
ADDRESSEE = style("report addressee", 12, alignment=TA_CENTER)
COPIES_HEAD = style("report copies head", 10, fontName=fonts.SERIF_BOLD_ITALIC)
COPIES = style("report copies", 9.5)
PLACE = style("report place", 9.5, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT)
FAILS = style("report fails", 9, fontName=fonts.SERIF_BOLD)
LOUD = style("report restated", 9.5, fontName=fonts.SERIF_BOLD, spaceAfter=4, leading=13)
LOOKS = {
    Look.PLAIN: layout_table.Look.PLAIN,
    Look.MARKED: layout_table.Look.PLAIN,
    Look.OPENING: layout_table.Look.QUIET,
    Look.SUBTOTAL: layout_table.Look.SUM,
    Look.TOTAL: layout_table.Look.TOTAL,
}
SIDES = {Kind.TEXT: "left", Kind.DAY: "center", Kind.INSTANT: "center", Kind.NUMBER: "center"}


def render_report(report: Report, frame: Frame, *, in_millions: bool = False) -> bytes:
    """Give the PDF, across A4 where a table asks for it; same values, same bytes."""
    fonts.register()
    title = said(report.title, LANGUAGE)
    tables = [_Laid(table, in_millions=in_millions) for table in report.tables]
    page, left = A4, LEFT
    if not all(table.stands_whole(A4[0] - LEFT - RIGHT) for table in tables):
        page, left = ACROSS, NARROW_LEFT
    story = list(_story(report, frame, tables, page[0] - left - RIGHT))
    footer = (
        " · ".join([title, *head_lines(report, LANGUAGE)[:1]]),
        f"{known_line(report, frame, LANGUAGE)} {mark_of(report, LANGUAGE)}",
    )
    return lay_out(story, footer, title=title, author=frame.fund.name, page_size=page)


def _story(
    report: Report, frame: Frame, tables: Sequence[_Laid], width: float
) -> Iterator[Flowable]:
    fund = frame.fund
    in_millions = any(table.in_millions for table in tables)
    number, day = (say("report.number"), frame.made_on) if report.is_sent else ("", None)
    yield decree_head(Whose(frame.superior, fund.name, fund.place), number, day, width)
    yield Spacer(0, 5 * mm)
    yield paragraph(said(report.title, LANGUAGE).upper(), TITLE)
    known = known_line(report, frame, LANGUAGE) if report.known_at else ""  # else at the foot
    lines = (unbroken(line.rstrip(".")) for line in head_lines(report, LANGUAGE, known))
    yield paragraph(" · ".join(lines), SUBTITLE)
    if report.is_sent:
        yield Spacer(0, 2 * mm)
        yield paragraph(say("report.addressee", addressee=BY_HAND_LINE), ADDRESSEE)
    yield Spacer(0, 2 * mm)
    yield paragraph(say("report.unit.millions" if in_millions else "report.unit"), UNIT)
    if report.restated:
        yield paragraph(said(report.restated.said, LANGUAGE), LOUD)
    for sentence in report.words:
        yield paragraph(said(sentence, LANGUAGE), WORDS)
    ending = list(_ending(report, frame, width, in_millions=in_millions))
    for place, table in enumerate(tables, start=1):
        yield from table.story(width, _height(ending, width) if place == len(tables) else 0.0)
    yield KeepTogether(ending)


def _height(story: Sequence[Flowable], width: float) -> float:
    """Give the room that a story takes, as far as it is kept on one page."""
    heights = [
        one.wrap(width, 10_000)[1] + one.getSpaceBefore() + one.getSpaceAfter() for one in story
    ]
    return min(sum(heights), TOGETHER)


def _ending(
    report: Report, frame: Frame, width: float, *, in_millions: bool
) -> Iterator[Flowable]:
    """Give what stands below the last table, and who signs."""
    for equation in report.equations:
        yield paragraph(equation_text(equation, LANGUAGE), SMALL if equation.holds else FAILS)
    notes = [said(note, LANGUAGE) for note in report.notes]
    if in_millions:
        notes.append(say("report.rounded"))
    for note in notes:
        yield paragraph(note, SMALL)
    signers = [(say("report.maker"), frame.made_by)]
    signers += [(said(one.title, LANGUAGE), one.name) for one in report.signs]
    signers += [(one.title, one.name) for one in frame.fund.signatories]
    yield Spacer(0, 5 * mm)
    if not report.is_sent:
        yield paragraph(place_and_day(frame.fund.place, frame.made_on), PLACE)
    yield signatures(signers, width)
    if report.is_sent:
        yield paragraph(say("notice.copies"), COPIES_HEAD)
        for line in (
            say("notice.copies.borrower"),
            f"– {BY_HAND_LINE[:40]};",
            say("report.copies.file"),
        ):
            yield paragraph(line, COPIES)


class _Laid:
    """A table of a report as it is set: its columns and rows, still without widths."""

    def __init__(self, table: Table, *, in_millions: bool) -> None:
        """Write out the cells."""
        self.table = table
        self.in_millions = in_millions
        self.rows = [_row(line, table.columns, in_millions=in_millions) for line in table.lines]
        self.columns = [
            _column(column, place, in_millions=in_millions)
            for place, column in enumerate(table.columns)
        ]

    def stands_whole(self, width: float) -> bool:
        """Say whether the table needs no more than this width."""
        return stands_whole(self.columns, self.rows, width)

    def story(self, width: float, tail: float) -> Iterator[Flowable]:
        """Give the table, its title above and its notes below, and leave room for the tail."""
        notes = [paragraph(said(note, LANGUAGE), SMALL) for note in self.table.notes]
        below: list[Flowable] = [Spacer(0, 1.5 * mm), *notes]
        tail = tail and tail + _height(below, width)
        title = (
            [paragraph(said(self.table.title, LANGUAGE), SECTION)] if self.table.title else []
        )
        fit = _fit(self.columns, self.rows, width)
        ledger = Ledger(self.columns, self.rows, fit, tail=tail)
        whole = _height([*title, ledger], width) + tail
        yield CondPageBreak(whole if whole < TOGETHER else BEGINNING)
        yield from (*title, ledger, *below)


def _fit(
    columns: Sequence[layout_table.Column], rows: Sequence[Row], width: float
) -> tuple[float, list[float]]:
    """Give size and widths; where figures alone are too wide they are written smaller."""
    try:
        return fitted(columns, rows, width)
    except TooWideError:
        return fitted(columns, rows, width, SMALL_PRINT)


def _column(column: Column, place: int, *, in_millions: bool) -> layout_table.Column:
    """Give a column; what is text may wrap, and a head says what its figures are counted in."""
    is_otherwise = in_millions and column.name in IN_DONG
    return layout_table.Column(
        head=say(f"report.column.{column.name}{'.millions' if is_otherwise else ''}"),
        number=column_number(column, place),
        side=SIDES.get(column.kind, "right"),
        is_wrapped=column.kind is Kind.TEXT,
        least=BY_HAND.get(column.name, LEAST),
        room=BY_HAND.get(column.name, 0.0),
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
    written = cell_text(cell, LANGUAGE)
    return unbroken(written) if column.name in IN_GROUPS else written
