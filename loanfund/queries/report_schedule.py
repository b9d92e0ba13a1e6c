"""The repayment schedule in force as a paper (lịch trả nợ), for both sides to sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from loanfund.domain.account import LoanStatus
from loanfund.domain.calendar import day_off_for
from loanfund.domain.report import Column, Kind, Line, Look, Report, Said, Sign, Table
from loanfund.queries._loan_tables import Schedule
from loanfund.queries._report import NUMBER, TOTAL
from loanfund.queries.loan_page import LoanPage

SEEN_IF_ANY = ("forgiven", "credit")


def schedule_report(
    found: LoanPage, known_at: datetime | None, holidays: frozenset[date]
) -> Report:
    """Give the schedule of a loan as its page shows it; several pages where it is long.

    Where dues fall on days off, a column says by when to pay them.
    """
    plan, today = found.schedule, found.place.as_of
    off = [
        day_off_for(one.due_date, today, holidays) if one.left else None for one in plan.rows
    ]
    return Report(
        name="schedule",
        as_of=found.place.as_of,
        known_at=known_at,
        source=found.view.source_name,
        words=tuple(_words(found)),
        tables=(_table(plan, [one.pay_by if one else None for one in off]),),
        notes=tuple(_notes(found)),
        signs=(Sign(Said("report.schedule.borrower_signs")),),
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


def _notes(found: LoanPage) -> Iterator[Said]:
    """Say how the table reckons, and of a written-off loan what is still to be paid of it."""
    place = found.place
    if place.status is LoanStatus.WRITTEN_OFF:
        yield Said("loan_page.schedule_written_off", dict(place.written_off))
    else:
        yield Said("loan_page.schedule_note")


def _table(plan: Schedule, pay_by: Sequence[date | None]) -> Table:
    """Give the plan with what became of it: expected less what is paid and let off is left."""
    less = ("paid", *(name for name in SEEN_IF_ANY if plan.sum_of(name)))
    names = ("principal", "interest", "expected", *less, "left")
    left = "5−" + "−".join(str(number) for number, _ in enumerate(less, start=6))
    columns = (
        NUMBER,
        Column("schedule_day", Kind.DAY),
        Column("principal", Kind.MONEY),
        Column("interest", Kind.MONEY),
        Column("schedule_expected", Kind.MONEY, "3+4"),
        *(Column(f"schedule_{name}", Kind.MONEY) for name in less),
        Column("schedule_left", Kind.MONEY, left),
        Column("schedule_balance", Kind.MONEY),
        *([Column("schedule_pay_by", Kind.DAY)] if any(pay_by) else []),
    )
    lines = [
        Line((*line.cells, *([day] if any(pay_by) else [])), line.look)
        for line, day in zip(_lines(plan, names), [*pay_by, None], strict=True)
    ]
    return Table(columns=columns, lines=tuple(lines))


def _lines(plan: Schedule, names: Sequence[str]) -> Iterator[Line]:
    for number, row in enumerate(plan.rows, start=1):
        amounts = tuple(getattr(row, name) for name in names)
        yield Line((number, row.due_date, *amounts, row.principal_balance))
    yield Line((None, TOTAL, *(plan.sum_of(name) for name in names), None), Look.TOTAL)
