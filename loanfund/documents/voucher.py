"""Receipts (phiếu thu, 01-TT) and payment vouchers (phiếu chi, 02-TT): A5, one page a copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import (
    MUTED,
    Issue,
    Page,
    marked,
    moment,
    paragraph,
    say,
    style,
)
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_papers import Paper, bind
from loanfund.documents.layout_table import Column, Look, Row, figure, fitted
from loanfund.domain.voucher import RECEIPT, Booked, MoneyVoucher, Part
from loanfund.wording import amount_in_words, dmy, vnd

PAGE = Page(landscape(A5), left=15 * mm, right=12 * mm, top=8 * mm, bottom=23 * mm)
COPIES = (1, 2, 3)  # ba liên
SIGNING_ROOM = 15 * mm
SIDE = 56 * mm

UNIT = style("voucher unit", 9.5, fontName=fonts.SERIF_BOLD, leading=12)
LINE = style("voucher line", 9.5, leading=12.4)
NUMBERS = style("voucher numbers", 8.5, leading=11)
FORM = style("voucher form", 9, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=11)
CIRCULAR = style("voucher circular", 7.5, alignment=TA_CENTER, leading=9.5)
COPY = style("voucher copy", 8, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, leading=10)
TITLE = style("voucher title", 16, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=20)
DAY = style("voucher day", 9.5, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, leading=12)
MARK = style("voucher mark", 8.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, leading=11)
NOTE = style("voucher note", 8, fontName=fonts.SERIF_ITALIC, textColor=MUTED, leading=10)
SIGNER = style("voucher signer", 8.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
SIGN_HERE = style("voucher sign", 7.5, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)
PLACE = style("voucher place", 9, fontName=fonts.SERIF_ITALIC, alignment=TA_RIGHT, leading=11.5)
FLUSH: list[Any] = [
    ("FONT", (0, 0), (-1, -1), fonts.SERIF),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def render_voucher(voucher: MoneyVoucher, issue: Issue) -> bytes:
    """Give the copies of a voucher as a PDF, each of them one page whatever stands in it."""
    fonts.register()
    title = say(f"voucher.title.{voucher.kind}")
    papers = [Paper(list(_page(voucher, copy)), issue, title) for copy in COPIES]
    return bind(
        papers,
        title=f"{title} {issue.number}",
        author=voucher.head.fund.name,
        page=PAGE,
    )


def _page(voucher: MoneyVoucher, copy: int) -> Iterator[Flowable]:
    """Give one copy; what is too long becomes a little smaller rather than a second page."""
    if voucher.struck:
        yield _Stamp(say("voucher.struck"))
    story = list(_story(voucher, copy))
    yield KeepInFrame(PAGE.width, PAGE.height - 1, story, mode="shrink")


def _story(voucher: MoneyVoucher, copy: int) -> Iterator[Flowable]:
    yield _head(voucher, copy)
    yield Spacer(0, 1.5 * mm)
    yield from _lines(voucher)
    yield Spacer(0, 1 * mm)
    yield _box(voucher)
    yield Spacer(0, 1.5 * mm)
    yield from _notes(voucher)
    yield _signatures(voucher)
    yield Spacer(0, 1 * mm)
    received = say("voucher.received", words=amount_in_words(voucher.amount.dong))
    yield paragraph(received, LINE)


def _head(voucher: MoneyVoucher, copy: int) -> Table:
    """Give whose voucher it is, what it is, and its form, numbers and accounts."""
    fund = voucher.head.fund
    unit = [paragraph(fund.name, UNIT), paragraph(fund.address, NUMBERS)]
    form = [
        paragraph(say(f"voucher.form.{voucher.kind}"), FORM),
        paragraph(f"({voucher.circular})", CIRCULAR),
        paragraph(say(f"voucher.copy.{copy}.{voucher.kind}"), COPY),
    ]
    day = voucher.value_date
    middle = [
        paragraph(say(f"voucher.title.{voucher.kind}"), TITLE),
        paragraph(
            say("voucher.day", day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year),
            DAY,
        ),
    ]
    if voucher.copy:
        first = moment(voucher.copy.first_printed_at)
        again = say("voucher.again", number=voucher.copy.number, at=first)
        middle.append(paragraph(again, MARK))
    taken = voucher.taken
    numbers = [
        paragraph(say("voucher.book"), NUMBERS),
        marked(
            NUMBERS,
            "{label} <b>{number}</b>",
            label=say("voucher.number"),
            number=voucher.number,
        ),
        paragraph(say("voucher.debit", accounts=_accounts(taken.debit)), NUMBERS),
        paragraph(say("voucher.credit", accounts=_accounts(taken.credit)), NUMBERS),
    ]
    table = Table(
        [[unit, "", form], ["", middle, numbers]],
        colWidths=[SIDE, PAGE.width - 2 * SIDE, SIDE],  # what it is stands in the middle
    )
    table.setStyle([*FLUSH, ("SPAN", (0, 0), (1, 0)), ("TOPPADDING", (0, 1), (-1, 1), 2)])
    return table


def _accounts(booked: tuple[Booked, ...]) -> str:
    """Name accounts by the fund's own numbers, else by what they are."""
    named = [one.number or say(f"account.{one.account.value}") for one in booked]
    return ", ".join(dict.fromkeys(named))


