"""R06: overdue loans by days past due, with how to reach whom and what was last sent."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from loanfund.domain.report import (
    Column,
    Kind,
    Line,
    Look,
    Report,
    Said,
    Table,
    numbered,
    summed,
)
from loanfund.queries._report import NUMBER, TOTAL, Question
from loanfund.queries._standing import Moment
from loanfund.queries.dashboard import Scope
from loanfund.queries.overdue import Bucket, OverdueLoan, overdue

COLUMNS = (
    NUMBER,
    Column("contract"),
    Column("borrower"),
    Column("phone"),
    Column("area"),
    Column("source"),
    Column("days_past_due", Kind.NUMBER),
    Column("since", Kind.DAY),
    Column("debt_group", Kind.NUMBER),
    Column("overdue_principal", Kind.MONEY),
    Column("interest_due", Kind.MONEY),
    Column("penalties_due", Kind.MONEY),
    Column("to_pay", Kind.MONEY),
    Column("outstanding", Kind.MONEY),
    Column("last_reminder", Kind.DAY),
    Column("last_notice"),
)


def overdue_report(session: Session, question: Question) -> Report:
    """Give the overdue loans of the day."""
    scope = Scope(source=question.source)
    return report_of(overdue(session, question.moment, scope), question.moment, scope)


def report_of(buckets: Sequence[Bucket], moment: Moment, scope: Scope) -> Report:
    """Give buckets of the worklist as a report, the longest overdue first."""
    lines: list[Line] = []
    every = numbered(_line(loan) for bucket in buckets for loan in bucket.loans)
    for bucket in (one for one in buckets if one.loans):
        own, every = every[: len(bucket.loans)], every[len(bucket.loans) :]
        label = Said("report.subtotal", {"name": bucket.name})
        lines += [*own, summed(COLUMNS, own, label, Look.SUBTOTAL)]
    if lines:
        lines.append(summed(COLUMNS, lines, TOTAL))
    notes = (Said("report.filter.area", {"value": scope.area}),) if scope.area else ()
    return Report(
        name="overdue",
        as_of=moment.as_of,
        known_at=moment.known_at,
        source=scope.source,
        tables=(Table(columns=COLUMNS, lines=tuple(lines)),),
        notes=notes,
    )


def _line(one: OverdueLoan) -> Line:
    row = one.row
    return Line(
        (
            row.facts.contract_number,
            row.facts.borrower,
            one.contact.phone or "",
            row.facts.area or "",
            row.facts.source,
            row.days_past_due,
            one.since,
            row.final_group,
            row.overdue_principal,
            row.to_pay.interest,
            row.to_pay.penalties,
            row.to_pay.amount,
            row.outstanding,
            one.reminded.day if one.reminded else None,
            one.notice.number if one.notice else "",
        ),
        loan_id=row.facts.id,
    )
