"""What a reminder says on paper: a letter without a number, to be folded into an envelope."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from reportlab.lib.enums import TA_JUSTIFY, TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import UPRIGHT, Unnumbered, laid_out, paragraph, say, style
from loanfund.documents.layout_decree import FLUSH, in_window, place_and_day, to_window
from loanfund.documents.reminder_mail import asked, ending, heading, items, subject
from loanfund.domain.letter import Letter
from loanfund.domain.statement_parts import Borrower

ADDRESS_WIDTH = 80 * mm  # what of an envelope's window is right of the margin

FUND = style("letter fund", 11, fontName=fonts.SERIF_BOLD)
SMALL = style("letter small", 10, leading=13)
ADDRESS = style("letter address", 12.5, leading=16)
NAME = style("letter name", 12.5, leading=16, fontName=fonts.SERIF_BOLD)
DAY = style("letter day", 12.5, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT)
SUBJECT = style("letter subject", 13, fontName=fonts.SERIF_BOLD, spaceAfter=8)
BODY = style("letter body", 13, leading=18, alignment=TA_JUSTIFY, spaceAfter=6)
LOAN = style(
    "letter loan", 13, fontName=fonts.SERIF_BOLD, spaceBefore=4, spaceAfter=3, keepWithNext=1
)
ITEM = style(
    "letter item", 13, leading=18, leftIndent=6 * mm, bulletIndent=1 * mm, spaceAfter=2
)


def render_letter(told: Letter) -> bytes:
    """Give the letter as a PDF; the same values give the same bytes."""
    about = {"title": subject(told), "author": told.fund.name, "subject": ""}
    canvas = partial(Unnumbered, about["title"], UPRIGHT)
    return laid_out(list(_story(told)), canvas, UPRIGHT, about)


def _story(told: Letter) -> Iterator[Flowable]:
    head = _head(told)
    yield head
    yield to_window(head, UPRIGHT.width)
    yield in_window(_address(told.borrower), ADDRESS_WIDTH)
    yield paragraph(place_and_day(told.fund.place, told.day), DAY)
    yield Spacer(0, 6 * mm)
    yield paragraph(subject(told), SUBJECT)
    yield paragraph(say("mail.greeting", borrower=told.borrower.name), BODY)
    yield paragraph(say("mail.opening", fund=told.fund.name), BODY)
    for loan in told.everything:
        yield paragraph(heading(loan), LOAN)
        for line in items(loan, told.day):
            yield _item(line)
        for line in asked(loan, told.day):
            yield paragraph(line, BODY)
    for line in ending(told):
        yield paragraph(line, BODY)
    phone = told.fund.phone
    contact = say("mail.contact", phone=phone) if phone else ""
    end = [paragraph(f"{say('mail.paid')} {contact}".strip(), BODY), Spacer(0, 4 * mm)]
    end += [paragraph(say("mail.closing"), BODY), paragraph(told.fund.name, NAME)]
    yield KeepTogether(end)


def _head(told: Letter) -> Table:
    """Say whose letter it is."""
    fund = told.fund
    phone = say("letter.phone", phone=fund.phone) if fund.phone else ""
    lines = [one for one in (fund.address, phone) if one]
    told_by = [paragraph(fund.name, FUND), *(paragraph(line, SMALL) for line in lines)]
    table = Table([[told_by]], colWidths=[UPRIGHT.width])
    table.setStyle(FLUSH)
    return table


def _address(borrower: Borrower) -> list[Flowable]:
    return [paragraph(borrower.name, NAME), paragraph(borrower.address, ADDRESS)]


def _item(line: str) -> Paragraph:
    item = paragraph(line, ITEM)
    item.bulletText = "–"
    return item
