"""What a close would lock, as its maker and its approver see it: by source and debt group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.locked import Locked, LockedLoan, LockedSource, Moved
from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import GROUPS, Ratio
from loanfund.domain.report import Behind, Column, Kind, Line, Look, Said, Table
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._behind import each, loans_behind, report_behind
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import TOTAL
from loanfund.queries._said import Value

BY_GROUP = (
    Column("source"),
    Column("debt_group"),
    Column("loans", Kind.COUNT),
    Column("outstanding", Kind.MONEY),
    Column("share", Kind.PERCENT, is_explained=True),
    Column("specific_provision", Kind.MONEY),
    Column("general_provision", Kind.MONEY, is_explained=True),
    Column("provision_required", Kind.MONEY, "6+7"),
)
BY_SOURCE = (
    Column("source_name"),
    Column("outstanding", Kind.MONEY),
    Column("overdue_ratio", Kind.PERCENT),
    Column("bad_debt_ratio", Kind.PERCENT),
    Column("provision_held", Kind.MONEY, is_explained=True),
    Column("provision_required", Kind.MONEY),
    Column("provision_change", Kind.MONEY, "6−5"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFigure:
    """One figure of a loan that is not as it was seen; None where that is not said in one."""

    contract: str
    borrower: str
    loan_id: int | None
    name: str
    then: Value
    now: Value


def locked_tables(
    session: Session, locked: Locked, day: date | None = None
) -> tuple[Table, Table]:
    """Give the table by source and group, and the ratios and provisions of each source.

    The general provision is one of a source, rounded once: it has a line of its own. With the
    day, figures lead to what is behind them as it stands now.
    """
    names = {row.code: row.name for row in session.scalars(select(CapitalSource))}
    return _by_group(locked, day), _by_source(locked, names, day)


def moved_figures(session: Session, loans: Sequence[Moved]) -> tuple[MovedFigure, ...]:
    """Give what moved, figure by figure, each named by its loan."""
    numbers = [one.contract for one in loans]
    query = (
        select(Loan.contract_number, Loan.id, Borrower.name)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .where(Loan.contract_number.in_(numbers))
    )
    known = {row[0]: (row[1], row[2]) for row in session.execute(query)}
    return tuple(
        MovedFigure(
            contract=one.contract,
            loan_id=known.get(one.contract, (None, ""))[0],
            borrower=known.get(one.contract, (None, ""))[1],
            name=name,
            then=then,
            now=now,
        )
        for one in loans
        for name, then, now in _moved(one)
    )


FIGURES = ("group", "principal", "interest", "specific")


def _moved(one: Moved) -> Iterator[tuple[str, Value, Value]]:
    """Give each figure that differs; what is beyond them only as a word."""
    found = [
        (name, getattr(one.then, name, None), getattr(one.now, name, None)) for name in FIGURES
    ]
    differ = [(name, then, now) for name, then, now in found if then != now]
    yield from differ
    if not differ:
        yield "rest", None, None


def _by_group(locked: Locked, day: date | None) -> Table:
    lines: list[Line] = []
    for source in locked.sources:
        own = [one for one in locked.loans if one.source == source.code]
        if own or source.general:
            lines += _source_lines(source, own, day)
    general = total([one.general for one in locked.sources])
    lines.append(_summed(TOTAL, locked.loans, general, Look.TOTAL))
    return Table(columns=BY_GROUP, lines=tuple(lines), title=Said("period.by_source_group"))


def _source_lines(
    source: LockedSource, own: Sequence[LockedLoan], day: date | None
) -> Iterator[Line]:
    """Give a line for each group that has loans, one for the general provision, their sum."""
    whole = total([one.principal for one in own])
    for group in GROUPS:
        loans = [one for one in own if one.group == group]
        if loans:
            owed, specific = _owed(loans), _specific(loans)
            cells = (source.code, Said("period.group", {"group": group}), len(loans), owed)
            figures = (Ratio(owed, whole), specific, None, specific)
            yield Line((*cells, *figures), behind=_of_group(source.code, group, day))
    label = Said("period.general")
    yield Line((source.code, label, None, None, None, None, source.general, source.general))
    of_source = Said("report.subtotal", {"name": source.code})
    yield _summed(of_source, own, source.general, Look.SUBTOTAL)


def _of_group(source: str, group: int, day: date | None) -> Mapping[str, Behind]:
    if day is None:
        return {}
    debt = loans_behind(Figure.OUTSTANDING, source, day, group=group)
    listed = report_behind("classification", source, None, day, group=group)
    return {**each(debt, "loans", "outstanding"), "specific_provision": listed}


def _summed(label: Said, loans: Sequence[LockedLoan], general: Money, look: Look) -> Line:
    owed, specific = _owed(loans), _specific(loans)
    active = [one for one in loans if one.group is not None]
    cells = (label, None, len(active), owed, Ratio(owed, owed), specific, general)
    return Line((*cells, specific + general), look)


def _owed(loans: Sequence[LockedLoan]) -> Money:
    return total([one.principal for one in loans])


def _specific(loans: Sequence[LockedLoan]) -> Money:
    return total([one.specific for one in loans])


def _by_source(locked: Locked, names: dict[str, str], day: date | None) -> Table:
    lines = []
    for source in locked.sources:
        own = [one for one in locked.loans if one.source == source.code]
        name = f"{source.code} – {names.get(source.code, '')}"
        line = _ratios(name, own, [source], Look.PLAIN)
        lines.append(replace(line, behind=_of_source(source.code, day)))
    lines.append(_ratios(TOTAL, locked.loans, locked.sources, Look.TOTAL))
    return Table(columns=BY_SOURCE, lines=tuple(lines), title=Said("period.ratios"))


def _of_source(source: str, day: date | None) -> Mapping[str, Behind]:
    if day is None:
        return {}
    first = day.replace(day=1)
    return {
        "outstanding": loans_behind(Figure.OUTSTANDING, source, day),
        "overdue_ratio": report_behind("sources", source, first, day),
        "bad_debt_ratio": report_behind("bad_debt", source, first, day),
        "provision_required": report_behind("classification", source, None, day),
    }


def _ratios(
    label: str | Said,
    loans: Sequence[LockedLoan],
    sources: Sequence[LockedSource],
    look: Look,
) -> Line:
    owed = _owed(loans)
    held = total([one.held for one in sources])
    required = _specific(loans) + total([one.general for one in sources])
    return Line(
        (
            label,
            owed,
            Ratio(total([one.overdue_debt for one in sources]), owed),
            Ratio(total([one.bad_debt for one in sources]), owed),
            held,
            required,
            required - held,
        ),
        look,
    )
