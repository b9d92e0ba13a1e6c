"""R01: capital, debt, and what moved in the period, per capital source."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.portfolio import Figures
from loanfund.domain.report import Column, Kind, Line, Look, Report, Said, Table
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
    lines = [
        _line(number, f"{one.source.code} – {one.source.name}", one.figures, own)
        for number, one in enumerate(found.sources, start=1)
        for own in [[flow for flow in flows if flow.facts.source == one.source.code]]
    ]
    lines.append(_line(None, TOTAL, found.total, flows, Look.TOTAL))
    table = Table(columns=COLUMNS, lines=tuple(lines), notes=(Said("report.note.sources"),))
    return Report(
        name="sources",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(table,),
    )


def _line(
    number: int | None,
    name: str | Said,
    figures: Figures,
    flows: Sequence[Flow],
    look: Look = Look.PLAIN,
) -> Line:
    return Line(
        (
            number,
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
        ),
        look,
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
