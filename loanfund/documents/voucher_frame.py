"""What all vouchers share: the sheet, whose and what it is, what befell it, and who signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, Table

from loanfund.documents import fonts
from loanfund.documents.layout import MUTED, Page, marked, moment, paragraph, say, style
from loanfund.documents.layout_decree import FLUSH
from loanfund.domain.statement_parts import Fund
from loanfund.domain.voucher import CASH, AnyVoucher, Copy, MoneyVoucher, Struck

PAGE = Page(landscape(A5), left=15 * mm, right=12 * mm, top=8 * mm, bottom=23 * mm)
SIGNING_ROOM = 15 * mm
SIDE = 56 * mm

UNIT = style("voucher unit", 9.5, fontName=fonts.SERIF_BOLD, leading=12)
LINE = style("voucher line", 9.5, leading=12.4)
NUMBERS = style("voucher numbers", 8.5, leading=11)
FORM = style("voucher form", 9, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=11)
CIRCULAR = style("voucher circular", 7.5, alignment=TA_CENTER, leading=9.5)
COPY = style("voucher copy", 8, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, leading=10)
TITLE = style("voucher title", 16, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=20)
LONG_TITLE = style(
    "voucher long title", 13, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=17
)
DAY = style("voucher day", 9.5, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, leading=12)
MARK = style("voucher mark", 8.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=11)
NOTE = style("voucher note", 8, fontName=fonts.SERIF_ITALIC, textColor=MUTED, leading=10)
SIGNER = style("voucher signer", 8.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
SIGN_HERE = style("voucher sign", 7.5, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)


def head(voucher: AnyVoucher, copy: str, numbers: Sequence[str]) -> Table:
    """Give whose voucher it is, what it is, which copy, and its number with more below it."""
    fund = voucher.head.fund
    unit = [paragraph(fund.name, UNIT), paragraph(fund.address, NUMBERS)]
    day = voucher.value_date
    kind = voucher.kind
    middle = [
        paragraph(say(f"voucher.title.{kind}"), TITLE if kind in CASH else LONG_TITLE),
        paragraph(
            say("voucher.day", day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year),
            DAY,
        ),
    ]
    if voucher.copy:
        again = said_again(voucher.copy)
        middle.append(paragraph(again, MARK))
    number = marked(
        NUMBERS,
        "{label} <b>{number}</b>",
        label=say("voucher.number"),
        number=voucher.number,
    )
    below = [number, *(paragraph(one, NUMBERS) for one in numbers)]
    table = Table(
        [[unit, "", [*_form(voucher), paragraph(copy, COPY)]], ["", middle, below]],
        colWidths=[SIDE, PAGE.width - 2 * SIDE, SIDE],  # what it is stands in the middle
    )
    table.setStyle([*FLUSH, ("SPAN", (0, 0), (1, 0)), ("TOPPADDING", (0, 1), (-1, 1), 2)])
    return table


def _form(voucher: AnyVoucher) -> Iterator[Paragraph]:
    """Give number and source of a form that a circular prescribes: those of cash alone."""
    if isinstance(voucher, MoneyVoucher) and voucher.kind in CASH:
        yield paragraph(say(f"voucher.form.{voucher.kind}"), FORM)
        yield paragraph(f"({voucher.circular})", CIRCULAR)


def labelled(key: str, value: str, *, is_strong: bool = False) -> Paragraph:
    """Give a line: what it says, and that."""
    template = "{label} <b>{value}</b>" if is_strong else "{label} {value}"
    return marked(LINE, template, label=say(key), value=value)


def notes(voucher: AnyVoucher) -> Iterator[Flowable]:
    """Say what else a reader must know: replaced, taken back, computed anew."""
    struck, copy = voucher.struck, voucher.copy
    if isinstance(voucher, MoneyVoucher) and voucher.replaces:
        yield paragraph(say("voucher.replaces", number=voucher.replaces), NOTE)
    if copy and copy.differs:
        yield paragraph(say("voucher.differs", at=moment(copy.first_printed_at)), NOTE)
    if struck:
        yield paragraph(struck_by(struck), NOTE)


def struck_by(struck: Struck) -> str:
    """Say what took a voucher back, who did it and why, and what stands in its place."""
    facts = {"number": struck.number, "at": moment(struck.at), "by": struck.by}
    said = say("voucher.struck_by", **facts, reason=struck.reason)
    if struck.replaced_by:
        said += " " + say("voucher.replaced_by", number=struck.replaced_by)
    return said


def said_again(copy: Copy) -> str:
    """Say which print it is, and when the first one was made."""
    return say("voucher.again", number=copy.number, at=moment(copy.first_printed_at))


def signatures(voucher: AnyVoucher, signers: Sequence[str]) -> Table:
    """Give a column for each who signs."""
    names = named_signers(signers, voucher.head.fund, voucher.recorded_by)
    return signing(names, PAGE.width, Signing(SIGNER, SIGN_HERE, SIGNING_ROOM))


class Signing(NamedTuple):
    """How large titles and names, and the line below a title, are written; the room to sign."""

    signer: ParagraphStyle
    sign_here: ParagraphStyle
    room: float


def named_signers(signers: Sequence[str], fund: Fund, maker: str) -> list[tuple[str, str]]:
    """Give title and name of each; who recorded it is the maker, whoever prints it."""
    known = {one.title.casefold(): one.name for one in fund.signatories}
    titles = [say(f"voucher.signer.{one}") for one in signers]
    return [
        (title, maker if one == "maker" else known.get(title.casefold(), ""))
        for one, title in zip(signers, titles, strict=True)
    ]


def signing(signers: Sequence[tuple[str, str]], width: float, look: Signing) -> Table:
    """Give a column for each who signs: the title, room, and the name."""
    table = Table(
        [
            [paragraph(title, look.signer) for title, _ in signers],
            [paragraph(say("voucher.sign_here"), look.sign_here) for _ in signers],
            [paragraph(name, look.signer) for _, name in signers],
        ],
        colWidths=[width / len(signers)] * len(signers),
        rowHeights=[None, look.room, None],
    )
    table.setStyle(FLUSH)
    return table


class Stamp(Flowable):
    """Large letters across the page, behind what is written; they take no room."""

    def __init__(self, said: str) -> None:
        """Remember what they say."""
        super().__init__()
        self.said = said

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        canvas: Any = self.canv
        canvas.saveState()
        canvas.translate(PAGE.width / 2, -PAGE.height * 0.55)
        canvas.rotate(20)
        canvas.setFont(fonts.SERIF_BOLD, 64)
        canvas.setFillColorRGB(0.9, 0.78, 0.78)
        canvas.drawCentredString(0, -20, self.said)
        canvas.restoreState()
