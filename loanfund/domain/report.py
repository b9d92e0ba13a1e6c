"""What a report says: typed cells in tables, the sums under them, and what must hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from loanfund.domain.money import Money, Rate, total
from loanfund.domain.portfolio import Ratio
from loanfund.domain.statement_parts import Fund


class Kind(StrEnum):
    """What stands in a column; money, counts and shares are summed, other figures are not."""

    TEXT = "text"
    MONEY = "money"
    COUNT = "count"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"
    INSTANT = "instant"


class Look(StrEnum):
    """How a line looks; a marked one says something that the reader should not pass over."""

    PLAIN = "plain"
    MARKED = "marked"
    OPENING = "opening"
    SUBTOTAL = "subtotal"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Said:
    """A text by its key, with the facts that fill it."""

    key: str
    facts: Mapping[str, object] = field(default_factory=dict)


Name = TypeVar("Name", bound=str | Said)
Cell = str | Said | Money | int | Ratio | Rate | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; its head is the text of its name, its figures may follow from others.

    `formula` says from which columns, by their places (`3−6−8`); `is_explained` tells that a
    text says how a figure comes about that no column and no list adds up to.
    """

    name: str
    kind: Kind = Kind.TEXT
    formula: str = ""
    is_explained: bool = False

    @property
    def follows(self) -> bool:
        """Say whether words below the table say how its figures come about."""
        return bool(self.formula) or self.is_explained


@dataclass(frozen=True, slots=True)
class Behind:
    """What a figure is made of (UX-18): a page or a report by its name, and what it is asked.

    `part` is the place on that page where the figure's parts stand.
    """

    page: str
    asked: Mapping[str, object] = field(default_factory=dict)
    part: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of cells; it leads to the loan that it speaks of, or to what is behind it.

    `behind` says what is behind a figure by the name of its column; of a line that speaks of a
    loan the others lead to the loan.
    """

    cells: tuple[Cell, ...]
    look: Look = Look.PLAIN
    loan_id: int | None = None
    behind: Mapping[str, Behind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a report; `title` is empty where the report's own says it all."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    title: Said | None = None
    notes: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Equation:
    """What must hold between figures, written out; a report says aloud when it does not."""

    said: Said
    holds: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """Who signs: as what, and their name where it is known."""

    title: Said
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """The month in which a report ends was locked, and entries for its days came later."""

    month_end: date
    entries: int
    outstanding: Money  # as it was locked

    @property
    def said(self) -> Said:
        """Say so, with the month's locked debt."""
        facts = {"month": f"{self.month_end:%m/%Y}", "day": self.month_end}
        figures = {"count": self.entries, "outstanding": self.outstanding}
        return Said("report.restated", {**facts, **figures})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of a day, or of a period where `first` is given, as known at an instant.

    `known_at` None is now; `source` is the code of the only capital source, empty for all;
    `words` say in sentences what the tables say in figures.
    `signs` are those who sign beside whoever made it and the fund's signatories. `heading` is
    its title where that says more than what the report is called; one that `is_sent` to others
    has a number, whom it is for, and who gets it.
    """

    name: str
    as_of: date
    tables: tuple[Table, ...]
    first: date | None = None
    known_at: datetime | None = None
    source: str = ""
    words: tuple[Said, ...] = ()
    equations: tuple[Equation, ...] = ()
    notes: tuple[Said, ...] = ()
    signs: tuple[Sign, ...] = ()
    restated: Restated | None = None
    heading: Said | None = None
    is_sent: bool = False

    @property
    def title(self) -> Said:
        """What stands above it."""
        return self.heading or Said(f"report.title.{self.name}")

    @property
    def line_count(self) -> int:
        """How many lines all tables have."""
        return sum(len(table.lines) for table in self.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a report on paper: whose it is, who made it, and when."""

    fund: Fund
    superior: str
    made_by: str
    made_on: date
    made_at: datetime


def numbered(lines: Iterable[Line]) -> list[Line]:
    """Put the running number (STT) before the cells of each line."""
    return [
        replace(line, cells=(number, *line.cells)) for number, line in enumerate(lines, start=1)
    ]


def summed(
    columns: Sequence[Column],
    lines: Iterable[Line],
    label: Cell,
    look: Look = Look.TOTAL,
    behind: Mapping[str, Behind] | None = None,
) -> Line:
    """Give the line of sums over plain lines; the label stands in the first column of text."""
    counted = [line.cells for line in lines if line.look in {Look.PLAIN, Look.MARKED}]
    cells: list[Cell] = [
        _sum(column.kind, [cells[place] for cells in counted])
        for place, column in enumerate(columns)
    ]
    at = next(place for place, column in enumerate(columns) if column.kind is Kind.TEXT)
    cells[at] = label
    return Line(tuple(cells), look, behind=behind or {})


def _sum(kind: Kind, cells: Sequence[Cell]) -> Cell:
    if kind is Kind.MONEY:
        return total([cell for cell in cells if isinstance(cell, Money)])
    if kind is Kind.COUNT:
        return sum(cell for cell in cells if isinstance(cell, int))
    ratios = [cell for cell in cells if isinstance(cell, Ratio)]
    if kind is Kind.PERCENT and ratios:
        numerator = total([ratio.numerator for ratio in ratios])
        return Ratio(numerator, total([ratio.denominator for ratio in ratios]))
    return None


def grouped(
    columns: Sequence[Column], groups: Mapping[Name, Sequence[Line]], total_label: Cell
) -> tuple[Line, ...]:
    """Give the lines of each group with its subtotal, and the total of all of them.

    Of a single group the subtotal would only say the total once more.
    """
    lines: list[Line] = []
    for name, members in groups.items():
        lines += members
        if len(groups) > 1:
            label = Said("report.subtotal", {"name": name})
            lines.append(summed(columns, members, label, Look.SUBTOTAL))
    return (*lines, summed(columns, lines, total_label))


# What a page leads to is no content, nor when a report was asked for.
NO_CONTENT = {"behind", "loan_id", "is_explained", "known_at", "restated"}


def fingerprint(report: Report) -> str:
    """Give what two printouts share exactly when they say the same (SHA-256 of the content)."""
    content = json.dumps(_plain(report), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Give a value as plain JSON."""
    if hasattr(value, "__dataclass_fields__"):
        said = value.__dataclass_fields__.keys() - NO_CONTENT
        return {name: _plain(getattr(value, name)) for name in said}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
