"""The activation letter of an account: who, where, until when; a QR code, and no password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer

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
from loanfund.documents.layout_decree import Whose, decree_head
from loanfund.documents.qr import draw_qr
from loanfund.domain.statement_parts import Fund

QR_SIZE = 46 * mm
BODY = style("invitation body", 12, spaceAfter=6, leading=16.5)
TO = style("invitation to", 12, alignment=TA_CENTER)
ADDRESS = style("invitation address", 9.5, fontName=fonts.SANS_MEDIUM, spaceAfter=8)
STEPS = ("scan", "choose", "sign_in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is invited by whom; `address` opens once, until `ends_at`."""

    fund: Fund
    superior: str
    borrower: str
    borrower_address: str
    person: str
    email: str
    address: str
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
    for number, step in enumerate(STEPS, start=1):
        yield paragraph(f"{number}. {say(f'invitation.letter.{step}')}", BODY)
    yield Code(letter.address)
    yield paragraph(letter.address, ADDRESS)
    yield paragraph(say("invitation.letter.until", at=moment(letter.ends_at)), BODY)
    yield paragraph(say("invitation.letter.secret"), BODY)
    if fund.phone:
        yield paragraph(say("invitation.letter.ask", fund=fund.name, phone=fund.phone), BODY)


class Code(Flowable):
    """The QR code of an address, in the middle."""

    def __init__(self, address: str) -> None:
        """Remember where it leads."""
        super().__init__()
        self.address = address

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.room = width
        return width, QR_SIZE + 4 * mm

    def draw(self) -> None:
        canvas: Any = self.canv
        draw_qr(canvas, self.address, (self.room - QR_SIZE) / 2, 2 * mm, QR_SIZE)
