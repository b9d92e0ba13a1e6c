"""Notices of debt due and overdue, laid out as Decree 30/2020 wants administrative papers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from loanfund.documents import fonts
from loanfund.documents.layout import (
    INK,
    LEFT,
    RIGHT,
    Issue,
    marked,
    paragraph,
    say,
    style,
    unbroken,
)
from loanfund.documents.layout_decree import (
    FLUSH,
    Rule,
    Whose,
    decree_head,
    in_window,
    to_window,
)
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_papers import Paper, bind
from loanfund.documents.layout_table import (
    NOTHING,
    Column,
    Look,
    Row,
    figure,
    fitted,
    rate,
)
from loanfund.documents.notice_annex import SIZES, annex
from loanfund.domain.letter import Cited
from loanfund.domain.money import total
from loanfund.domain.notice import OVERDUE_NOTICE, Notice
from loanfund.domain.reminder import Due
from loanfund.domain.statement_parts import Borrower
from loanfund.domain.to_pay import ToPay
from loanfund.wording import amount_in_words, dmy, vnd

WIDTH = A4[0] - LEFT - RIGHT
SIGNING_ROOM = 20 * mm

ADDRESS_WIDTH = 80 * mm  # what of the window is right of the margin
TITLE = style("notice title", 14, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER, spaceBefore=4)
ABOUT = style("about", 13.5, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)
TO = style("to", 13, leading=17)
BODY = style(
    "notice body",
    13,
    alignment=TA_JUSTIFY,
    firstLineIndent=10 * mm,
    spaceAfter=6,
    leading=17,
)
PAY = style("notice pay", 12.5, leading=15)
COPIES = style("copies", 11, leading=14)
SIGNER = style("notice signer", 13, fontName=fonts.SERIF_BOLD, alignment=TA_CENTER)


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
    """Give the head, the address where a window shows it, what is to be paid, and why."""
    told = notice.told
    day = told.day
    whose = Whose(told.superior, told.fund.name, told.fund.place)
    head = decree_head(whose, say("notice.number", number=issue.number), day, WIDTH)
    yield head
    yield to_window(head, WIDTH)
    yield in_window(_address(told.borrower), ADDRESS_WIDTH)
    yield paragraph(say("notice.title"), TITLE)
    about = say(f"notice.about.{notice.kind}", contract=notice.loan.contract_number)
    yield paragraph(about, ABOUT)
    if notice.loan.notice:
        yield paragraph(say("notice.time", count=notice.loan.notice), ABOUT)
    yield Rule(28 * mm)
    yield Spacer(0, 3 * mm)
    yield from _body(notice)
    yield KeepTogether([*_closing(notice), _signature(notice)])
    yield from annex(notice, issue.number, day)


def _address(borrower: Borrower) -> list[Flowable]:
    """Give the name and the postal address."""
    return [
        marked(TO, "{label} <b>{name}</b>", label=say("notice.to"), name=borrower.name),
        *([paragraph(borrower.address, TO)] if borrower.address else []),
    ]


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
        "{label} <b>{amount}</b> ({words}). {why}",
        label=say(f"notice.to_pay.{notice.kind}", day=told.day),
        amount=vnd(notice.to_pay),
        words=amount_in_words(notice.to_pay.dong),
        why=say("notice.see_annex") if notice.workings.sums else "",
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
        *(
            Column(head=say(f"notice.column.{name}"), side="center")
            for name in (("overdue_from", "days") if is_overdue else ())
        ),
        *(Column(head=say(f"notice.column.{name}")) for name in amounts),
    ]
    rows = [
        Row(
            cells=(
                str(number),
                dmy(due.due_date),
                *(_of_overdue(due) if is_overdue else ()),
                *(figure(getattr(due, name)) for name in amounts),
            )
        )
        for number, due in enumerate(notice.dues, start=1)
    ]
    rows += _sums(notice, amounts, blanks=2 if is_overdue else 0)
    return Ledger(columns, rows, fitted(columns, rows, WIDTH, SIZES))


def _of_overdue(due: Due) -> tuple[str, str]:
    """Give from which day a due is overdue, and for how many days; none for today's."""
    if due.overdue_from is None:
        return NOTHING, NOTHING
    return dmy(due.overdue_from), str(due.days_past_due)


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
    more = (("penalties", notice.loan.penalties), ("from_credit", -notice.loan.from_credit))
    gap = ("",) * (blanks + len(amounts) - 1)
    rows += [
        Row(cells=("", say(f"notice.{name}"), *gap, figure(one))) for name, one in more if one
    ]
    if len(rows) > 1:
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
    if notice.on_deadline:
        asked = notice.on_deadline.to_pay
        yield marked(
            BODY,
            "{label} <b>{amount}</b> ({words}), {parts}. {why}",
            label=say("notice.on_deadline", day=notice.deadline),
            amount=vnd(asked.amount),
            words=amount_in_words(asked.amount.dong),
            parts=say("notice.parts", parts=", ".join(_parts(asked))),
            why=say("notice.see_second") if notice.on_deadline.workings.sums else "",
        )
    yield paragraph(say("notice.extension", day=notice.deadline), BODY)


def _parts(asked: ToPay) -> list[str]:
    """Say what of an amount is what."""
    return [
        say(f"notice.part.{name}", amount=-amount if name == "credit" else amount)
        for name, amount in asked.parts
    ]


def _cited(earlier: Cited) -> str:
    return say("notice.cited", number=earlier.number, day=earlier.day)


def _how_to_pay(notice: Notice) -> Iterator[Flowable]:
    """Give account, amount and transfer note, a line each, as they are typed."""
    told = notice.told
    lead = paragraph(say("notice.account" if told.bank_account else "notice.cash"), BODY)
    account = [
        (say("notice.pay.account"), told.bank_account),
        (say("notice.pay.holder"), told.fund.name),
    ]
    lines = [
        *(account if told.bank_account else []),
        *_amounts_by_day(notice),
        (say("notice.pay.note"), notice.loan.transfer_note),
    ]
    rows = [
        [paragraph(label, PAY), marked(PAY, "<b>{value}</b>", value=value)]
        for label, value in lines
    ]
    table = Table(rows, colWidths=[WIDTH * 0.3, WIDTH * 0.7])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, INK), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    yield KeepTogether([lead, table, Spacer(0, 3 * mm)])


def _amounts_by_day(notice: Notice) -> list[tuple[str, str]]:
    """Give what is to be paid, and where it grows on which day it is how much."""
    if notice.on_deadline is None:
        return [(say("notice.pay.amount"), vnd(notice.to_pay))]
    by_day = (
        (notice.told.day, notice.to_pay),
        (notice.deadline, notice.on_deadline.to_pay.amount),
    )
    return [(say("notice.pay.amount.on", day=day), vnd(amount)) for day, amount in by_day]


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
