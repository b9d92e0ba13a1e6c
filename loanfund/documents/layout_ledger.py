"""A table that splits over pages: its head again on each, and the sums so far carried over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from html import escape
from itertools import accumulate

from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Paragraph, Table

from loanfund.documents import fonts
from loanfund.documents.layout import INK, MUTED, clean, clipped, style
from loanfund.documents.layout_rules import table_style
from loanfund.documents.layout_table import (
    FACE_OF,
    LEADING,
    NOTHING,
    PAD,
    ROW_PAD,
    Carry,
    Column,
    Look,
    Row,
    figure,
)

LONGEST_CELL = 600  # letters; a row must fit a page
A_PAGE = 100 * mm  # a table that has this much room is not moved on whole
FEWEST_ROWS = 2  # that may stand alone between a head and the foot of a page
LAST_ROWS = 3  # that stay with what is signed below them
SIDES = {"left": TA_LEFT, "center": TA_CENTER, "right": TA_RIGHT}

Cell = str | Paragraph


class Ledger(Flowable):
    """A table of a paper at the size and widths that `fitted` found for all of its rows."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Row],
        fit: tuple[float, list[float]],
        carry: Carry | None = None,
        tail: float = 0.0,
    ) -> None:
        """Set the rows; without a carry a page break shows the head only.

        The tail is the room that the last rows leave on their page for what follows them.
        """
        super().__init__()
        self.columns = columns
        self.rows = list(rows)
        self.size, self.widths = fit
        self.carry = carry
        self.tail = tail
        self.brought: tuple[int, ...] | None = None
        self.forward: tuple[int, ...] | None = None
        self.heads = _heads(columns, self.size)
        self.head_heights = self._measured_heads()
        self.cells = [self._cells(row) for row in self.rows]
        self.heights = [self._height(cells) for cells in self.cells]

    @property
    def line_height(self) -> float:
        """The height of a row of one line."""
        return self.size * LEADING + 2 * ROW_PAD

    def _measured_heads(self) -> list[float]:
        """Give the heights of the head's rows; a column with nothing over it fills both."""
        if not any(column.over for column in self.columns):
            return [self._height(head) for head in self.heads]
        lower = self._height(self.heads[1])
        spanning = [
            "" if column.over else cell
            for column, cell in zip(self.columns, self.heads[0], strict=True)
        ]
        below = [self._height(head) for head in self.heads[2:]]
        return [max(self.line_height, self._height(spanning) - lower), lower, *below]

    @property
    def least_height(self) -> float:
        """The room that the head and the first rows need together, within reason."""
        count = FEWEST_ROWS
        while count < len(self.rows) and self.rows[count - 1].is_bound:
            count += 1
        if all(row.look is Look.TOTAL for row in self.rows[count:]):
            count = len(self.rows)  # totals do not stand alone
        rows = sum(self.heights[:count]) + self.line_height * (self.carry is not None)
        return min(sum(self.head_heights) + rows, A_PAGE)

    def wrap(self, _width: float, height: float) -> tuple[float, float]:
        carried = (self.brought is not None) + (self.forward is not None)
        self.width = sum(self.widths)
        self.height = sum(self.head_heights) + sum(self.heights) + carried * self.line_height
        if self.height <= height < self.height + self.tail and self._splits(height):
            return self.width, self.height + self.tail  # refused here, and split
        return self.width, self.height

    def _splits(self, height: float) -> bool:
        return self._fitting_rows(height - sum(self.head_heights)) < len(self.rows)

    def split(self, _width: float, height: float) -> list[Flowable]:
        """Give what fits here with the sums so far, and the rest, which begins with them."""
        room = height - sum(self.head_heights)
        if self.carry is not None:
            room -= self.line_height * (1 + (self.brought is not None))
        count = self._fitting_rows(room)
        if not count:
            return []
        here, rest = self._part(0, count), self._part(count, len(self.rows))
        rest.tail = self.tail
        here.brought = self.brought
        if self.carry is not None:
            here.forward = rest.brought = here.sums()
        return [here, rest]

    def sums(self) -> tuple[int, ...]:
        """Give the sums at the end of this part."""
        found = self.brought or (0,) * len(self.carry.columns if self.carry else ())
        for row in self.rows:
            if row.sums:
                found = tuple(a + b for a, b in zip(found, row.sums, strict=True))
        return found

    def draw(self) -> None:
        rows, cells, heights = list(self.rows), list(self.cells), list(self.heights)
        if self.carry is not None and self.brought is not None:
            row = _carried(self.carry, self.carry.brought, self.brought, len(self.columns))
            rows.insert(0, row)
            cells.insert(0, self._cells(row))
            heights.insert(0, self.line_height)
        if self.carry is not None and self.forward is not None:
            row = _carried(self.carry, self.carry.forward, self.forward, len(self.columns))
            rows.append(row)
            cells.append(self._cells(row))
            heights.append(self.line_height)
        table = Table(
            [*self.heads, *cells],
            colWidths=self.widths,
            rowHeights=[*self.head_heights, *heights],
            style=table_style(self.columns, rows, self.size, len(self.heads)),
        )
        table.wrapOn(self.canv, self.width, self.height)
        table.drawOn(self.canv, 0, 0)

    def _part(self, start: int, end: int) -> Ledger:
        part = Ledger(self.columns, (), (self.size, self.widths), self.carry)
        part.rows, part.cells = self.rows[start:end], self.cells[start:end]
        part.heights = self.heights[start:end]
        return part

    def _fitting_rows(self, room: float) -> int:
        """Give how many rows stay here; what belongs together moves on, unless it is a page."""
        is_page = room > A_PAGE
        fits = bisect_right(list(accumulate(self.heights)), room)
        count = min(fits, len(self.rows) - LAST_ROWS) if self.tail else fits
        while count > 0 and all(row.look is Look.TOTAL for row in self.rows[count:]):
            count -= 1
        while count > 0 and self.rows[count - 1].is_bound:
            count -= 1
        if count >= FEWEST_ROWS:
            return count
        return fits if is_page else 0

    def _cells(self, row: Row) -> list[Cell]:
        """Give the cells, as paragraphs where they wrap or are struck."""
        return [self._cell(row, index) for index in range(len(self.columns))]

    def _cell(self, row: Row, index: int) -> Cell:
        column = self.columns[index]
        cell = clipped(clean(row.cells[index]), LONGEST_CELL)
        if column.is_wrapped:
            return self._wrapped(row, cell, index)
        if row.look is Look.STRUCK and cell not in {"", NOTHING}:
            return _struck(cell, _look(row.look, column.side, self.size))
        return cell

    def _wrapped(self, row: Row, cell: str, index: int) -> Cell:
        look = _look(row.look, "left", self.size)
        if row.look is Look.STRUCK:
            return _struck(cell, look, f" {row.note}" if self.columns[index].has_note else "")
        width = self.widths[index] - 2 * PAD
        if stringWidth(cell, look.fontName, self.size) <= width:
            return cell
        return Paragraph(escape(cell), look)

    def _height(self, cells: Sequence[Cell]) -> float:
        """Give the height of a row, which is that of its highest cell."""
        heights = [
            cell.wrap(width - 2 * PAD, 10_000)[1] + 2 * ROW_PAD
            for cell, width in zip(cells, self.widths, strict=True)
            if isinstance(cell, Paragraph)
        ]
        return max([self.line_height, *heights])


