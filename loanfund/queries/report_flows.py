"""R04 and R11: what came from borrowers in a period, receipt by receipt, and what was lent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from loanfund.domain.event import MoneyEvent
from loanfund.domain.money import total
from loanfund.domain.report import (
    Cell,
    Column,
    Kind,
    Line,
    Report,
    Said,
    Table,
    grouped,
    numbered,
)
from loanfund.queries._report import (
    NUMBER,
    TOTAL,
    Flow,
    Question,
    all_flows,
    dimension,
    dimension_order,
    named,
    user_names,
)
from loanfund.store.setting import load_settings
from loanfund.wording import event_name

WHOSE = (Column("borrower"), Column("contract"), Column("source"))
RECEIPTS = (
    NUMBER,
    Column("value_date", Kind.DAY),
    Column("voucher"),
    *WHOSE,
    Column("method"),
    Column("principal", Kind.MONEY),
    Column("interest", Kind.MONEY),
    Column("penalties", Kind.MONEY),
    Column("surplus", Kind.MONEY),
    Column("amount", Kind.MONEY, "8+9+10+11"),
    Column("recorded_by"),
)
APPLIED = (
    NUMBER,
    Column("value_date", Kind.DAY),
    *WHOSE,
    Column("principal", Kind.MONEY),
    Column("interest", Kind.MONEY),
    Column("penalties", Kind.MONEY),
    Column("amount", Kind.MONEY, "6+7+8"),
)
DISBURSEMENTS = (
    NUMBER,
    Column("value_date", Kind.DAY),
    Column("voucher"),
    *WHOSE,
    Column("area"),
    Column("sector"),
    Column("purpose"),
    Column("annual_rate", Kind.PERCENT),
    Column("amount", Kind.MONEY),
)


def receipts_report(session: Session, question: Question) -> Report:
    """Give every repayment that stands, with its split; apart, recoveries and what credit paid.

    Recoveries are money that came in on debt that was written off. Credit that is applied moves
    no money; with it the tables say what was paid of debts.
    """
    people = user_names(session)
    moved = _moved(session, question)
    flows = _of_kind(moved, "repayment", "source")
    lines = numbered(_receipt(flow, people) for flow in flows)
    tables = [_grouped(RECEIPTS, flows, lines, "source")]
    recovered = _of_kind(moved, "recovery", "source")
    if recovered:
        title = Said("report.part.receipts.recovered")
        own = numbered(_receipt(flow, people) for flow in recovered)
        tables.append(replace(_grouped(RECEIPTS, recovered, own, "source"), title=title))
    applied = _of_kind(moved, "credit_applied", "source")
    if applied:
        title = Said("report.part.receipts.applied")
        own = numbered(_applied(flow) for flow in applied)
        tables.append(replace(_grouped(APPLIED, applied, own, "source"), title=title))
    return _report("receipts", question, *tables)


def disbursements_report(session: Session, question: Question) -> Report:
    """Give what was lent, with a subtotal for each source, area or sector."""
    flows = _of_kind(_moved(session, question), "disbursement", question.by)
    lines = numbered(_disbursement(flow) for flow in flows)
    return _report(
        "disbursements", question, _grouped(DISBURSEMENTS, flows, lines, question.by)
    )


def _moved(session: Session, question: Question) -> list[Flow]:
    return all_flows(session, load_settings(session, question.known_at), question)


def _of_kind(moved: Sequence[Flow], kind: str, by: str) -> list[Flow]:
    """Give the flows of a kind group by group, in each by day."""
    flows = [flow for flow in moved if flow.row.type == kind]
    order = dimension_order(dimension(flow.facts, by) for flow in flows)
    return sorted(flows, key=lambda flow: order.index(dimension(flow.facts, by)))


def _grouped(
    columns: tuple[Column, ...], flows: list[Flow], lines: list[Line], by: str
) -> Table:
    """Put lines into groups by what their loans say; loans that say nothing come last."""
    each = [dimension(flow.facts, by) for flow in flows]
    groups: Mapping[str | Said, list[Line]] = {
        named(name): [line for line, own in zip(lines, each, strict=True) if own == name]
        for name in dimension_order(each)
    }
    return Table(columns=columns, lines=grouped(columns, groups, TOTAL))


def _report(name: str, question: Question, *tables: Table) -> Report:
    return Report(
        name=name,
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tables,
        notes=(Said(f"report.note.{name}"),),
    )


def _receipt(flow: Flow, people: Mapping[int, str]) -> Line:
    row, recorded = flow.row, flow.recorded
    assert recorded is not None
    penalties = row.overdue_interest + row.late_interest
    cells = (
        *_head(flow),
        _method(flow),
        row.principal,
        row.interest,
        penalties,
        row.credit,
        row.amount,
        people.get(recorded.recorded_by, ""),
    )
    return Line(cells, loan_id=flow.facts.id)


def _applied(flow: Flow) -> Line:
    row, facts = flow.row, flow.facts
    paid = (row.principal, row.interest, row.overdue_interest + row.late_interest)
    whose = (row.value_date, facts.borrower, facts.contract_number, facts.source)
    return Line((*whose, *paid, total(list(paid))), loan_id=facts.id)


def _disbursement(flow: Flow) -> Line:
    facts = flow.facts
    cells = (
        *_head(flow),
        facts.area or "",
        facts.sector or "",
        facts.purpose or "",
        facts.annual_rate,
        flow.row.amount,
    )
    return Line(cells, loan_id=facts.id)


def _head(flow: Flow) -> tuple[Cell, ...]:
    recorded, facts = flow.recorded, flow.facts
    assert recorded is not None
    voucher = event_name(recorded.number, recorded.type, recorded.value_date)
    return flow.row.value_date, voucher, facts.borrower, facts.contract_number, facts.source


def _method(flow: Flow) -> Said:
    assert flow.recorded is not None
    assert isinstance(flow.recorded.event, MoneyEvent)
    return Said(f"repayment_page.method.{flow.recorded.event.method.value}")
