"""R04 and R11: what came from borrowers in a period, receipt by receipt, and what was lent."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from loanfund.domain.event import MoneyEvent
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
    """Give every repayment that stands, with its split; credit applied moves no money."""
    people = user_names(session)
    flows = _flows(session, question, "repayment", "source")
    lines = numbered(_receipt(flow, people) for flow in flows)
    groups = _groups(flows, lines, "source")
    return _report(
        "receipts",
        question,
        Table(columns=RECEIPTS, lines=grouped(RECEIPTS, groups, TOTAL)),
    )


def disbursements_report(session: Session, question: Question) -> Report:
    """Give what was lent, with a subtotal for each source, area or sector."""
    flows = _flows(session, question, "disbursement", question.by)
    lines = numbered(_disbursement(flow) for flow in flows)
    groups = _groups(flows, lines, question.by)
    return _report(
        "disbursements",
        question,
        Table(columns=DISBURSEMENTS, lines=grouped(DISBURSEMENTS, groups, TOTAL)),
    )


def _flows(session: Session, question: Question, kind: str, by: str) -> list[Flow]:
    """Give the flows of a kind group by group, in each by day."""
    settings = load_settings(session, question.known_at)
    flows = [flow for flow in all_flows(session, settings, question) if flow.row.type == kind]
    order = dimension_order(dimension(flow.facts, by) for flow in flows)
    return sorted(flows, key=lambda flow: order.index(dimension(flow.facts, by)))


def _groups(flows: list[Flow], lines: list[Line], by: str) -> Mapping[str | Said, list[Line]]:
    """Put lines into groups by what their loans say; loans that say nothing come last."""
    each = [dimension(flow.facts, by) for flow in flows]
    return {
        named(name): [line for line, own in zip(lines, each, strict=True) if own == name]
        for name in dimension_order(each)
    }


def _report(name: str, question: Question, table: Table) -> Report:
    return Report(
        name=name,
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(table,),
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
