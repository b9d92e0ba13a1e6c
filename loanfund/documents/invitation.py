"""The activation letter of an account: whose, a QR code, a code to type, and no password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import (
    TITLE,
    UPRIGHT,
    laid_out,
    marked,
    moment,
    paragraph,
    say,
    style,
)
from loanfund.documents.layout_decree import FLUSH, Whose, decree_head
from loanfund.documents.qr import draw_qr
from loanfund.domain.activation import TRIES
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.password import least_length
from loanfund.domain.statement_parts import Fund

QR_SIZE, QR_ROOM = 46 * mm, 54 * mm
BODY = style("invitation body", 12, spaceAfter=6, leading=16.5)
TO = style("invitation to", 12, alignment=TA_CENTER)
LABEL = style("invitation label", 10.5, spaceBefore=6)
ADDRESS = style("invitation address", 12, fontName=fonts.SANS_MEDIUM, leading=17)
CODE = style("invitation code", 24, fontName=fonts.SANS_MEDIUM, leading=32)
NOTE = style("invitation note", 10.5, fontName=fonts.SERIF_ITALIC)
STEPS = ("scan", "choose", "sign_in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is invited by whom; `secret` and `code` open the account once, until `ends_at`."""

    fund: Fund
    superior: str
    borrower: str
    borrower_address: str
    person: str
    email: str
    base_url: str
    secret: str
    code: str
    day: date
    ends_at: datetime


def render_invitation(letter: Invitation) -> bytes:
    """Give the letter as a PDF of one page; it is not kept, for it opens the account."""
    fonts.register()
    about = {
        "title": say("invitation.letter.title"),
        "author": letter.fund.name,
        "subject": letter.borrower,
    }
    return laid_out(list(_story(letter)), Canvas, UPRIGHT, about)


def _story(letter: Invitation) -> Iterator[Flowable]:
    fund = letter.fund
    yield decree_head(
        Whose(letter.superior, fund.name, fund.place), "", letter.day, UPRIGHT.width
    )
    yield Spacer(0, 9 * mm)
    yield paragraph(say("invitation.letter.title"), TITLE)
    yield paragraph(say("invitation.letter.to", borrower=letter.borrower), TO)
    if letter.borrower_address:
        yield paragraph(letter.borrower_address, TO)
    yield Spacer(0, 8 * mm)
    yield paragraph(say("invitation.letter.opening", fund=fund.name), BODY)
    for who, said in (("person", letter.person), ("email", letter.email)):
        label = say(f"invitation.letter.{who}")
        yield marked(BODY, "{label} <b>{said}</b>", label=label, said=said)
    least = least_length(borrower=True)
    for number, step in enumerate(STEPS, start=1):
        yield paragraph(f"{number}. {say(f'invitation.letter.{step}', least=least)}", BODY)
    yield Spacer(0, 2 * mm)
    yield _ways_in(letter)
    yield Spacer(0, 4 * mm)
    yield paragraph(say("invitation.letter.until", at=moment(letter.ends_at)), BODY)
    yield paragraph(say("invitation.letter.secret"), BODY)
    if not is_mail_address(letter.email):
        yield paragraph(say("invitation.letter.forgotten"), BODY)
    if fund.phone:
        yield paragraph(say("invitation.letter.ask", fund=fund.name, phone=fund.phone), BODY)


def _ways_in(letter: Invitation) -> Table:
    """Set the picture to scan, and beside it what is typed instead."""
    typed = [
        paragraph(say("invitation.letter.open"), LABEL),
        paragraph(f"{letter.base_url}/activate", ADDRESS),
        paragraph(say("invitation.letter.code"), LABEL),
        paragraph(letter.code, CODE),
        paragraph(say("invitation.letter.typed", tries=TRIES), NOTE),
    ]
    picture = Code(f"{letter.base_url}/password/{letter.secret}")
    table = Table([[picture, typed]], colWidths=[QR_ROOM, UPRIGHT.width - QR_ROOM])
    table.setStyle([*FLUSH, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
    return table


class Code(Flowable):
    """The QR code of an address."""

    def __init__(self, address: str) -> None:
        """Remember where it leads."""
        super().__init__()
        self.address = address

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return QR_SIZE, QR_SIZE

    def draw(self) -> None:
        canvas: Any = self.canv
        draw_qr(canvas, self.address, 0, 0, QR_SIZE)
