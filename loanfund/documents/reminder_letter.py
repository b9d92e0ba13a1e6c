"""What a reminder says on paper: a letter without a number, to be folded into an envelope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import UPRIGHT, Unnumbered, laid_out, paragraph, say, style
from loanfund.documents.layout_decree import FLUSH, place_and_day
from loanfund.documents.reminder_mail import asked, ending, heading, items, subject
from loanfund.domain.reminder import Letter

HEAD_HEIGHT = 27 * mm  # the address then stands in the window of a long envelope
ADDRESS_HEIGHT = 28 * mm

FUND = style("letter fund", 11, fontName=fonts.SERIF_BOLD)
SMALL = style("letter small", 10, leading=13)
ADDRESS = style("letter address", 12.5, leading=16)
NAME = style("letter name", 12.5, leading=16, fontName=fonts.SERIF_BOLD)
DAY = style("letter day", 12.5, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT)
SUBJECT = style("letter subject", 13, fontName=fonts.SERIF_BOLD, spaceAfter=8)
BODY = style("letter body", 13, leading=18, alignment=TA_JUSTIFY, spaceAfter=6)
LOAN = style("letter loan", 13, fontName=fonts.SERIF_BOLD, spaceBefore=4, spaceAfter=3)
ITEM = style(
    "letter item", 13, leading=18, leftIndent=6 * mm, bulletIndent=1 * mm, spaceAfter=2
)


def render_letter(told: Letter) -> bytes:
    """Give the letter as a PDF; the same values give the same bytes."""
    about = {"title": subject(told), "author": told.fund.name, "subject": ""}
    canvas = partial(Unnumbered, about["title"], UPRIGHT)
    return laid_out(list(_story(told)), canvas, UPRIGHT, about)


def _story(told: Letter) -> Iterator[Flowable]:
    yield _head(told)
    yield _address(told)
    yield paragraph(place_and_day(told.fund.place, told.day), DAY)
    yield Spacer(0, 6 * mm)
    yield paragraph(subject(told), SUBJECT)
    yield paragraph(say("mail.greeting", borrower=told.borrower.name), BODY)
    yield paragraph(say("mail.opening", fund=told.fund.name, day=told.day), BODY)
    for loan in told.loans:
        yield paragraph(heading(loan), LOAN)
        for line in items(loan, told.day):
            yield _item(line)
        for line in asked(loan, told.day):
            yield paragraph(line, BODY)
    for line in ending(told):
        yield paragraph(line, BODY)
    phone = told.fund.phone
    contact = say("mail.contact", phone=phone) if phone else ""
    yield paragraph(f"{say('mail.paid')} {contact}".strip(), BODY)
    yield Spacer(0, 4 * mm)
    yield paragraph(say("mail.closing"), BODY)
    yield paragraph(told.fund.name, NAME)


def _head(told: Letter) -> Table:
    """Say whose letter it is, in a room as high as the window of an envelope begins low."""
    fund = told.fund
    phone = say("letter.phone", phone=fund.phone) if fund.phone else ""
    lines = [one for one in (fund.address, phone) if one]
    return _room(
        [paragraph(fund.name, FUND), *(paragraph(line, SMALL) for line in lines)], HEAD_HEIGHT
    )


def _address(told: Letter) -> Table:
    borrower = told.borrower
    lines = [paragraph(borrower.name, NAME), paragraph(borrower.address, ADDRESS)]
    return _room(lines, ADDRESS_HEIGHT)


def _item(line: str) -> Paragraph:
    item = paragraph(line, ITEM)
    item.bulletText = "–"
    return item


def _room(lines: Sequence[Flowable], height: float) -> Table:
    table = Table([[list(lines)]], colWidths=[UPRIGHT.width], rowHeights=[height])
    table.setStyle(FLUSH)
    return table
