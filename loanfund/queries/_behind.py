"""What is behind the figures of reports: the list, the report or the book that adds up to each.

Every way says source and days; as known when, the page adds that knows it (UX-18).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from loanfund.domain.report import Behind
from loanfund.domain.setting import BEGINNING
from loanfund.queries._loan_row import Figure


def loans_behind(figure: Figure, source: str, day: date, **narrowed: Any) -> Behind:
    """Give the loans that make up a figure on a day; `narrowed` are filters of the list."""
    asked = {"figure": figure.value, "status": "all", "source": source, "as_of": day}
    return Behind("loans", asked | narrowed)


def report_behind(name: str, source: str, first: date | None, day: date, **more: Any) -> Behind:
    """Give a report of the period [first, day]; of the day where it has none."""
    part = more.pop("part", "")
    days = {"as_of": day} if first is None else {"from": first, "to": day}
    return Behind(name, {"source": source, **days, **more}, part)


def before_and_in(
    name: str, source: str, first: date, day: date, **more: Any
) -> tuple[Behind, Behind]:
    """Give a report of everything before a period, and of the period itself."""
    before = report_behind(name, source, BEGINNING, first - timedelta(days=1), **more)
    return before, report_behind(name, source, first, day, **more)


def each(behind: Behind, *columns: str) -> Mapping[str, Behind]:
    """Give the same way for the figures of several columns."""
    return dict.fromkeys(columns, behind)
