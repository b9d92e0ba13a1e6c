"""The loan statement as a paper (sao kê khoản vay): from values to the bytes of a PDF."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from loanfund.documents import fonts, statement_tables
from loanfund.documents.layout import (
    BODY,
    HEADING,
    LEFT,
    RIGHT,
    RIGHTWARD,
    SMALL,
    Issue,
    build,
    marked,
    paragraph,
    say,
    style,
    unbroken,
)
from loanfund.documents.layout_decree import place_and_day, signatures
from loanfund.documents.layout_ledger import Ledger
from loanfund.documents.layout_table import TooWideError
from loanfund.documents.statement_head import (
    code_of,
    letterhead,
    loan_facts,
    summary,
    yearly,
)
from loanfund.domain.money import Money
from loanfund.domain.statement_parts import Notice, Statement
from loanfund.wording import amount_in_words, vnd

ITEM = style("item", 9.5, leftIndent=10, bulletIndent=1, spaceAfter=2)
PLACE = style(
    "place", 9.5, fontName=fonts.SERIF_ITALIC, alignment=RIGHTWARD.alignment, spaceAfter=3
)
HEADING_ROOM, RULE_ROOM = 11 * mm, 10 * mm


def render_statement(found: Statement, issue: Issue) -> bytes:
    """Give the PDF, upright or, where amounts are too wide for that, across."""
    fonts.register()
    try:
        return _rendered(found, issue, A4)
    except TooWideError:
        return _rendered(found, issue, landscape(A4))


def _rendered(found: Statement, issue: Issue, page_size: tuple[float, float]) -> bytes:
    head = found.head
    title = say(
        "statement.running",
        number=issue.number,
        contract=head.contract_number,
        borrower=head.borrower.name,
    )
    story = list(_story(found, issue, page_size[0] - LEFT - RIGHT))
    return build(story, issue, title=title, author=head.fund.name, page_size=page_size)


def _story(found: Statement, issue: Issue, width: float) -> Iterator[Flowable]:
    yield from letterhead(found, issue, width)
    yield loan_facts(found, width)
    yield Spacer(0, 3 * mm)
    yield summary(found, width)
    yield from _section("opening", statement_tables.opening(found, width))
    yield from _section("transactions", statement_tables.transactions(found, width))
    rule = paragraph(say(f"statement.rule.{code_of(found.terms.day_count)}"), SMALL)
    if found.charges:
        yield from _section("interest", statement_tables.interest(found, width), rule)
    else:
        yield from (_heading("interest"), rule, paragraph(say("statement.no_charges")))
    yield from _section("closing", statement_tables.equations(found, width))
    yield from _below_closing(found, width)
    yield from _coming(found, width)
    notices = [_heading("notices"), *_notices(found, issue)]
    yield KeepTogether([*notices, *_signatures(found, issue, width)])


def _section(name: str, table: Ledger, *above: Flowable) -> Iterator[Flowable]:
    """Give a heading, what stands above the table, and the table, not parted by a page."""
    yield CondPageBreak(HEADING_ROOM + RULE_ROOM * len(above) + table.least_height)
    yield _heading(name)
    yield from above
    if above:
        yield Spacer(0, 1.5 * mm)
    yield table


def _heading(name: str) -> Flowable:
    return paragraph(say(f"statement.section.{name}"), HEADING)


def _below_closing(found: Statement, width: float) -> Iterator[Flowable]:
    if found.off_balance:
        yield Spacer(0, 3 * mm)
        yield statement_tables.off_balance(found, width)
    yield Spacer(0, 1.5 * mm)
    if found.off_balance:
        yield _in_words("statement.left_to_recover", found.position.left_to_recover)
    else:
        yield _in_words("statement.principal_in_words", found.closing.principal)
    lines = [*_of_which(found), *_accrued(found), *_to_pay(found)]
    if lines:
        yield statement_tables.amounts(lines, width)
    yield Spacer(0, 1.5 * mm)
    credit = found.credit
    if any((credit.opening, credit.received, credit.closing)):
        terms = {name: getattr(credit, name) for name in CREDIT_TERMS}
        yield paragraph(say("statement.credit", **terms))


CREDIT_TERMS = ("opening", "received", "applied", "refunded", "closing")


def _in_words(key: str, amount: Money) -> Flowable:
    return paragraph(say(key, amount=amount, words=amount_in_words(amount.dong)))


def _of_which(found: Statement) -> Iterator[tuple[str, Money]]:
    """Name what of the balances is due and unpaid, or moved forward, where there is any."""
    place = found.position
    for name in (
        "principal_overdue",
        "interest_open",
        "overdue_interest_open",
        "late_interest_open",
        "interest_deferred",
    ):
        amount = getattr(place, name)
        if amount:
            yield say(f"statement.of_which.{name}", days=place.days_past_due), amount


def _accrued(found: Statement) -> Iterator[tuple[str, Money]]:
    """Name what has accrued and is not charged; in-term interest always, while it accrues."""
    for name in ("accrued_interest", "accrued_overdue_interest", "accrued_late_interest"):
        amount = getattr(found.position, name)
        if amount:
            yield say(f"statement.{name}", day=found.period_to), amount


def _to_pay(found: Statement) -> Iterator[tuple[str, Money]]:
    """Name what is to be paid at the end of the period, and what credit takes off it."""
    if found.to_pay.from_credit:
        yield say("statement.from_credit"), -found.to_pay.from_credit
    if found.to_pay.amount:
        yield say("statement.to_pay", day=found.period_to), found.to_pay.amount


def _coming(found: Statement, width: float) -> Iterator[Flowable]:
    place = found.position
    if found.coming:
        yield from _section("coming", statement_tables.coming(found, width))
        yield Spacer(0, 1.5 * mm)
        yield paragraph(say("statement.coming_note", day=found.period_to), SMALL)
        yield Spacer(0, 1.5 * mm)
    else:
        yield _heading("coming")
        left = place.left_to_recover
        yield paragraph(say(f"statement.nothing_coming.{place.status.value}", left=left))
    if place.settlement_amount:
        amount = place.settlement_amount
        yield marked(
            BODY,
            "{label} <b>{amount}</b> ({words}).",
            label=say("statement.settlement", day=found.period_to),
            amount=vnd(amount),
            words=amount_in_words(amount.dong),
        )


def _notices(found: Statement, issue: Issue) -> Iterator[Flowable]:
    fund = found.head.fund
    for notice in found.notices:
        yield _item(_notice(notice))
    for dispute in found.disputes:
        yield _item(say("statement.dispute", dispute=dispute))
    yield _item(
        say("statement.objection", days=fund.objection_days, phone=unbroken(fund.phone))
    )
    yield _item(say("statement.electronic", url=issue.verify_url))


def _item(raw: str) -> Flowable:
    item = paragraph(raw, ITEM)
    item.bulletText = "•"
    return item


def _notice(notice: Notice) -> str:
    name = notice.type if notice.kind is None else f"{notice.type}_{notice.kind.value}"
    facts: dict[str, object] = {"day": notice.value_date}
    if notice.until is not None:
        facts["until"] = notice.until
    if notice.annual_rate is not None:
        facts["rate"] = yearly(notice.annual_rate.text)
    sentence = say(f"statement.notice.{name}", **facts)
    return (
        say("statement.decision", sentence=sentence, number=notice.number)
        if notice.number
        else sentence
    )


def _signatures(found: Statement, issue: Issue, width: float) -> list[Flowable]:
    """Give place and day, and a column for each who signs, the one who made it first."""
    place = place_and_day(found.head.fund.place, issue.day)
    signers = [(say("statement.maker"), issue.made_by)]
    signers += [(one.title, one.name) for one in found.head.fund.signatories]
    return [Spacer(0, 5 * mm), paragraph(place, PLACE), signatures(signers, width)]
