"""Where figures of reports lead: to the list, report, book or loan that adds up to each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import url_for

from loanfund.domain.portfolio import Ratio
from loanfund.domain.report import Behind, Cell, Column, Kind, Line, Report, Table
from loanfund.queries._behind import report_behind
from loanfund.queries._standing import Moment
from loanfund.web.asked import known_parameter
from loanfund.web.context import language
from loanfund.wording import text

FIGURES = frozenset({Kind.MONEY, Kind.COUNT, Kind.PERCENT, Kind.NUMBER})
LINE_NUMBER = "number"  # the column that only counts lines
PAGES = {"loans": "loan_list.show", "loan": "loan.show", "capital_book": "capital.show"}
OF_FORMULA = re.compile(r"\d+|[^\d]+")


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways from the figures of a report, which speaks of a day as known at an instant."""

    as_of: date
    known_at: datetime | None

    @classmethod
    def of(cls, report: Report) -> Ways:
        """Give the ways from a report."""
        return cls(report.as_of, report.known_at)

    def to(self, line: Line, column: Column, cell: Cell, table: object) -> str:
        """Give the address behind a figure of a table; empty where nothing is behind it.

        A figure that follows from others leads to the words below its table that say how.
        """
        if column.kind not in FIGURES or column.name == LINE_NUMBER or not _says(cell):
            return ""
        if column.name in line.behind:
            return self.address(line.behind[column.name])
        if column.follows:
            return "#" + how_id(table, column)
        return self.loan(line.loan_id) if line.loan_id else ""

    def loan(self, loan_id: int) -> str:
        """Give the address of a loan as the report saw it."""
        return self.address(Behind("loan", {"loan_id": loan_id, "as_of": self.as_of}))

    def address(self, behind: Behind) -> str:
        """Give the address of what is behind a figure, as known when the report was."""
        asked: dict[str, Any] = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in behind.asked.items()
            if value
        }
        if self.known_at is not None:
            asked["known_at"] = known_parameter(self.known_at)
        if behind.part:
            asked["_anchor"] = behind.part
        if behind.page in PAGES:
            return url_for(PAGES[behind.page], **asked)
        return url_for("report.preview", name=behind.page, **asked)


# The report that a figure of a source is one of.
OF_SOURCES = {"capital": "capital", "undisbursed": "sources", "lent": "sources"}


def source_address(figure: str, moment: Moment, source: str = "") -> str:
    """Give the report behind a figure of a source, or of all, in the year to a moment."""
    day = moment.as_of
    first = day.replace(month=1, day=1)
    behind = report_behind(OF_SOURCES[figure], source, first, day)
    return Ways(day, moment.known_at).address(behind)


def how_id(table: object, column: Column) -> str:
    """Name the place on the page that says how the figures of a column come about."""
    return f"how-{table}-{column.name.replace('_', '-')}"


def how(table: Table) -> Iterator[tuple[Column, str]]:
    """Say of each column that follows from others how: `Tỷ lệ nợ xấu = Nợ xấu ÷ Dư nợ`."""
    for column in table.columns:
        if column.is_explained:
            yield column, text(f"report.how.{column.name}", language())
        elif column.formula:
            yield column, f"{_head(column)} = {_spelled(table, column.formula)}"


def _spelled(table: Table, formula: str) -> str:
    """Write a formula with the heads of columns instead of their places."""
    return "".join(
        _head(table.columns[int(part) - 1]) if part.isdigit() else f" {_sign(part)} "
        for part in OF_FORMULA.findall(formula)
    )


def _sign(sign: str) -> str:
    return "÷" if sign == "/" else sign


def _head(column: Column) -> str:
    return text(f"report.column.{column.name}", language())


def _says(cell: Cell) -> bool:
    """Say whether a figure is there; nothing and 0 have nothing behind them."""
    return cell.percent is not None if isinstance(cell, Ratio) else bool(cell)
