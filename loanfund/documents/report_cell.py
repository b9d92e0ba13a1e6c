"""How the cells and heads of reports read, on screens, in sheets and on paper alike."""

from __future__ import annotations

from datetime import datetime

from loanfund.clock import OFFICE
from loanfund.documents.layout import moment
from loanfund.documents.layout_table import NOTHING, figure
from loanfund.domain.money import Money, Rate
from loanfund.domain.portfolio import Ratio
from loanfund.domain.report import Cell, Column, Equation, Frame, Report, Said, fingerprint
from loanfund.wording import percent, shown, text

SHOWN_OF_FINGERPRINT = 12


def said(what: Said, language: str) -> str:
    """Give a text with its facts; a fact that is a text itself is read first."""
    facts = {
        name: said(one, language) if isinstance(one, Said) else fact_text(one)
        for name, one in what.facts.items()
    }
    return text(what.key, language, **facts)


def fact_text(fact: object) -> object:
    """Give shares and instants as text; `shown` writes all other facts."""
    if isinstance(fact, Ratio):
        return NOTHING if fact.percent is None else percent(fact.percent)
    return moment(fact) if isinstance(fact, datetime) else fact


def cell_text(cell: Cell, language: str) -> str:
    """Write a cell; nothing is a dash, what does not apply is left empty."""
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return figure(cell)
    if isinstance(cell, int):
        return f"{cell:,}".replace(",", ".") if cell else NOTHING
    if isinstance(cell, Said):
        return said(cell, language)
    if isinstance(cell, Rate):
        return percent(cell)
    return shown(fact_text(cell))


def head_lines(report: Report, language: str, known: str = "") -> list[str]:
    """Say of which days a report speaks, what was known then, and of which capital."""
    days = {"first": report.first, "day": report.as_of}
    key = "report.as_of" if report.first is None else "report.period"
    source = "report.source" if report.source else "report.source.all"
    return [
        text(key, language, **days),
        *([known] if known else []),
        text(source, language, source=report.source),
    ]


def known_line(report: Report, frame: Frame, language: str) -> str:
    """Say what the report knew: what was recorded by an instant, or by when it was made."""
    if report.known_at is not None:
        return text("report.known_at", language, instant=moment(report.known_at))
    return text("report.known_now", language, instant=moment(frame.made_at))


def mark_of(report: Report, language: str) -> str:
    """Give the short fingerprint by which two printouts are compared."""
    return text("report.mark", language, mark=fingerprint(report)[:SHOWN_OF_FINGERPRINT])


def office_time(instant: datetime) -> datetime:
    """Give an instant as the office's clock showed it, as sheets can hold it."""
    return instant.astimezone(OFFICE).replace(tzinfo=None)


def column_number(column: Column, place: int) -> str:
    """Give `(3)`, and where a column follows from others, `(3=1−2)`."""
    return f"({place + 1}={column.formula})" if column.formula else f"({place + 1})"


def equation_text(equation: Equation, language: str) -> str:
    """Write out what must hold, and whether it does."""
    key = "report.holds" if equation.holds else "report.fails"
    return text(key, language, equation=said(equation.said, language))
