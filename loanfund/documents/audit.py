"""The audit log as a workbook: instants as instants, everything else as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from loanfund.clock import OFFICE
from loanfund.wording import clean

LONGEST_CELL = 32_000
WIDTHS = (18, 8, 24, 28, 14, 32, 60, 44, 60)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The name of a sheet, and its heads."""

    name: str
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A line in words: when, what stands in its columns, its facts by name, before, after."""

    at: datetime
    words: tuple[str, ...]
    facts: tuple[tuple[str, str, str], ...]

    @property
    def summary(self) -> str:
        """All facts in one cell."""
        return "; ".join(
            f"{name}: {before} → {after}" if before else f"{name}: {after}"
            for name, before, after in self.facts
        )


def render_audit(sheets: tuple[Sheet, Sheet], lines: Iterable[Told]) -> bytes:
    """Give a sheet with a row a line, and one with a row a fact; nothing is ever a formula."""
    written = BytesIO()
    never = {f"strings_to_{kind}": False for kind in ("formulas", "numbers", "urls")}
    book = Workbook(written, {"in_memory": True, **never})
    of_lines, of_facts = (_Rows(book, sheet) for sheet in sheets)
    for one in lines:
        of_lines.add(one.at, (*one.words, one.summary))
        for fact in one.facts:
            of_facts.add(one.at, (*one.words, *fact))
    for each in (of_lines, of_facts):
        each.end()
    book.close()
    return written.getvalue()


class _Rows:
    """A sheet that is written from its head down."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        """Write the head."""
        self.sheet, self.count, self.last = book.add_worksheet(sheet.name), 0, len(sheet.heads)
        bold = book.add_format({"bold": True, "bg_color": "#EEF1F4"})
        self.instant = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for column, (head, width) in enumerate(zip(sheet.heads, WIDTHS, strict=False)):
            self.sheet.write_string(0, column, head, bold)
            self.sheet.set_column(column, column, width)
        self.sheet.freeze_panes(1, 0)

    def add(self, at: datetime, texts: Sequence[str]) -> None:
        """Write a row."""
        self.count += 1
        local = at.astimezone(OFFICE).replace(tzinfo=None, microsecond=0)
        self.sheet.write_datetime(self.count, 0, local, self.instant)
        for column, said in enumerate(texts, start=1):
            cell = clean(said)[:LONGEST_CELL]
            self.sheet.write_string(self.count, column, cell, self.wrapped)

    def end(self) -> None:
        """Let people filter what is there."""
        self.sheet.autofilter(0, 0, self.count, self.last - 1)
