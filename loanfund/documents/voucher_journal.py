"""Entries without money (phiếu kế toán): what was done to the loan, account by account."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from loanfund.documents.layout import marked, paragraph, say
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import Column, Look, Row, figure, fitted
from loanfund.documents.voucher_frame import LINE, PAGE, head, labelled, notes, signatures
from loanfund.domain.voucher import Booked, Entry, JournalVoucher
from loanfund.wording import amount_in_words, vnd

SIGNERS = ("maker", "chief_accountant", "director")


def journal_story(voucher: JournalVoucher, copy: str) -> Iterator[Flowable]:
    """Give the one copy of it."""
    yield head(voucher, copy, ())
    yield Spacer(0, 1.5 * mm)
    yield from _lines(voucher)
    yield Spacer(0, 1 * mm)
    if voucher.entries:
        yield _table(voucher)
    else:
        yield paragraph(say("voucher.no_entries"), LINE)
    yield Spacer(0, 1.5 * mm)
    yield from notes(voucher)
    yield signatures(voucher, SIGNERS)


def _lines(voucher: JournalVoucher) -> Iterator[Flowable]:
    """Say whose loan it is, what was done, by which decision, and how much it comes to."""
    borrower = voucher.borrower
    yield labelled("voucher.borrower", borrower.name, is_strong=True)
    yield labelled("voucher.address", borrower.address or "–")
    yield labelled("voucher.content", _content(voucher))
    words = amount_in_words(voucher.amount.dong)
    yield marked(
        LINE,
        "{label} <b>{amount}</b> &nbsp;({in_words} <i>{words}</i>)",
        label=say("voucher.amount"),
        amount=vnd(voucher.amount),
        in_words=say("voucher.in_words"),
        words=words,
    )
    if voucher.approved_by:
        yield labelled("voucher.approved_by", voucher.approved_by)
    yield paragraph(say("voucher.enclosed"), LINE)


def _content(voucher: JournalVoucher) -> str:
    of = voucher.head
    said = say(
        f"voucher.for.{voucher.type}",
        contract=of.contract_number,
        signed=of.contract_date,
        number=voucher.of,
    )
    if voucher.reference:
        said += say("voucher.decision", number=voucher.reference)
    return f"{said}. {voucher.note}" if voucher.note else f"{said}."


def _table(voucher: JournalVoucher) -> Ledger:
    """Give the entries; the accounts off the balance sheet are named so."""
    columns = [
        Column(head=say("voucher.column.number"), side="center"),
        Column(head=say("voucher.column.debit"), side="left", is_wrapped=True),
        Column(head=say("voucher.column.credit"), side="left", is_wrapped=True),
        Column(head=say("voucher.column.amount")),
    ]
    look = Look.STRUCK if voucher.struck else Look.PLAIN
    rows = [_row(number, one, look) for number, one in enumerate(voucher.entries, start=1)]
    return Ledger(columns, rows, fitted(columns, rows, PAGE.width))


def _row(number: int, one: Entry, look: Look) -> Row:
    cells = (str(number), _account(one.debit), _account(one.credit), figure(one.amount))
    return Row(cells=cells, look=look)


def _account(booked: Booked) -> str:
    """Name an account by the fund's own number and by what it is."""
    name = say(f"account.{booked.account.value}")
    return f"{booked.number} {name}" if booked.number else name
