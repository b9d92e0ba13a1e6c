"""The repayment schedule in force as a paper (lịch trả nợ), for both sides to sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loanfund.domain.report import Column, Kind, Line, Look, Report, Said, Table
from loanfund.queries._loan_tables import Schedule
from loanfund.queries._report import NUMBER, TOTAL
from loanfund.queries.loan_page import LoanPage

SUMS = ("principal", "interest", "expected", "paid", "left")
COLUMNS = (
    NUMBER,
    Column("schedule_day", Kind.DAY),
    Column("principal", Kind.MONEY),
    Column("interest", Kind.MONEY),
    Column("schedule_expected", Kind.MONEY, "3+4"),
    Column("schedule_paid", Kind.MONEY),
    Column("schedule_left", Kind.MONEY),
    Column("schedule_balance", Kind.MONEY),
)


def schedule_report(found: LoanPage, known_at: datetime | None) -> Report:
    """Give the schedule of a loan as its page shows it; several pages where it is long."""
    return Report(
        name="schedule",
        as_of=found.place.as_of,
        known_at=known_at,
        source=found.view.source_name,
        words=tuple(_words(found)),
        tables=(Table(columns=COLUMNS, lines=tuple(_lines(found.schedule))),),
        notes=(Said("loan_page.schedule_note"),),
        signs=(Said("report.schedule.borrower_signs"),),
    )


def _words(found: LoanPage) -> Iterator[Said]:
    name, plan = found.name, found.schedule
    facts = {
        "borrower": name.borrower,
        "number": name.contract_number,
        "day": name.signed_on,
        "amount": found.terms.amount,
        "rate": found.rate,
    }
    yield Said("report.schedule.loan", facts)
    if plan.since is None:
        yield Said("report.schedule.quoted", {"day": found.place.as_of})
    else:
        cause = Said(f"event.{plan.cause}")
        yield Said("report.schedule.since", {"day": plan.since, "cause": cause})


def _lines(plan: Schedule) -> Iterator[Line]:
    for number, row in enumerate(plan.rows, start=1):
        amounts = tuple(getattr(row, name) for name in SUMS)
        yield Line((number, row.due_date, *amounts, row.principal_balance))
    yield Line((None, TOTAL, *(plan.sum_of(name) for name in SUMS), None), Look.TOTAL)
