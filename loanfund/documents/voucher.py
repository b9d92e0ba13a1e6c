"""Vouchers as papers: A5, each copy one page; cash has the forms 01-TT and 02-TT."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepInFrame, Spacer

from loanfund.documents import fonts
from loanfund.documents.layout import Issue, marked, paragraph, say
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_papers import Paper, bind
from loanfund.documents.layout_table import Column, Look, Row, figure, fitted
from loanfund.documents.voucher_frame import (
    LINE,
    PAGE,
    Stamp,
    head,
    labelled,
    notes,
    signatures,
)
from loanfund.documents.voucher_journal import journal_story
from loanfund.domain.voucher import CASH, RECEIPTS, AnyVoucher, Booked, MoneyVoucher, Part
from loanfund.domain.voucher import VoucherKind as Kind
from loanfund.wording import amount_in_words, dmy, vnd

MOST_DUES = 3
# How many copies there are of each (liên): cash changes hands, and the cashier keeps one.
COPIES = {
    Kind.RECEIPT: 3,
    Kind.PAYMENT_VOUCHER: 3,
    Kind.BANK_RECEIPT: 2,
    Kind.BANK_PAYMENT: 2,
    Kind.JOURNAL_VOUCHER: 1,
}
SIGNERS = {
    Kind.RECEIPT: ("director", "chief_accountant", "payer", "maker", "cashier"),
    Kind.PAYMENT_VOUCHER: ("director", "chief_accountant", "cashier", "maker", "recipient"),
    Kind.BANK_RECEIPT: ("maker", "chief_accountant", "director"),
    Kind.BANK_PAYMENT: ("maker", "chief_accountant", "director"),
}


def render_voucher(voucher: AnyVoucher, issue: Issue) -> bytes:
    """Give the copies of a voucher as a PDF, each of them one page whatever stands in it."""
    fonts.register()
    title = say(f"voucher.title.{voucher.kind}")
    copies = range(1, COPIES[voucher.kind] + 1)
    papers = [Paper(list(_page(voucher, copy)), issue, title) for copy in copies]
    return bind(
        papers,
        title=f"{title} {issue.number}",
        author=voucher.head.fund.name,
        page=PAGE,
    )


def _page(voucher: AnyVoucher, copy: int) -> Iterator[Flowable]:
    """Give one copy; what is too long becomes a little smaller rather than a second page."""
    if voucher.struck:
        yield Stamp(say("voucher.struck"))
    said = say(f"voucher.copy.{copy}.{voucher.kind}")
    if isinstance(voucher, MoneyVoucher):
        story = _story(voucher, said)
    else:
        story = journal_story(voucher, said)
    yield KeepInFrame(PAGE.width, PAGE.height - 1, list(story), mode="shrink")


def _story(voucher: MoneyVoucher, copy: str) -> Iterator[Flowable]:
    yield head(voucher, copy, list(_numbers(voucher)))
    yield Spacer(0, 1.5 * mm)
    yield from _lines(voucher)
    yield Spacer(0, 1 * mm)
    yield _box(voucher)
    yield Spacer(0, 1.5 * mm)
    yield from notes(voucher)
    yield signatures(voucher, SIGNERS[voucher.kind])
    if voucher.kind in CASH:
        yield Spacer(0, 1 * mm)
        received = say("voucher.received", words=amount_in_words(voucher.amount.dong))
        yield paragraph(received, LINE)


def _numbers(voucher: MoneyVoucher) -> Iterator[str]:
    """Give the book, which only cash has, and the accounts."""
    if voucher.kind in CASH:
        yield say("voucher.book")
    yield say("voucher.debit", accounts=_accounts(voucher.taken.debit))
    yield say("voucher.credit", accounts=_accounts(voucher.taken.credit))


def _accounts(booked: tuple[Booked, ...]) -> str:
    """Name accounts by the fund's own numbers, else by what they are."""
    named = [one.number or say(f"account.{one.account.value}") for one in booked]
    return ", ".join(dict.fromkeys(named))


def _lines(voucher: MoneyVoucher) -> Iterator[Flowable]:
    """Give who paid or was paid, what for, and how much in figures and in words."""
    party, borrower = voucher.party, voucher.borrower
    name = party if party == borrower.name else f"{party} – {borrower.name}"
    amount = vnd(voucher.amount)
    yield labelled(f"voucher.party.{voucher.kind}", name, is_strong=True)
    yield labelled("voucher.address", borrower.address or "–")
    is_receipt = voucher.kind in RECEIPTS
    reason = "voucher.reason.receipt" if is_receipt else "voucher.reason.payment_voucher"
    yield labelled(reason, _reason(voucher))
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
    if voucher.account and voucher.kind not in CASH:
        yield labelled(f"voucher.account.{voucher.kind}", voucher.account)
    yield paragraph(f"{_method(voucher)}. {say('voucher.enclosed')}", LINE)


def _method(voucher: MoneyVoucher) -> str:
    said = f"{say('voucher.method')} {say(f'voucher.method.{voucher.method}')}"
    if not voucher.reference:
        return said
    return said + say("voucher.reference", reference=voucher.reference)


def _reason(voucher: MoneyVoucher) -> str:
    """Say what the money is for: the contract, the dues, and what was noted."""
    of, taken = voucher.head, voucher.taken
    said = say(
        f"voucher.for.{voucher.type}",
        contract=of.contract_number,
        signed=of.contract_date,
        tranche=taken.tranche,
    )
    if taken.dues:
        shown = [dmy(day) for day in taken.dues]
        if len(shown) > MOST_DUES:
            shown = [f"{shown[0]} – {shown[-1]}"]
        said += say("voucher.dues", days=", ".join(shown))
    return f"{said}. {voucher.note}" if voucher.note else f"{said}."


def _box(voucher: MoneyVoucher) -> Ledger:
    """Give the parts of the money and what is left, side by side."""
    taken = voucher.taken
    cells: list[Part] = [*taken.parts, *taken.left]
    columns = [Column(head=say(f"voucher.part.{one.name}")) for one in cells]
    look = Look.STRUCK if voucher.struck else Look.TOTAL
    rows = [Row(cells=tuple(figure(one.amount, "0") for one in cells), look=look)]
    return Ledger(columns, rows, fitted(columns, rows, PAGE.width))
