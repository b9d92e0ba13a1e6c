"""Notices of debt due and overdue, laid out as Decree 30/2020 wants administrative papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from loanfund.clock import office_day
from loanfund.documents import fonts
from loanfund.documents.layout import (
    LEFT,
    RIGHT,
    Issue,
    marked,
    paragraph,
    say,
    style,
    unbroken,
)
from loanfund.documents.layout_decree import FLUSH, Rule, Whose, decree_head
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_papers import Paper, bind
from loanfund.documents.layout_table import Column, Look, Row, figure, fitted, rate
from loanfund.domain.money import total
from loanfund.domain.notice import OVERDUE_NOTICE, Notice
from loanfund.domain.reminder import Cited
from loanfund.wording import amount_in_words, dmy, vnd

WIDTH = A4[0] - LEFT - RIGHT
SIGNING_ROOM = 20 * mm

TITLE = style("notice title", 14, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, spaceBefore=4)
ABOUT = style("about", 12.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
TO = style("to", 12.5, alignment=TA_CENTER, spaceAfter=8)
BODY = style(
    "notice body",
    11.5,
    alignment=TA_JUSTIFY,
    firstLineIndent=10 * mm,
    spaceAfter=3.5,
    leading=15.2,
)
COPIES = style("copies", 11, leading=14)
SIGNER = style("notice signer", 12, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)


def render_notice(notice: Notice, issue: Issue) -> bytes:
    """Give one notice as a PDF."""
    return render_notices([(notice, issue)])


def render_notices(notices: Sequence[tuple[Notice, Issue]]) -> bytes:
    """Give several notices in one file, to be printed and posted."""
    fonts.register()
    first, issue = notices[0]
    papers = [
        Paper(
            list(_story(notice, its)),
            its,
            say(
                "notice.running",
                number=its.number,
                contract=notice.loan.contract_number,
                borrower=notice.told.borrower.name,
            ),
        )
        for notice, its in notices
    ]
    title = say(f"notice.subject.{first.kind}", contract=first.loan.contract_number)
    return bind(papers, title=f"{issue.number} {title}", author=first.told.fund.name)


def _story(notice: Notice, issue: Issue) -> Iterator[Flowable]:
    told = notice.told
    number = say("notice.number", number=issue.number)
    day = office_day(issue.issued_at)
    yield decree_head(Whose(told.superior, told.fund.name, told.fund.place), number, day, WIDTH)
    yield Spacer(0, 5 * mm)
    yield paragraph(say("notice.title"), TITLE)
    about = say(f"notice.about.{notice.kind}", contract=notice.loan.contract_number)
    yield paragraph(about, ABOUT)
    if notice.loan.notice:
        yield paragraph(say("notice.time", count=notice.loan.notice), ABOUT)
    yield Rule(28 * mm)
    yield Spacer(0, 3 * mm)
    borrower = notice.told.borrower
    yield marked(TO, "{label} <b>{name}</b>", label=say("notice.to"), name=borrower.name)
    yield from _body(notice)
    yield KeepTogether([*_closing(notice), _signature(notice)])


def _body(notice: Notice) -> Iterator[Flowable]:
    loan, told = notice.loan, notice.told
    facts = {"contract": loan.contract_number, "signed": loan.contract_date}
    yield paragraph(
        say(f"notice.opening.{notice.kind}", **facts, fund=told.fund.name, day=told.day), BODY
    )
    yield _table(notice)
    yield Spacer(0, 3 * mm)
    yield marked(
        BODY,
        "{label} <b>{amount}</b> ({words}).",
        label=say("notice.to_pay"),
        amount=vnd(notice.to_pay),
        words=amount_in_words(notice.to_pay.dong),
    )
    if notice.kind == OVERDUE_NOTICE:
        yield from _of_delay(notice)
    yield from _how_to_pay(notice)


def _table(notice: Notice) -> Ledger:
    """List the dues, with the days of delay where they are overdue, and their sum."""
    is_overdue = notice.kind == OVERDUE_NOTICE
    has_credit = any(due.credit for due in notice.dues)
    amounts = ["principal", "interest", *(["credit"] if has_credit else []), "to_pay"]
    columns = [
        Column(head=say("notice.column.number"), side="center"),
        Column(head=say("notice.column.due_date"), side="center"),
        *([Column(head=say("notice.column.days"), side="center")] if is_overdue else []),
        *(Column(head=say(f"notice.column.{name}")) for name in amounts),
    ]
    day = notice.told.day
    rows = [
        Row(
            cells=(
                str(number),
                dmy(due.due_date),
                *([str((day - due.due_date).days)] if is_overdue else []),
                *(figure(getattr(due, name)) for name in amounts),
            )
        )
        for number, due in enumerate(notice.dues, start=1)
    ]
    rows += _sums(notice, amounts, blanks=1 if is_overdue else 0)
    return Ledger(columns, rows, fitted(columns, rows, WIDTH))


def _sums(notice: Notice, amounts: Sequence[str], *, blanks: int) -> list[Row]:
    """Give the sum of the dues, and with penalties what all of it comes to."""
    sums = [total([getattr(due, name) for due in notice.dues]) for name in amounts]
    blank = ("",) * blanks
    rows = [
        Row(
            cells=("", say("notice.sum"), *blank, *(figure(one) for one in sums)),
            look=Look.TOTAL,
        )
    ]
    if notice.kind == OVERDUE_NOTICE:
        gap = ("",) * (blanks + len(amounts) - 1)
        penalties = figure(notice.loan.penalties)
        rows.append(Row(cells=("", say("notice.penalties"), *gap, penalties)))
        asked = figure(notice.to_pay)
        rows.append(Row(cells=("", say("notice.all"), *gap, asked), look=Look.TOTAL))
    return rows


def _of_delay(notice: Notice) -> Iterator[Flowable]:
    """Say what delay costs, by when to pay, what follows, and what may be asked for."""
    loan = notice.loan
    said = []
    if loan.penalty_a_day:
        cost = {"rate": rate(loan.overdue_rate), "amount": loan.penalty_a_day}
        said.append(say("notice.cost", **cost))
    if loan.earlier:
        said.append(say("notice.earlier", numbers=", ".join(map(_cited, loan.earlier))))
    if said:
        yield paragraph(" ".join(said), BODY)
    yield marked(
        BODY,
        "{before} <b>{day}</b>{after}",
        before=say("notice.deadline.before"),
        day=dmy(notice.deadline),
        after=say("notice.deadline.after"),
    )
    yield paragraph(say("notice.extension", day=notice.deadline), BODY)


def _cited(earlier: Cited) -> str:
    return say("notice.cited", number=earlier.number, day=earlier.day)


def _how_to_pay(notice: Notice) -> Iterator[Flowable]:
    told = notice.told
    if told.bank_account:
        yield marked(
            BODY,
            "{pay} <b>{account}</b>; {label} <b>{note}</b>.",
            pay=say("notice.account"),
            account=told.bank_account,
            label=say("notice.transfer_note"),
            note=notice.loan.transfer_note,
        )
    else:
        yield paragraph(say("notice.cash", note=notice.loan.transfer_note), BODY)


def _closing(notice: Notice) -> list[Flowable]:
    fund = notice.told.fund
    contact = say("notice.contact", phone=unbroken(fund.phone)) if fund.phone else ""
    sentence = " ".join(one for one in (contact, say("notice.paid")) if one)
    return [paragraph(sentence, BODY), Spacer(0, 3 * mm)]


def _signature(notice: Notice) -> Table:
    """Give who gets a copy, and beside it who signs: the last of the signatories."""
    signatories = notice.told.fund.signatories
    title, name = (signatories[-1].title, signatories[-1].name) if signatories else ("", "")
    copies = [
        marked(COPIES, "<b><i>{label}</i></b>", label=say("notice.copies")),
        *(paragraph(say(f"notice.copies.{one}"), COPIES) for one in ("borrower", "file")),
    ]
    signs = [paragraph(title.upper(), SIGNER), Spacer(0, SIGNING_ROOM), paragraph(name, SIGNER)]
    table = Table([[copies, signs]], colWidths=[WIDTH * 0.5, WIDTH * 0.5])
    table.setStyle(FLUSH)
    return table
