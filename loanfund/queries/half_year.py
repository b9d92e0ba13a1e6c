"""R20: the half-year report's paragraph in words, and each of its figures in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import NamedTuple

from sqlalchemy.orm import Session

from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import Figures, Ratio
from loanfund.domain.report import (
    Behind,
    Cell,
    Column,
    Equation,
    Kind,
    Line,
    Report,
    Said,
    Table,
    numbered,
)
from loanfund.queries._behind import each, loans_behind, report_behind
from loanfund.queries._capital import CapitalMove
from loanfund.queries._half_year import HalfYear, Recovered, half_years, period_title
from loanfund.queries._loan_row import Figure
from loanfund.queries._report import NUMBER, Question
from loanfund.wording.figures import BILLION, MILLION, in_units, percent
from loanfund.wording.order import sort_key

FIGURES = (
    NUMBER,
    Column("figure"),
    Column("source"),
    Column("first", Kind.DAY),
    Column("figure_day", Kind.DAY),
    Column("written"),
    Column("exact", Kind.MONEY),
    Column("count", Kind.NUMBER),
    Column("ratio", Kind.PERCENT),
)
RECOVERED = (
    NUMBER,
    Column("contract"),
    Column("borrower"),
    Column("area"),
    Column("source"),
    Column("settled_on", Kind.DAY),
    Column("days_past_due_before", Kind.NUMBER),
    Column("overdue_principal_before", Kind.MONEY),
    Column("collected_principal", Kind.MONEY),
)


class When(NamedTuple):
    """Of which source a figure is, and of which days; `first` is None for one of a day."""

    source: str
    first: date | None
    day: date


def half_year(session: Session, question: Question) -> Report:
    """Give the paragraph; every figure in it is a line of the table with its day."""
    found = half_years(session, question)
    words = [sentence for one in found for sentence in _words(one, question)]
    lines = [line for one in found for line in _lines(one, question)]
    recovered = [one for each in found for one in each.recovered]
    tables = [Table(columns=FIGURES, lines=tuple(numbered(lines)))]
    if recovered:
        title = Said("report.part.half_year.recovered")
        own = numbered(_recovered_line(one) for one in _in_order(recovered))
        tables.append(Table(title=title, columns=RECOVERED, lines=tuple(own)))
    nothing = Said("report.half_year.nothing", {"day": question.as_of})
    return Report(
        name="half_year",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        words=tuple(words) or (nothing,),
        tables=tuple(tables),
        equations=tuple(equation for one in found for equation in _equations(one)),
        notes=(Said("report.note.half_year"),),
        heading=period_title(question),
        is_sent=True,
    )


def short(amount: Money) -> Said:
    """Write an amount as such reports do: `13,3 tỷ đồng`, `129 triệu đồng`."""
    for unit, name in ((BILLION, "billion"), (MILLION, "million")):
        if abs(amount.dong) >= unit:
            number = in_units(amount, unit, 3).rstrip("0").rstrip(",")
            return Said(f"report.half_year.{name}", {"number": number})
    return Said("report.half_year.dong", {"number": in_units(amount, 1)})


def short_capital(amount: Money) -> Said:
    """Write capital with three decimals, as it is published: `14,390 tỷ đồng`."""
    if abs(amount.dong) < BILLION:
        return short(amount)
    return Said("report.half_year.billion", {"number": in_units(amount, BILLION, 3)})


def short_ratio(figures: Figures | None) -> str:
    """Write a bad-debt ratio as `1,24 %`; without debt there is none."""
    found = figures.bad_debt_ratio.percent if figures else None
    return "–" if found is None else percent(found)


def _words(one: HalfYear, question: Question) -> Iterator[Said]:
    """Give the sentences about one source; each says of which day it speaks."""
    days = {"first": question.first, "day": question.as_of, "source": one.name}
    say = partial(_sentence, days)
    yield _capital_words(one, say, question.before.as_of)
    yield say(
        "debt",
        loans=one.now.loans,
        outstanding=short(one.now.outstanding),
        undisbursed=short(one.now.undisbursed),
    )
    yield say(
        "bad_debt",
        ratio=short_ratio(one.now),
        bad_debt=one.now.bad_debt,
        outstanding=one.now.outstanding,
        before=question.before.as_of,
        earlier=short_ratio(one.before),
    )
    yield say(
        "moved" if one.lent_loans else "collected",
        loans=one.lent_loans,
        lent=short(one.lent),
        principal=short(one.collected_principal),
        interest=short(one.collected_interest),
    )
    if one.written_off or one.came_back or one.now.written_off_unrecovered:
        yield say(
            "written_off",
            count=one.written_off_loans,
            principal=short(one.written_off),
            back=short(one.came_back),
            left=short(one.now.written_off_unrecovered),
        )
    if one.recovered:
        projects = ", ".join(_project(each) for each in _in_order(one.recovered))
        yield say("recovered", count=len(one.recovered), projects=projects)


def _capital_words(one: HalfYear, say: Callable[..., Said], before: date) -> Said:
    """Say what the capital is, what it was, and what came and went between."""
    facts: dict[str, object] = {"capital": short_capital(one.now.capital), "before": before}
    facts["opening"] = short_capital(one.capital_before)
    moved = []
    if one.added:
        names = _contributors(move for move in one.moves if move.amount.dong > 0)
        moved.append("added")
        facts |= {"added": short(one.added), "names": names}
    if one.given_back:
        names = _contributors(move for move in one.moves if move.amount.dong < 0)
        moved.append("given_back")
        facts |= {"given_back": short(one.given_back), "to": names}
    return say(".".join(["capital", *moved]), **facts)


def _sentence(days: dict[str, object], name: str, **facts: object) -> Said:
    return Said(f"report.half_year.{name}", {**days, **facts})


def _contributors(moves: Iterable[CapitalMove]) -> str:
    return ", ".join(dict.fromkeys(move.contributor for move in moves))


def _project(one: Recovered) -> str:
    """Name a project, where it is and when it was paid off."""
    place = f"{one.facts.area}, " if one.facts.area else ""
    return (
        f"{one.facts.borrower} ({place}{one.facts.contract_number}, {one.settled_on:%d/%m/%Y})"
    )


def _in_order(recovered: Iterable[Recovered]) -> list[Recovered]:
    return sorted(recovered, key=lambda one: (one.settled_on, sort_key(one.facts.borrower)))


def _lines(one: HalfYear, question: Question) -> Iterator[Line]:
    """Give a line for each figure of the sentences, with what it is made of behind it."""
    at_end = partial(_line, When(one.code, None, question.as_of))
    moved = partial(_line, When(one.code, question.first, question.as_of))
    now = one.now
    opening = partial(_line, When(one.code, None, question.before.as_of))
    was = one.capital_before
    yield opening("capital", short_capital(was), was, report="capital")
    yield moved("added", short(one.added), one.added, report="capital")
    yield moved("given_back", short(one.given_back), one.given_back, report="capital")
    yield at_end("capital", short_capital(now.capital), now.capital, report="capital")
    loans = Said("report.half_year.projects", {"count": now.loans})
    yield at_end("loans", loans, now.loans, figure="outstanding")
    yield at_end("outstanding", short(now.outstanding), now.outstanding, figure="outstanding")
    lost = now.written_off_unrecovered
    yield at_end("written_off_left", short(lost), lost, figure="written_off")
    yield at_end("undisbursed", short(now.undisbursed), now.undisbursed, report="sources")
    yield at_end("bad_debt", short(now.bad_debt), now.bad_debt, figure="bad_debt")
    yield at_end("bad_debt_ratio", short_ratio(now), now.bad_debt_ratio, report="bad_debt")
    if one.before is not None:
        ratio = one.before.bad_debt_ratio
        yield opening("bad_debt_ratio", short_ratio(one.before), ratio, report="bad_debt")
    yield moved("lent", short(one.lent), one.lent, report="disbursements")
    projects = Said("report.half_year.projects", {"count": one.lent_loans})
    yield moved("lent_loans", projects, one.lent_loans, report="disbursements")
    principal, interest = one.collected_principal, one.collected_interest
    yield moved("collected_principal", short(principal), principal, report="receipts")
    yield moved("collected_interest", short(interest), interest, report="receipts")
    gone, back = one.written_off, one.came_back
    yield moved("written_off", short(gone), gone, report="journal")
    yield moved("came_back", short(back), back, report="receipts")
    recovered = Said("report.half_year.projects", {"count": len(one.recovered)})
    yield moved("recovered", recovered, len(one.recovered))


def _equations(one: HalfYear) -> Iterator[Equation]:
    """Say that all capital is somewhere, and what it and the debt were and how they moved."""
    now = one.now
    was, came, went = one.capital_before, one.added, one.given_back
    facts = {"source": one.code, "opening": was, "came": came, "went": went}
    rolled = Said("report.equation.capital", {**facts, "closing": now.capital})
    yield Equation(rolled, was + came - went == now.capital)
    parts = [now.outstanding, now.written_off_unrecovered, now.undisbursed]
    facts = {"source": one.code, "capital": now.capital}
    facts |= dict(zip(("outstanding", "written_off", "undisbursed"), parts, strict=True))
    yield Equation(Said("report.equation.parts", facts), total(parts) == now.capital)
    moves = {
        "opening": one.opening,
        "lent": one.lent,
        "collected": one.collected_principal,
        "written_off": one.written_off,
    }
    closing = one.opening + one.lent - one.collected_principal - one.written_off
    facts = {"source": one.code, "closing": now.outstanding, **moves}
    yield Equation(Said("report.equation.debt", facts), closing == now.outstanding)


def _line(  # noqa: PLR0913 -- a figure has that many sides
    when: When,
    name: str,
    written: str | Said,
    figure_value: Money | int | Ratio,
    *,
    figure: str = "",
    report: str = "",
) -> Line:
    source, first, day = when
    behind = _behind(when, figure, report)
    exact: list[Cell] = [
        figure_value if isinstance(figure_value, kind) else None for kind in (Money, int, Ratio)
    ]
    cells = (Said(f"report.half_year.figure.{name}"), source, first, day, written, *exact)
    return Line(cells, behind=each(behind, "exact", "count", "ratio"))


def _behind(when: When, figure: str, report: str) -> Behind:
    """Give the loans or the report behind a figure; what stands below it where neither is."""
    source, first, day = when
    if figure:
        return loans_behind(Figure(figure), source, day)
    first = first or day.replace(month=1, day=1)
    if report:
        return report_behind(report, source, first, day)
    return report_behind("half_year", source, first, day, part="part-2")


def _recovered_line(one: Recovered) -> Line:
    return Line(
        (
            one.facts.contract_number,
            one.facts.borrower,
            one.facts.area or "",
            one.facts.source,
            one.settled_on,
            one.days_past_due,
            one.overdue_principal,
            one.collected,
        ),
        loan_id=one.facts.id,
    )
