"""The annex of a notice: how each sum of interest came about, to be computed again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from loanfund.documents import fonts
from loanfund.documents.layout import LEFT, RIGHT, paragraph, say, style
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import Column, Look, Row, decimal, figure, fitted, rate
from loanfund.documents.statement_head import code_of
from loanfund.domain.notice import Notice
from loanfund.domain.working import Working, Workings
from loanfund.wording import dmy

WIDTH = A4[0] - LEFT - RIGHT
ROOM = 90 * mm  # less than that is left for the next page
PART_ROOM = 40 * mm  # so is less than that for a part
SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5)  # of the tables of a notice
BLANK = ("",) * 5

TITLE = style("annex title", 13, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
BELOW = style("annex below", 13, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, spaceAfter=6)
PART = style("annex part", 12.5, fontName=fonts.SERIF_BOLD, spaceBefore=8, spaceAfter=4)
RULE = style("annex rule", 12, leading=15.5, alignment=TA_JUSTIFY, spaceAfter=6)


def annex(notice: Notice, number: str, day: date) -> Iterator[Flowable]:
    """Give the sums line by line, and the rule; nothing where no interest is asked for.

    Those of the notice's own day come first, then those of its deadline.
    """
    found, later = notice.workings, notice.on_deadline
    if not found.sums:
        return
    yield Spacer(0, 6 * mm)
    yield CondPageBreak(ROOM)
    yield paragraph(say("notice.annex"), TITLE)
    yield paragraph(say("notice.annex.of", number=number, day=day), BELOW)
    yield paragraph(say(f"statement.rule.{code_of(found.day_count)}"), RULE)
    if later is None or not later.workings.sums:
        yield _table(found)
        return
    for part, on, these in (
        ("first", notice.told.day, found),
        ("second", notice.deadline, later.workings),
    ):
        yield CondPageBreak(PART_ROOM)
        yield paragraph(say(f"notice.annex.{part}", day=on), PART)
        yield _table(these)


def _table(found: Workings) -> Ledger:
    columns = [
        Column(head=say("notice.working.of"), side="left", is_wrapped=True, least=24 * mm),
        Column(head=say("notice.working.from"), side="center"),
        Column(head=say("notice.working.to"), side="center"),
        Column(head=say("notice.working.days"), side="center"),
        Column(head=say("notice.working.balance")),
        Column(head=say("notice.working.rate")),
        Column(head=say("notice.working.amount")),
    ]
    rows = [row for one in found.sums for row in _rows(one)]
    return Ledger(columns, rows, fitted(columns, rows, WIDTH, SIZES))


def _rows(one: Working) -> Iterator[Row]:
    """Give the lines of a sum, their exact sum and its rounding, and what of it is open."""
    name = _name(one)
    for line in one.lines:
        cells = (
            name,
            dmy(line.start),
            dmy(line.end),
            str(line.days),
            figure(line.balance),
            rate(line.annual_rate),
            decimal(line.amount),
        )
        yield Row(cells=cells, is_bound=True)
        name = ""
    rounded = say("notice.working.rounded", exact=decimal(one.exact))
    is_open = not one.settled
    look = Look.TOTAL if is_open else Look.SUM
    yield Row(cells=(rounded, *BLANK, figure(one.amount)), look=look, is_bound=not is_open)
    if not is_open:
        settled, left = say("notice.working.settled"), say("notice.working.left")
        yield Row(cells=(settled, *BLANK, figure(-one.settled)), is_bound=True)
        yield Row(cells=(left, *BLANK, figure(one.left)), look=Look.TOTAL)


def _name(one: Working) -> str:
    """Say which interest it is, and of which due; what is not charged yet has none."""
    if one.due_date is None:
        return say(f"notice.working.accrued.{one.kind}")
    return say(f"notice.working.{one.kind}", day=one.due_date)
