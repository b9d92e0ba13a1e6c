"""Tables of pages and workbooks read back as people see them: by the words of their heads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

NUMBER = re.compile(r"(?<![\d.,])([−-]?)\(?(\d{1,3}(?:\.\d{3})*)(?![\d.,/])")


@dataclass
class Cell:
    """A cell: its words, the columns it spans, what tells its kind, and where it leads."""

    words: str = ""
    span: int = 1
    classes: frozenset[str] = frozenset()
    link: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.words.split())

    @property
    def amounts(self) -> list[int]:
        """The whole numbers that stand in the cell, in order."""
        signed = NUMBER.findall(self.text.replace("\N{NO-BREAK SPACE}", " "))
        return [int(digits.replace(".", "")) * (-1 if sign else 1) for sign, digits in signed]

    @property
    def balance(self) -> int:
        """The amount of a report, which writes what is below nothing in parentheses."""
        return -self.amount if self.text.startswith("(") else self.amount

    @property
    def amount(self) -> int:
        """The first of them; a dash or nothing is 0."""
        return self.amounts[0] if self.amounts else 0


@dataclass
class Row:
    """A row of cells, in which part of the table it stands, and how it looks."""

    part: str
    classes: frozenset[str]
    cells: list[Cell] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    def spread(self) -> list[Cell]:
        """The cells by column; one that spans several stands in the first of them."""
        return [
            cell if not place else Cell() for cell in self.cells for place in range(cell.span)
        ]


@dataclass
class Table:
    """A table of a page."""

    caption: str = ""
    rows: list[Row] = field(default_factory=list)

    def part(self, name: str) -> list[Row]:
        return [row for row in self.rows if row.part == name]

    @property
    def heads(self) -> list[str]:
        """The words of the last row of heads, by column."""
        return [cell.text for cell in self.part("thead")[-1].spread()]

    def column(self, head: str) -> int:
        return self.heads.index(head)

    def amounts_of(self, head: str) -> Iterator[tuple[Row, int]]:
        """Each row of the body with the amount that stands under a head."""
        place = self.column(head)
        for row in self.part("tbody"):
            cells = row.spread()
            if len(cells) > place:
                yield row, cells[place].amount


class _Reader(HTMLParser):
    """Collects the tables of a page; those within others do not occur."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.part = ""
        self.taking: list[str] = []  # elements whose words are taken

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        classes = frozenset(named.get("class", "").split())
        if tag == "table":
            self.tables.append(Table())
        elif tag in {"thead", "tbody", "tfoot"}:
            self.part = tag
        elif tag == "tr" and self.tables:
            self.tables[-1].rows.append(Row(self.part, classes))
        elif tag in {"td", "th"} and self.tables:
            span = int(named.get("colspan", "1"))
            self.tables[-1].rows[-1].cells.append(Cell(span=span, classes=classes))
            self.taking.append(tag)
        elif tag == "a" and self.taking and self.taking[-1] != "caption":
            self.tables[-1].rows[-1].cells[-1].link = named.get("href", "")
        elif tag == "caption":
            self.taking.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.taking and tag == self.taking[-1]:
            self.taking.pop()

    def handle_data(self, data: str) -> None:
        if not self.taking:
            return
        if self.taking[-1] == "caption":
            self.tables[-1].caption += data
        else:
            self.tables[-1].rows[-1].cells[-1].words += f" {data}"


def tables_of(page: str) -> list[Table]:
    """Give the tables of a page in order."""
    reader = _Reader()
    reader.feed(page)
    return [table for table in reader.tables if table.rows]


def sheet_rows(workbook: bytes) -> list[list[Any]]:
    """Give the cells of a workbook's first sheet, row by row."""
    sheet = load_workbook(BytesIO(workbook)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def by_contract(rows: list[list[Any]], head: str) -> dict[str, int]:
    """Give what a sheet of loans says under a head, by the number of the contract."""
    heads = next(row for row in rows if head in row)
    contract, place = heads.index("Hợp đồng"), heads.index(head)
    return {
        row[contract]: row[place] or 0
        for row in rows[rows.index(heads) + 1 :]
        if isinstance(row[0], int) and isinstance(row[contract], str)
    }