@cache
def _look(look: Look, side: str, size: float) -> ParagraphStyle:
    return style(
        f"{look.value}-{side}",
        size,
        fontName=FACE_OF[look],
        alignment=SIDES[side],
        leading=size * LEADING,
        textColor=MUTED if look in {Look.STRUCK, Look.QUIET} else INK,
    )


def _struck(cell: str, look: ParagraphStyle, note: str = "") -> Paragraph:
    return Paragraph(f"<strike>{escape(cell)}</strike>{escape(clean(note))}", look)


def _heads(columns: Sequence[Column], size: float) -> list[list[Cell]]:
    """Give the head as one row, two where columns have a head over them, none for no heads.

    Numbers of columns are a row more.
    """
    if not any(column.head for column in columns):
        return []
    own: list[Cell] = [
        Paragraph(escape(column.head), _head_look(column.side, size)) for column in columns
    ]
    below: list[list[Cell]] = []
    if any(column.number for column in columns):
        below.append([Paragraph(one.number, _head_look(one.side, size)) for one in columns])
    if not any(column.over for column in columns):
        return [own, *below]
    upper: list[Cell] = [
        Paragraph(escape(column.over), _head_look("center", size)) if column.over else cell
        for column, cell in zip(columns, own, strict=True)
    ]
    lower: list[Cell] = [
        cell if column.over else "" for column, cell in zip(columns, own, strict=True)
    ]
    return [upper, lower, *below]


def _head_look(side: str, size: float) -> ParagraphStyle:
    return style(
        f"head-{side}",
        size,
        fontName=fonts.SANS_MEDIUM,
        alignment=SIDES[side],
        leading=size * LEADING,
    )


def _carried(carry: Carry, label: str, sums: Sequence[int], count: int) -> Row:
    cells = [""] * count
    cells[carry.label_at] = label
    for index, amount in zip(carry.columns, sums, strict=True):
        cells[index] = figure(amount)
    return Row(cells=tuple(cells), look=Look.QUIET)
