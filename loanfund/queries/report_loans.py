"""R02: the loans of a day with what they owe; and the list of loans just as it was filtered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.report import (
    Column,
    Kind,
    Line,
    Report,
    Said,
    Table,
    grouped,
    numbered,
    summed,
)
from loanfund.models.loan import Loan
from loanfund.queries._loan_row import Figure, LoanRow, rows_from
from loanfund.queries._report import NUMBER, TOTAL, Question, by_source
from loanfund.queries._standing import Moment, standings
from loanfund.queries.loan_list import CURRENT_ONES, Asked, found_loans, status_key
from loanfund.store.setting import load_settings
from loanfund.wording.order import sort_key

COLUMNS = (
    NUMBER,
    Column("contract"),
    Column("borrower"),
    Column("area"),
    Column("sector"),
    Column("source"),
    Column("signed_on", Kind.DAY),
    Column("maturity", Kind.DAY),
    Column("annual_rate", Kind.PERCENT),
    Column("outstanding", Kind.MONEY),
    Column("overdue_principal", Kind.MONEY),
    Column("interest_due", Kind.MONEY),
    Column("penalties_due", Kind.MONEY),
    Column("to_pay", Kind.MONEY),
    Column("accrued_interest", Kind.MONEY),
    Column("days_past_due", Kind.NUMBER),
    Column("debt_group", Kind.NUMBER),
)
OWN_COLUMNS = frozenset(
    {Figure.OUTSTANDING, Figure.OVERDUE_PRINCIPAL, Figure.INTEREST_TO_PAY, Figure.TO_PAY}
)


def loans_report(session: Session, question: Question) -> Report:
    """Give every active loan of the day, by source and contract."""
    settings = load_settings(session, question.known_at)
    found = standings(session, settings, question.moment, Loan.state != "draft")
    rows = [
        row
        for row in rows_from(found, settings, question.moment, {})
        if row.own_group is not None and question.wants(row.facts)
    ]
    rows.sort(key=lambda row: (sort_key(row.facts.source), sort_key(row.facts.contract_number)))
    lines = numbered(_line(row) for row in rows)
    groups: dict[str | Said, list[Line]] = {
        source: [
            line for line, row in zip(lines, rows, strict=True) if row.facts.source == source
        ]
        for source in by_source(rows)
    }
    notes = (Said("report.note.loans"), Said("report.note.group"))
    table = Table(columns=COLUMNS, lines=grouped(COLUMNS, groups, TOTAL), notes=notes)
    return Report(
        name="loans",
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=(table,),
    )


def _line(row: LoanRow) -> Line:
    facts, place = row.facts, row.standing.snapshot
    assert place is not None
    return Line(
        (
            facts.contract_number,
            facts.borrower,
            facts.area or "",
            facts.sector or "",
            facts.source,
            facts.signed_on,
            place.maturity_date,
            facts.annual_rate,
            row.outstanding,
            row.overdue_principal,
            row.to_pay.interest,
            row.to_pay.penalties,
            row.to_pay.amount,
            place.accrued(row.to_pay.day).interest,
            row.days_past_due,
            row.final_group,
        ),
        loan_id=facts.id,
    )


def list_report(session: Session, moment: Moment, asked: Asked) -> Report:
    """Give the list of loans with the filters and in the order of the page."""
    figure = None if asked.figure in OWN_COLUMNS else asked.figure
    columns = _list_columns(figure)
    found = found_loans(session, moment, asked).rows
    lines = numbered(_list_line(row, figure, moment.as_of) for row in found)
    table = Table(columns=columns, lines=(*lines, summed(columns, lines, TOTAL)))
    return Report(
        name="loan_list",
        as_of=moment.as_of,
        known_at=moment.known_at,
        source=asked.source,
        tables=(table,),
        notes=_filters(asked, found),
    )


def _list_columns(figure: Figure | None) -> tuple[Column, ...]:
    part = (Column(f"figure.{figure.value}", Kind.MONEY),) if figure else ()
    return (
        NUMBER,
        Column("borrower"),
        Column("contract"),
        Column("source"),
        Column("area"),
        Column("sector"),
        Column("state"),
        *part,
        Column("outstanding", Kind.MONEY),
        Column("overdue_principal", Kind.MONEY),
        Column("interest_to_pay", Kind.MONEY),
        Column("to_pay", Kind.MONEY),
        Column("days_past_due", Kind.NUMBER),
        Column("next_due_date", Kind.DAY),
        Column("next_due", Kind.MONEY),
        Column("debt_group", Kind.NUMBER),
    )


def _list_line(row: LoanRow, figure: Figure | None, as_of: date) -> Line:
    facts = row.facts
    part = (row.part(figure, as_of),) if figure else ()
    return Line(
        (
            facts.borrower,
            facts.contract_number,
            facts.source,
            facts.area or "",
            facts.sector or "",
            Said(f"loan_state.{row.plain.value}"),
            *part,
            row.outstanding,
            row.overdue_principal,
            row.interest_to_pay,
            row.to_pay.amount,
            row.days_past_due,
            row.next_due_date,
            row.to_pay.next_amount,
            row.final_group,
        ),
        loan_id=facts.id,
    )


def _filters(asked: Asked, found: Sequence[LoanRow]) -> tuple[Said, ...]:
    """Say what the list was narrowed to, so that the file can be read without the page."""
    values: dict[str, str | Said] = {
        "q": asked.q,
        "status": Said(status_key(asked.status)),
        "group": str(asked.group or ""),
        "figure": Said(f"loan_list.figure.{asked.figure}") if asked.figure else "",
        "late": Said(f"late.{asked.late.name}") if asked.late else "",
        "borrower": found[0].facts.borrower if asked.borrower and found else "",
        "area": asked.area,
        "sector": asked.sector,
    }
    if asked.status == CURRENT_ONES:
        del values["status"]
    return tuple(
        Said(f"report.filter.{name}", {"value": value})
        for name, value in values.items()
        if value
    )