def _lines(voucher: MoneyVoucher) -> Iterator[Flowable]:
    """Give who paid or was paid, what for, and how much in figures and in words."""
    party, borrower = voucher.party, voucher.borrower
    name = party if party == borrower.name else f"{party} – {borrower.name}"
    amount = vnd(voucher.amount)
    kind = voucher.kind
    yield _labelled(f"voucher.party.{kind}", name, is_strong=True)
    yield _labelled("voucher.address", borrower.address or "–")
    yield _labelled(f"voucher.reason.{kind}", _reason(voucher))
    words = amount_in_words(voucher.amount.dong)
    template = "{label} <b>{amount}</b> &nbsp;({in_words} <i>{words}</i>)"
    if voucher.struck:
        template = template.replace("{amount}", "<strike>{amount}</strike>")
    yield marked(
        LINE,
        template,
        label=say("voucher.amount"),
        amount=amount,
        in_words=say("voucher.in_words"),
        words=words,
    )
    reference = say("voucher.reference", reference=voucher.reference)
    method = say(f"voucher.method.{voucher.method}")
    how = f"{method}{reference}" if voucher.reference else method
    yield paragraph(f"{say('voucher.method')} {how}. {say('voucher.enclosed')}", LINE)


def _labelled(key: str, value: str, *, is_strong: bool = False) -> Paragraph:
    template = "{label} <b>{value}</b>" if is_strong else "{label} {value}"
    return marked(LINE, template, label=say(key), value=value)


def _reason(voucher: MoneyVoucher) -> str:
    """Say what the money is for: the contract, the dues, and what was noted."""
    head, taken = voucher.head, voucher.taken
    said = say(
        f"voucher.for.{voucher.type}",
        contract=head.contract_number,
        signed=head.contract_date,
        tranche=taken.tranche,
    )
    if taken.dues:
        shown = [dmy(day) for day in taken.dues]
        if len(shown) > MOST_DUES:
            shown = [f"{shown[0]} – {shown[-1]}"]
        said += say("voucher.dues", days=", ".join(shown))
    return f"{said}. {voucher.note}" if voucher.note else f"{said}."


MOST_DUES = 3


def _box(voucher: MoneyVoucher) -> Ledger:
    """Give the parts of the money and what is left, side by side."""
    taken = voucher.taken
    cells: list[Part] = [*taken.parts, *taken.left]
    columns = [Column(head=say(f"voucher.part.{one.name}")) for one in cells]
    look = Look.STRUCK if voucher.struck else Look.TOTAL
    rows = [Row(cells=tuple(figure(one.amount, "0") for one in cells), look=look)]
    return Ledger(columns, rows, fitted(columns, rows, PAGE.width))


def _notes(voucher: MoneyVoucher) -> Iterator[Flowable]:
    """Say what else a reader must know: replaced, taken back, computed anew."""
    struck, copy = voucher.struck, voucher.copy
    if voucher.replaces:
        yield paragraph(say("voucher.replaces", number=voucher.replaces), NOTE)
    if copy and copy.differs:
        yield paragraph(say("voucher.differs", at=moment(copy.first_printed_at)), NOTE)
    if struck:
        facts = {"number": struck.number, "at": moment(struck.at), "by": struck.by}
        said = say("voucher.struck_by", **facts, reason=struck.reason)
        if struck.replaced_by:
            said += " " + say("voucher.replaced_by", number=struck.replaced_by)
        yield paragraph(said, NOTE)


def _signatures(voucher: MoneyVoucher) -> Table:
    """Give the five who sign, with the names that are known."""
    known = {one.title.casefold(): one.name for one in voucher.head.fund.signatories}
    columns = SIGNERS[voucher.kind]
    titles = [say(f"voucher.signer.{one}") for one in columns]
    names = [
        voucher.recorded_by if one == "maker" else known.get(title.casefold(), "")
        for one, title in zip(columns, titles, strict=True)
    ]
    table = Table(
        [
            [paragraph(title, SIGNER) for title in titles],
            [paragraph(say("voucher.sign_here"), SIGN_HERE) for _ in columns],
            [paragraph(name, SIGNER) for name in names],
        ],
        colWidths=[PAGE.width / len(columns)] * len(columns),
        rowHeights=[None, SIGNING_ROOM, None],
    )
    table.setStyle(FLUSH)
    return table


SIGNERS = {
    RECEIPT: ("director", "chief_accountant", "payer", "maker", "cashier"),
    "payment_voucher": ("director", "chief_accountant", "cashier", "maker", "recipient"),
}


class _Stamp(Flowable):
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
