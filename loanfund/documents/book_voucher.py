"""Vouchers of capital and of closed months as papers: A4, as many pages as they take."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import (
    UPRIGHT,
    Issue,
    build,
    marked,
    paragraph,
    say,
    style,
)
from loanfund.documents.layout_decree import FLUSH, SIGNING_ROOM
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import Carry, Column, Look, Row, figure, fitted
from loanfund.documents.voucher_frame import (
    Signing,
    Stamp,
    named_signers,
    said_again,
    signing,
    struck_by,
)
from loanfund.domain.book_voucher import MONTHLY, BookVoucher
from loanfund.domain.voucher import Booked
from loanfund.wording import amount_in_words, vnd

AMOUNT = 4
SIGNERS = ("maker", "chief_accountant", "director")

UNIT = style("book unit", 11, fontName=fonts.SERIF_BOLD)
SMALL = style("book small", 10, leading=13)
TITLE = style("book title", 15, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
DAY = style("book day", 11, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER, spaceAfter=6)
LINE = style("book line", 11.5, leading=16)
SIGNER = style("book signer", 10.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
SIGN_HERE = style("book sign", 9, fontName=fonts.SERIF_ITALIC, alignment=TA_CENTER)


def render_book_voucher(voucher: BookVoucher, issue: Issue) -> bytes:
    """Give the voucher as a PDF; the same values give the same bytes."""
    title = say(f"voucher.title.{voucher.kind}")
    return build(
        list(_story(voucher)),
        issue,
        title=f"{title} {voucher.number}",
        author=voucher.fund.name,
    )


def _story(voucher: BookVoucher) -> Iterator[Flowable]:
    if voucher.struck:
        yield Stamp(say("voucher.struck"))
    yield _head(voucher)
    yield Spacer(0, 5 * mm)
    yield paragraph(say(f"voucher.title.{voucher.kind}"), TITLE)
    day = voucher.value_date
    yield paragraph(
        say("voucher.day", day=f"{day.day:02d}", month=f"{day.month:02d}", year=day.year), DAY
    )
    for label, value in _facts(voucher):
        yield marked(LINE, "{label} <b>{value}</b>", label=label, value=value)
    yield marked(
        LINE,
        "{label} <b>{amount}</b> ({in_words} <i>{words}</i>)",
        label=say("book_voucher.amount" if voucher.booking in MONTHLY else "voucher.amount"),
        amount=vnd(voucher.amount),
        in_words=say("voucher.in_words"),
        words=amount_in_words(voucher.amount.dong),
    )
    yield Spacer(0, 3 * mm)
    yield _table(voucher)
    if voucher.struck:
        yield Spacer(0, 2 * mm)
        yield paragraph(struck_by(voucher.struck), SMALL)
    yield Spacer(0, 5 * mm)
    names = named_signers(SIGNERS, voucher.fund, voucher.recorded_by)
    look = Signing(SIGNER, SIGN_HERE, SIGNING_ROOM)
    yield KeepTogether([signing(names, UPRIGHT.width, look)])


def _head(voucher: BookVoucher) -> Table:
    unit = [paragraph(voucher.fund.name, UNIT), paragraph(voucher.fund.address, SMALL)]
    number = marked(
        SMALL, "{label} <b>{number}</b>", label=say("voucher.number"), number=voucher.number
    )
    right = [number]
    if voucher.copy:
        right.append(paragraph(said_again(voucher.copy), SMALL))
    table = Table([[unit, right]], colWidths=[UPRIGHT.width * 0.6, UPRIGHT.width * 0.4])
    table.setStyle(FLUSH)
    return table


def _facts(voucher: BookVoucher) -> Iterator[tuple[str, str]]:
    month = f"{voucher.value_date:%m/%Y}"
    if voucher.booking in MONTHLY:
        yield say("voucher.content"), say(f"book_voucher.for.{voucher.booking}", month=month)
    elif voucher.of:
        yield say("book_voucher.party"), voucher.party
        said = say("book_voucher.for.undone", number=voucher.of)
        yield say("voucher.content"), f"{said}. {voucher.note}".removesuffix(" ")
    else:
        yield say(f"voucher.party.{voucher.kind}"), voucher.party
        yield say("voucher.content"), voucher.note or say(f"book_voucher.for.{voucher.kind}")
        if voucher.account:
            yield say(f"voucher.account.{voucher.kind}"), voucher.account
    if voucher.approved_by:
        yield say("voucher.approved_by"), voucher.approved_by


def _table(voucher: BookVoucher) -> Ledger:
    """Give the entries and their sum, carried over the pages."""
    columns = [
        Column(head=say("voucher.column.number"), side="center"),
        Column(head=say("book_voucher.whose"), side="left", is_wrapped=True),
        Column(head=say("voucher.column.debit"), side="left", is_wrapped=True),
        Column(head=say("voucher.column.credit"), side="left", is_wrapped=True),
        Column(head=say("voucher.column.amount")),
    ]
    rows = [
        Row(
            cells=(
                str(number),
                one.whose,
                _account(one.entry.debit),
                _account(one.entry.credit),
                figure(one.entry.amount),
            ),
            sums=(one.entry.amount.dong,),
        )
        for number, one in enumerate(voucher.lines, start=1)
    ]
    summed = sum(one.entry.amount.dong for one in voucher.lines)
    rows.append(Row(cells=("", say("notice.sum"), "", "", figure(summed)), look=Look.TOTAL))
    carry = Carry(
        label_at=1,
        columns=(AMOUNT,),
        forward=say("paper.carried_forward"),
        brought=say("paper.brought_forward"),
    )
    return Ledger(columns, rows, fitted(columns, rows, UPRIGHT.width), carry)


def _account(booked: Booked) -> str:
    name = say(f"account.{booked.account.value}")
    return f"{booked.number} {name}" if booked.number else name
