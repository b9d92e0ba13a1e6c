"""R01: capital, debt, and what moved in the period, per capital source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.portfolio import Figures
from loanfund.domain.report import (
    Behind,
    Cell,
    Column,
    Kind,
    Line,
    Look,
    Report,
    Said,
    Table,
    numbered,
)
from loanfund.queries._behind import each, loans_behind, report_behind
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import NUMBER, TOTAL, Flow, Question, all_flows
from loanfund.queries.portfolio import portfolio_at
from loanfund.store.setting import load_settings

COLUMNS = (
    NUMBER,
    Column("source_name"),
    Column("capital", Kind.MONEY),
    Column("disbursed", Kind.MONEY),
    Column("collected_principal", Kind.MONEY),
    Column("outstanding", Kind.MONEY),
    Column("loans", Kind.COUNT),
    Column("written_off", Kind.MONEY),
    Column("undisbursed", Kind.MONEY, "3−6−8"),
    Column("utilisation", Kind.PERCENT, "6/3"),
    Column("overdue_debt", Kind.MONEY),
    Column("overdue_ratio", Kind.PERCENT, "11/6"),
    Column("bad_debt", Kind.MONEY),
    Column("bad_debt_ratio", Kind.PERCENT, "13/6"),
)


def sources_report(session: Session, question: Question) -> Report:
    """Give a line per source and their total; figures are those of the portfolio."""
    settings = load_settings(session, question.known_at)
    flows = all_flows(session, settings, question)
    found = portfolio_at(session, question.moment, question.as_of, question.source or None)
    lines = numbered(
        Line(
            _cells(f"{one.source.code} – {one.source.name}", one.figures, own),
            behind=_behind(one.source.code, question),
        )
        for one in found.sources
        for own in [[flow for flow in flows if flow.facts.source == one.source.code]]
    )
    cells = (None, *_cells(TOTAL, found.total, flows))
    lines.append(Line(cells, Look.TOTAL, behind=_behind(question.source, question)))
    table = Table(columns=COLUMNS, lines=tuple(lines), notes=(Said("report.note.sources"),))
    return Report(
        name="sources",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(table,),
    )


def _behind(source: str, question: Question) -> Mapping[str, Behind]:
    first, day = question.first, question.as_of
    debt = loans_behind(Figure.OUTSTANDING, source, day)
    return {
        "capital": report_behind("capital", source, first, day),
        "disbursed": report_behind("disbursements", source, first, day),
        "collected_principal": report_behind("receipts", source, first, day),
        **each(debt, "outstanding", "loans"),
        "written_off": loans_behind(Figure.WRITTEN_OFF, source, day),
        "overdue_debt": loans_behind(Figure.OVERDUE_DEBT, source, day),
        "bad_debt": loans_behind(Figure.BAD_DEBT, source, day),
    }


def _cells(name: str | Said, figures: Figures, flows: Sequence[Flow]) -> tuple[Cell, ...]:
    return (
        name,
        figures.capital,
        disbursed(flows),
        collected(flows),
        figures.outstanding,
        figures.loans,
        figures.written_off_unrecovered,
        figures.undisbursed,
        figures.utilisation,
        figures.overdue_debt,
        figures.overdue_ratio,
        figures.bad_debt,
        figures.bad_debt_ratio,
    )


def disbursed(flows: Sequence[Flow]) -> Money:
    """Give what was lent."""
    return _sum(flows, "disbursement")


def collected(flows: Sequence[Flow]) -> Money:
    """Give the principal that repayments and applied credit paid."""
    return _sum(flows, "repayment", "credit_applied")


def written_off(flows: Sequence[Flow]) -> Money:
    """Give the principal that left the balance sheet."""
    return _sum(flows, "write_off")


def _sum(flows: Sequence[Flow], *types: str) -> Money:
    """Give the principal that some kinds of transactions moved."""
    rows = [flow.row for flow in flows if flow.row.type in types]
    return Money(
        sum((row.amount if row.type == "disbursement" else row.principal).dong for row in rows)
    )
