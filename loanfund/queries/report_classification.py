"""R07: debt groups with contagion and the reason of each, and the provisions they require."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money, Rate, total
from loanfund.domain.portfolio import GROUPS
from loanfund.domain.provision import GENERAL_BASIS_POINTS, SPECIFIC_PERCENT
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
    summed,
)
from loanfund.models.period import Period
from loanfund.queries._behind import each, loans_behind, report_behind
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import NUMBER, TOTAL, Question
from loanfund.queries.classification import Classified, ClassifiedSource, classification
from loanfund.store.ledger import provisions_of_sources
from loanfund.wording.order import sort_key

BY_GROUP = (
    Column("source"),
    Column("debt_group", Kind.NUMBER),
    Column("loans", Kind.COUNT),
    Column("outstanding", Kind.MONEY),
    Column("uncovered", Kind.MONEY),
    Column("provision_rate", Kind.PERCENT, is_explained=True),
    Column("specific_provision", Kind.MONEY),
)
REQUIRED = (
    Column("source_name"),
    Column("rule_set"),
    Column("general_base", Kind.MONEY, is_explained=True),
    Column("general_rate", Kind.PERCENT, is_explained=True),
    Column("general_provision", Kind.MONEY, is_explained=True),
    Column("specific_provision", Kind.MONEY),
    Column("provision_required", Kind.MONEY, "5+6"),
    Column("provision_booked", Kind.MONEY, is_explained=True),
    Column("provision_change", Kind.MONEY, "7−8"),
)
LOANS = (
    NUMBER,
    Column("contract"),
    Column("borrower"),
    Column("source"),
    Column("outstanding", Kind.MONEY),
    Column("collateral", Kind.MONEY),
    Column("uncovered", Kind.MONEY, is_explained=True),
    Column("days_past_due", Kind.NUMBER),
    Column("own_group", Kind.NUMBER),
    Column("debt_group", Kind.NUMBER),
    Column("group_reason"),
    Column("specific_provision", Kind.MONEY, is_explained=True),
)


def classification_report(session: Session, question: Question) -> Report:
    """Give groups and provisions of the day, by group, by source and loan by loan.

    Of one group alone there are only its loans: a general provision is of all of them.
    """
    found = classification(session, question.moment).sources
    sources = [
        replace(
            one,
            loans=tuple(
                loan for loan in one.loans if question.group in {None, loan.final_group}
            ),
        )
        for one in found
        if question.source in {"", one.code}
    ]
    tables: tuple[Table, ...] = ()
    if any(one.loans for one in sources):
        tables = (_loans(sources),)
    if tables and question.group is None:
        required = _required(sources, question, _Booked.on(session, question))
        tables = (_by_group(sources, question), required, *tables)
    return Report(
        name="classification",
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tables,
    )


def _by_group(sources: Sequence[ClassifiedSource], question: Question) -> Table:
    groups = {
        source.code: [_of_group(source, group, question.as_of) for group in GROUPS]
        for source in sources
    }
    return Table(
        columns=BY_GROUP,
        lines=grouped(BY_GROUP, groups, TOTAL),
        title=Said("report.part.by_group"),
    )


def _of_group(source: ClassifiedSource, group: int, day: date) -> Line:
    loans = [one for one in source.loans if one.final_group == group]
    debt = loans_behind(Figure.OUTSTANDING, source.code, day, group=group)
    listed = report_behind("classification", source.code, None, day, group=group)
    percent = SPECIFIC_PERCENT[source.rule_set][group]
    return Line(
        (
            source.code,
            group,
            len(loans),
            total([one.principal_outstanding for one in loans]),
            total([one.uncovered for one in loans]),
            Rate.percent(str(percent)) if source.bears_risk else None,
            total([one.provision for one in loans]),
        ),
        behind={
            **each(debt, "loans", "outstanding"),
            **each(listed, "uncovered", "specific_provision"),
        },
    )


@dataclass(frozen=True, slots=True)
class _Booked:
    """The provisions of sources that the ledger holds, and the last close that booked any."""

    by_source: Mapping[int, Money]
    closed: date | None

    @classmethod
    def on(cls, session: Session, question: Question) -> _Booked:
        day, known_at = question.as_of, question.known_at
        closed = select(func.max(Period.month_end)).where(Period.month_end <= day)
        if known_at is not None:
            closed = closed.where(Period.closed_at <= known_at)
        held = provisions_of_sources(session, day, known_at)
        return cls(held, session.scalar(closed))

    def said(self, day: date) -> Said:
        """Say as of which close they are booked, and what comes of the difference."""
        if self.closed is None:
            return Said("report.note.provision.never")
        key = "day" if self.closed == day else "before"
        return Said(f"report.note.provision.{key}", {"closed": self.closed})


def _required(
    sources: Sequence[ClassifiedSource], question: Question, booked: _Booked
) -> Table:
    lines = [
        _source_line(source, question.as_of, booked.by_source.get(source.id, NOTHING))
        for source in sources
    ]
    return Table(
        columns=REQUIRED,
        lines=(*lines, summed(REQUIRED, lines, TOTAL)),
        title=Said("report.part.required"),
        notes=(Said("report.note.provision"), booked.said(question.as_of)),
    )


def _source_line(source: ClassifiedSource, day: date, booked: Money) -> Line:
    listed = report_behind("classification", source.code, None, day, part="part-3")
    basis_points = GENERAL_BASIS_POINTS[source.rule_set]
    required = source.general + source.specific
    risk: tuple[Cell, Cell] = (None, None)
    if source.bears_risk:
        risk = (
            source.general_base,
            Rate.percent(f"{basis_points // 100}.{basis_points % 100:02d}"),
        )
    return Line(
        (
            f"{source.code} – {source.name}",
            source.circular,
            *risk,
            source.general,
            source.specific,
            required,
            booked,
            required - booked,
        ),
        behind={"specific_provision": listed},
    )


def _loans(sources: Sequence[ClassifiedSource]) -> Table:
    """Give every loan, the worst of a source first."""
    groups: dict[str, list[Line]] = {}
    ordered = [(source, sorted(source.loans, key=_order)) for source in sources]
    lines = numbered(_loan_line(loan) for _, loans in ordered for loan in loans)
    for source, loans in ordered:
        groups[source.code], lines = lines[: len(loans)], lines[len(loans) :]
    filled = {code: own for code, own in groups.items() if own}
    return Table(
        columns=LOANS,
        lines=grouped(LOANS, filled, TOTAL),
        title=Said("report.part.loans"),
        notes=(Said("report.note.group"),),
    )


def _order(one: Classified) -> tuple[object, ...]:
    return -one.final_group, -one.days_past_due, sort_key(one.contract_number)


def _loan_line(one: Classified) -> Line:
    return Line(
        (
            one.contract_number,
            one.facts.borrower,
            one.source,
            one.principal_outstanding,
            one.collateral,
            one.uncovered,
            one.days_past_due,
            one.own_group,
            one.final_group,
            reason(one),
            one.provision,
        ),
        loan_id=one.facts.id,
    )


def reason(one: Classified) -> Said:
    """Say what decides the final group: another loan, the days, or a rescheduling or waiver."""
    if one.infected_by is not None:
        return Said("report.reason.contagion", {"contract": one.infected_by})
    if one.days_past_due and one.by_days == one.final_group:
        days: dict[str, object] = {"days": one.days_past_due, "since": one.since}
        return Said("report.reason.days", days)
    return Said("report.reason.held" if one.final_group > 1 else "report.reason.current")
