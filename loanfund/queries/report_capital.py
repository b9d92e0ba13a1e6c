"""R12: capital by source: opening, what came from whom, what went, closing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.report import (
    Behind,
    Column,
    Equation,
    Kind,
    Line,
    Report,
    Said,
    Table,
    numbered,
    summed,
)
from loanfund.queries._behind import before_and_in, each
from loanfund.queries._capital import CapitalMove, capital_moves
from loanfund.queries._report import NUMBER, TOTAL, Question
from loanfund.queries.portfolio import source_figures
from loanfund.store.setting import load_settings

SOURCES = (
    NUMBER,
    Column("source_name"),
    Column("opening", Kind.MONEY),
    Column("came", Kind.MONEY),
    Column("went", Kind.MONEY),
    Column("closing", Kind.MONEY, "3+4−5"),
)
MOVES = (
    NUMBER,
    Column("value_date", Kind.DAY),
    Column("source"),
    Column("contributor"),
    Column("note"),
    Column("came", Kind.MONEY),
    Column("went", Kind.MONEY),
)


def capital_report(session: Session, question: Question) -> Report:
    """Give a line a source and a line a movement; the closing is summed apart."""
    settings = load_settings(session, question.known_at)
    opening = {
        one.code: one.capital for one in source_figures(session, settings, question.before)
    }
    moves = capital_moves(session, question)
    found = [
        one
        for one in source_figures(session, settings, question.moment)
        if question.source in {"", one.code}
    ]
    lines = []
    for one in found:
        own = [move for move in moves if move.source == one.code]
        amounts = (opening.get(one.code, NOTHING), came(own), went(own), one.capital)
        before, within = before_and_in(
            "capital", one.code, question.first, question.as_of, part="part-2"
        )
        behind = {"opening": before, **each(within, "came", "went")}
        lines.append(Line((f"{one.code} – {one.name}", *amounts), behind=behind))
    sources = numbered(lines)
    tables = [Table(columns=SOURCES, lines=(*sources, summed(SOURCES, sources, TOTAL)))]
    if moves:
        listed = numbered(_move(one) for one in moves)
        title = Said("report.part.capital.moves")
        tables.append(
            Table(title=title, columns=MOVES, lines=(*listed, summed(MOVES, listed, TOTAL)))
        )
    return Report(
        name="capital",
        first=question.first,
        as_of=question.as_of,
        known_at=question.known_at,
        source=question.source,
        tables=tuple(tables if found else ()),
        equations=tuple(_equation(line) for line in lines),
    )


def came(moves: Sequence[CapitalMove]) -> Money:
    """Give what was contributed."""
    return total([one.amount for one in moves if one.amount.dong > 0])


def went(moves: Sequence[CapitalMove]) -> Money:
    """Give what was withdrawn."""
    return total([-one.amount for one in moves if one.amount.dong < 0])


def _move(one: CapitalMove) -> Line:
    amounts = (came([one]), went([one]))
    behind = each(Behind("capital_book", {"as_of": one.day}), "came", "went")
    return Line((one.day, one.source, one.contributor, one.note or "", *amounts), behind=behind)


def _equation(line: Line) -> Equation:
    """Say that what stands is what stood and what moved; one of the two would be a mistake."""
    name, opening, added, taken, closing = line.cells
    facts = {
        "source": name,
        "opening": opening,
        "came": added,
        "went": taken,
        "closing": closing,
    }
    dong = [cell.dong for cell in (opening, added, taken, closing) if isinstance(cell, Money)]
    holds = dong[0] + dong[1] - dong[2] == dong[3]
    return Equation(Said("report.equation.capital", facts), holds)
