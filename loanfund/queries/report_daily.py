"""The daily list of receipts and payments (bảng kê thu chi ngày): what vouchers moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.event import MoneyEvent, PaymentMethod
from loanfund.domain.folded import fold_loan
from loanfund.domain.money import Money
from loanfund.domain.report import (
    Behind,
    Column,
    Kind,
    Line,
    Report,
    Said,
    Sign,
    Table,
    numbered,
    summed,
)
from loanfund.domain.voucher import MONEY_IN, MONEY_OUT
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._behind import each
from loanfund.queries._capital import CapitalMove, capital_moves
from loanfund.queries._report import NUMBER, TOTAL, Flow, MovedLoan, Question, flows_of
from loanfund.queries._standing import loan_facts
from loanfund.store.loan import load_loans
from loanfund.store.setting import load_settings
from loanfund.store.unreadable import leaving_out
from loanfund.store.voucher import reversal_of
from loanfund.wording import event_name
from loanfund.wording.order import sort_key

MONEY = (*MONEY_IN, *MONEY_OUT)
WHO_AND_WHAT = (
    NUMBER,
    Column("voucher"),
    Column("borrower"),
    Column("contract"),
    Column("source"),
    Column("method"),
)
RECEIPTS = (
    *WHO_AND_WHAT,
    Column("principal", Kind.MONEY),
    Column("interest", Kind.MONEY),
    Column("penalties", Kind.MONEY),
    Column("surplus", Kind.MONEY),
    Column("amount", Kind.MONEY),
)
PAYMENTS = (*WHO_AND_WHAT, Column("content"), Column("amount", Kind.MONEY))
CAPITAL = (
    NUMBER,
    Column("voucher"),
    Column("source"),
    Column("contributor"),
    Column("receipts", Kind.MONEY),
    Column("payments", Kind.MONEY),
)
METHODS = (
    Column("method"),
    Column("receipts", Kind.MONEY, is_explained=True),
    Column("payments", Kind.MONEY, is_explained=True),
    Column("difference", Kind.MONEY, "2−3"),
)


def daily_list(session: Session, question: Question) -> Report:
    """Give the vouchers dated the day that stand, and their sums in cash and at the bank."""
    moved = _moved_loans(session, question)
    flows = _flows(moved, question)
    receipts = [one for one in flows if _is_receipt(one)]
    payments = [one for one in flows if not _is_receipt(one)]
    capital = capital_moves(session, question)
    struck = sorted(_struck(moved, question), key=sort_key)
    notes = [Said("report.note.daily_list")]
    if struck:
        notes.append(Said("report.note.daily_list.struck", {"numbers": ", ".join(struck)}))
    return Report(
        name="daily_list",
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tuple(_tables(receipts, payments, capital)),
        notes=tuple(notes),
        signs=(Sign(Said("report.cashier")),),
    )


def _moved_loans(session: Session, question: Question) -> list[MovedLoan]:
    """Fold the loans whose money moved on the day, and no others."""
    settings = load_settings(session, question.known_at)
    of_day = select(LoanEvent.loan_id).where(
        LoanEvent.type.in_(MONEY), LoanEvent.value_date == question.as_of
    )
    condition = Loan.id.in_(of_day)
    facts = {one.id: one for one in loan_facts(session, question.moment, condition)}
    found = []
    for loan in load_loans(session, settings, condition, known_at=question.known_at):
        if question.wants(facts[loan.id]):
            with leaving_out(session, loan):
                folded = fold_loan(loan.history(), question.as_of, loan.rule_sets)
                found.append(MovedLoan(facts[loan.id], loan, folded))
    return found


def _flows(moved: Iterable[MovedLoan], question: Question) -> list[Flow]:
    """Give what the day's vouchers moved, in the order of their numbers."""
    flows = [
        flow for one in moved for flow in flows_of(one, question) if flow.row.type in MONEY
    ]
    return sorted(flows, key=lambda flow: sort_key(_number(flow)))


def _is_receipt(flow: Flow) -> bool:
    return flow.row.type in MONEY_IN


def _number(flow: Flow) -> str:
    recorded = flow.recorded
    return event_name(recorded.number, recorded.type, recorded.value_date) if recorded else ""


def _method(flow: Flow) -> PaymentMethod:
    assert flow.recorded is not None
    assert isinstance(flow.recorded.event, MoneyEvent)
    return flow.recorded.event.method


def _struck(moved: Iterable[MovedLoan], question: Question) -> list[str]:
    """Give the vouchers of the day that were taken back."""
    return [
        event_name(one.number, one.type, one.value_date)
        for loan in moved
        for one in loan.loaded.recorded
        if one.type in MONEY
        and one.value_date == question.as_of
        and reversal_of(loan.loaded.recorded, one)
    ]


def _tables(
    receipts: Sequence[Flow], payments: Sequence[Flow], capital: Sequence[CapitalMove]
) -> Iterator[Table]:
    """Give what came and what went even where that is nothing: it is signed too."""
    yield _table("receipts", RECEIPTS, numbered(_receipt(one) for one in receipts))
    yield _table("payments", PAYMENTS, numbered(_payment(one) for one in payments))
    if capital:
        yield _table("capital", CAPITAL, numbered(_contribution(one) for one in capital))
    methods = [_of_method(one, receipts, payments, capital) for one in PaymentMethod]
    yield _table("methods", METHODS, methods)


def _table(name: str, columns: Sequence[Column], lines: Sequence[Line]) -> Table:
    return Table(
        title=Said(f"report.part.daily_list.{name}"),
        columns=tuple(columns),
        lines=(*lines, summed(columns, lines, TOTAL)),
    )


def _who_and_what(flow: Flow) -> tuple[str | Said, ...]:
    facts, recorded = flow.facts, flow.recorded
    payer = recorded.payer if recorded else None
    return (
        _number(flow),
        facts.borrower
        if not payer or payer == facts.borrower
        else f"{payer} – {facts.borrower}",
        facts.contract_number,
        facts.source,
        Said(f"repayment_page.method.{_method(flow).value}"),
    )


def _receipt(flow: Flow) -> Line:
    row = flow.row
    penalties = row.overdue_interest + row.late_interest
    parts = (row.principal, row.interest, penalties, row.credit, row.amount)
    return Line((*_who_and_what(flow), *parts), loan_id=flow.facts.id)


def _payment(flow: Flow) -> Line:
    content = Said(f"event.{flow.row.type}")
    return Line((*_who_and_what(flow), content, flow.row.amount), loan_id=flow.facts.id)


def _contribution(move: CapitalMove) -> Line:
    behind = each(Behind("capital_book", {"as_of": move.day}), "receipts", "payments")
    cells = (move.number, move.source, move.contributor, *_both_ways([move.amount]))
    return Line(cells, behind=behind)


def _of_method(
    method: PaymentMethod,
    receipts: Iterable[Flow],
    payments: Iterable[Flow],
    capital: Iterable[CapitalMove],
) -> Line:
    """Give what came and went one way."""
    moved = [one.row.amount for one in receipts if _method(one) is method]
    moved += [-one.row.amount for one in payments if _method(one) is method]
    if method is PaymentMethod.BANK:
        moved += [one.amount for one in capital]
    received, paid = _both_ways(moved)
    return Line(
        (Said(f"repayment_page.method.{method.value}"), received, paid, received - paid)
    )


def _both_ways(moved: Iterable[Money]) -> tuple[Money, Money]:
    """Give what came and what went."""
    amounts = [one.dong for one in moved]
    return (
        Money(sum(one for one in amounts if one > 0)),
        Money(-sum(one for one in amounts if one < 0)),
    )
