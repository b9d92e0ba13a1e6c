"""R08: bad debt by source, area or sector: both parts, those before, and who moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import Ratio, final_groups, overdue_and_bad
from loanfund.domain.report import (
    Behind,
    Column,
    Kind,
    Line,
    Report,
    Said,
    Table,
    numbered,
    summed,
)
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._behind import each, loans_behind
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import (
    NUMBER,
    TOTAL,
    Question,
    dimension,
    dimension_order,
    named,
)
from loanfund.queries._standing import LoanFacts, Moment, standings
from loanfund.queries.loan_list import NO_AREA
from loanfund.queries.portfolio import loan_figures, source_figures
from loanfund.store.setting import load_settings
from loanfund.wording.order import sort_key

PARTS = (
    NUMBER,
    Column("part"),
    Column("bad_debt", Kind.MONEY),
    Column("outstanding", Kind.MONEY),
    Column("bad_debt_ratio", Kind.PERCENT, "3/4"),
    Column("bad_debt_before", Kind.MONEY),
    Column("outstanding_before", Kind.MONEY),
    Column("bad_debt_ratio_before", Kind.PERCENT, "6/7"),
    Column("bad_debt_change", Kind.MONEY, "3−6"),
)
DRIVERS = (
    NUMBER,
    Column("contract"),
    Column("borrower"),
    Column("source"),
    Column("area"),
    Column("sector"),
    Column("group_before", Kind.NUMBER),
    Column("debt_group", Kind.NUMBER),
    Column("bad_debt_before", Kind.MONEY),
    Column("bad_debt", Kind.MONEY),
    Column("bad_debt_change", Kind.MONEY, "10−9"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A loan's debt and bad debt at a moment, and its final group."""

    facts: LoanFacts
    outstanding: Money
    bad_debt: Money
    group: int | None


def bad_debt_report(session: Session, question: Question) -> Report:
    """Give each part's ratio now and before the period, and the loans that moved it."""
    settings = load_settings(session, question.known_at)
    now = _parts(session, settings, question, question.moment)
    before = _parts(session, settings, question, question.before)
    lines, drivers = _lines(question, now, before), _drivers(question, now, before)
    tables = [Table(columns=PARTS, lines=(*lines, summed(PARTS, lines, TOTAL)))]
    if drivers:
        title = Said("report.part.bad_debt.drivers")
        tables.append(
            Table(
                title=title, columns=DRIVERS, lines=(*drivers, summed(DRIVERS, drivers, TOTAL))
            )
        )
    return Report(
        name="bad_debt",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tuple(tables if lines else ()),
        notes=(Said("report.note.bad_debt", {"before": question.before.as_of}),),
    )


def _lines(
    question: Question, now: Mapping[int, Part], before: Mapping[int, Part]
) -> list[Line]:
    """Give a line for each source, area or sector."""
    names = dimension_order(
        dimension(one.facts, question.by) for one in (*now.values(), *before.values())
    )
    return numbered(
        _line(
            name,
            _of(now, question.by, name),
            _of(before, question.by, name),
            _behind(question, name),
        )
        for name in names
    )


def _drivers(
    question: Question, now: Mapping[int, Part], before: Mapping[int, Part]
) -> list[Line]:
    """Give a line for each loan whose bad debt is another than before, by contract."""
    changed = sorted(
        (key for key in {*now, *before} if _bad(now, key) != _bad(before, key)),
        key=lambda key: sort_key((now.get(key) or before[key]).facts.contract_number),
    )
    return numbered(
        _driver(now.get(key), before.get(key), question.before.as_of) for key in changed
    )


def _parts(
    session: Session, settings: SettingBook, question: Question, moment: Moment
) -> Mapping[int, Part]:
    """Give the loans that owe principal; contagion looks at those of other sources too."""
    found = [
        (one.facts, loan_figures(one))
        for one in standings(session, settings, moment, Loan.state != "draft")
        if one.snapshot is not None
    ]
    groups = final_groups([figures for _, figures in found])
    methods = {
        one.code: one.overdue_method for one in source_figures(session, settings, moment)
    }
    return {
        facts.id: Part(facts, figures.principal_outstanding, bad, groups.get(figures.loan))
        for facts, figures in found
        if figures.principal_outstanding and question.wants(facts)
        for _, bad in [
            overdue_and_bad(methods[facts.source], figures, groups.get(figures.loan))
        ]
    }


def _of(parts: Mapping[int, Part], by: str, name: str) -> list[Part]:
    return [one for one in parts.values() if dimension(one.facts, by) == name]


def _behind(question: Question, name: str) -> Mapping[str, Behind]:
    """Give the loans behind each figure of a part, those that say nothing under `-`."""
    part = {question.by: name or NO_AREA}
    source = part.pop("source", question.source)
    day, earlier = question.as_of, question.before.as_of
    return {
        "bad_debt": loans_behind(Figure.BAD_DEBT, source, day, **part),
        "outstanding": loans_behind(Figure.OUTSTANDING, source, day, **part),
        "bad_debt_before": loans_behind(Figure.BAD_DEBT, source, earlier, **part),
        "outstanding_before": loans_behind(Figure.OUTSTANDING, source, earlier, **part),
    }


def _line(
    name: str, now: Sequence[Part], before: Sequence[Part], behind: Mapping[str, Behind]
) -> Line:
    ratio, earlier = _ratio(now), _ratio(before)
    cells = (
        named(name),
        ratio.numerator,
        ratio.denominator,
        ratio,
        earlier.numerator,
        earlier.denominator,
        earlier,
        ratio.numerator - earlier.numerator,
    )
    return Line(cells, behind=behind)


def _ratio(parts: Sequence[Part]) -> Ratio:
    return Ratio(
        total([one.bad_debt for one in parts]), total([one.outstanding for one in parts])
    )


def _bad(parts: Mapping[int, Part], key: int) -> Money:
    return parts[key].bad_debt if key in parts else NOTHING


def _driver(now: Part | None, before: Part | None, earlier: date) -> Line:
    """Give a loan whose bad debt changed; without a group it owed nothing then."""
    known = now or before
    assert known is not None
    facts = known.facts
    was, is_now = (one.bad_debt if one else NOTHING for one in (before, now))
    cells = (
        facts.contract_number,
        facts.borrower,
        facts.source,
        facts.area or "",
        facts.sector or "",
        before.group if before else None,
        now.group if now else None,
        was,
        is_now,
        is_now - was,
    )
    then = Behind("loan", {"loan_id": facts.id, "as_of": earlier})
    behind = each(then, "group_before", "bad_debt_before")
    return Line(cells, loan_id=facts.id, behind=behind)
