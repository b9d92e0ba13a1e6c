"""How a table fits the screen: what no row has gives way, and every cell knows its head.

Templates write tables as ever. Their macro sends them through `fitted`, which leaves out
columns of figures in which there is none, and writes into each cell the head of its column, so
that style sheets can show a row as a card where there is no room for columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from markupsafe import Markup, escape

TAG = re.compile(r"<(/?)(thead|tbody|tfoot|tr|td|th)\b([^>]*)>")
SPAN = {name: re.compile(rf'{name}="(\d+)"') for name in ("colspan", "rowspan")}
CLASSES = re.compile(r'class="([^"]*)"')
ANY_TAG = re.compile(r"<[^>]*>")
UNSEEN = re.compile(r'<span class="unseen">.*?</span>', re.DOTALL)
NOTHING = {"", "–"}


@dataclass(slots=True)
class _Cell:
    """A cell in its text: [start, opened) is its tag, [opened, end) what is in it."""

    name: str
    attributes: str
    start: int
    opened: int
    end: int
    row: int
    is_of_body: bool
    column: int = 0
    across: int = 1
    down: int = 1

    @property
    def columns(self) -> range:
        return range(self.column, self.column + self.across)


@dataclass(slots=True)
class _Table:
    """The cells of a table with their places in it, those of its head by themselves."""

    head: list[_Cell] = field(default_factory=list)
    body: list[_Cell] = field(default_factory=list)


def fitted(rows: str, *, is_complete: bool = False) -> Markup:
    """Give the rows of a table, each cell with its head.

    Columns of figures in which there is none give way, unless the table must be complete: what
    is a report has the columns of its files.
    """
    rows = str(rows)  # not Markup, which would escape what is put together below
    table = _read(rows)
    heads = _heads(rows, table.head)
    gone = set() if is_complete else _without_a_figure(rows, table)
    parts, reached = [], 0
    for cell in sorted(table.head + table.body, key=lambda one: one.start):
        left = [column for column in cell.columns if column not in gone]
        parts.append(rows[reached : cell.start])
        reached = cell.start if left else cell.end + len(f"</{cell.name}>")
        if left:
            parts.append(_tag(rows, cell, len(left), heads.get(left[0], "")))
            reached = cell.opened
    # What came in was escaped; columns went, and the labels that came are escaped too.
    return Markup("".join(parts) + rows[reached:])  # noqa: S704 # nosec B704


def _tag(rows: str, cell: _Cell, across: int, head: str) -> str:
    attributes = cell.attributes
    if across < cell.across:
        attributes = SPAN["colspan"].sub(
            f'colspan="{across}"' if across > 1 else "", attributes
        )
    if cell.is_of_body and cell.name == "td":
        if head and cell.across == 1:
            attributes += f' data-label="{escape(head)}"'
        if _said(rows, cell) in NOTHING:
            attributes += " data-empty"
    return f"<{cell.name}{attributes}>"


def _without_a_figure(rows: str, table: _Table) -> set[int]:
    """Give the columns of figures in which no row has one; under a wider head all stay or go.

    Beside what stands there now, "nothing then" is an answer.
    """
    of_figures = {
        cell.column
        for cell in table.head
        if cell.across == 1 and "money" in _classes(cell.attributes)
    }
    filled = {
        cell.column
        for cell in table.body
        if cell.across == 1 and _said(rows, cell) not in NOTHING
    }
    for cell in table.head:
        if cell.across > 1 and filled.intersection(cell.columns):
            filled.update(cell.columns)
    return of_figures - filled if filled else set()


def _heads(rows: str, head: list[_Cell]) -> dict[int, str]:
    """Give what stands above each column, the wider heads first."""
    said: dict[int, list[str]] = {}
    for cell in head:
        for column in cell.columns:
            said.setdefault(column, []).append(_said(rows, cell))
    return {column: " · ".join(filter(None, texts)) for column, texts in said.items()}


def _said(rows: str, cell: _Cell) -> str:
    """Give what one reads in a cell; what is typed into is something too."""
    inside = rows[cell.opened : cell.end]
    text = unescape(ANY_TAG.sub(" ", UNSEEN.sub("", inside)))
    return " ".join(text.split()) or ("…" if "<input" in inside else "")


def _classes(attributes: str) -> list[str]:
    found = CLASSES.search(attributes)
    return found[1].split() if found else []


def _read(rows: str) -> _Table:
    table = _Table()
    for section, cells in _sections(rows):
        taken: set[tuple[int, int]] = set()
        for cell in cells:
            while (cell.row, cell.column) in taken:
                cell.column += 1
            taken |= {
                (cell.row + below, column)
                for below in range(cell.down)
                for column in cell.columns
            }
        (table.head if section == "thead" else table.body).extend(cells)
    return table


def _sections(rows: str) -> Iterator[tuple[str, list[_Cell]]]:
    """Give the cells of head, bodies and foot, in which rows are counted anew."""
    cells: list[_Cell] = []
    row, is_of_body = -1, False
    for found in TAG.finditer(rows):
        closes, name, attributes = found.groups()
        if name in ("td", "th") and closes:
            cells[-1].end = found.start()
        elif name in ("td", "th"):
            across, down = (_span(attributes, one) for one in ("colspan", "rowspan"))
            at = found.start(), found.end(), found.end()
            cells.append(_Cell(name, attributes, *at, row, is_of_body, 0, across, down))
        elif name == "tr":
            row += not closes
        elif closes:
            yield name, cells
        else:
            cells, row, is_of_body = [], -1, name != "thead"


def _span(attributes: str, name: str) -> int:
    found = SPAN[name].search(attributes)
    return int(found[1]) if found else 1
