"""The list of loans on any day: searched, filtered, sorted, with totals of what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.span import Span
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.queries._loan_row import CURRENT, OF_MONTH, Figure, LoanRow, Plain, rows_of, sums
from loanfund.queries._month import months_so_far
from loanfund.queries._search import FOUND_BY, Haystack, needle, of_borrower
from loanfund.queries._standing import LoanFacts, Moment
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key, sort_key

PAGE_SIZE = 50
ALL, CURRENT_ONES = "all", "current"
STATUSES = (CURRENT_ONES, *(plain.value for plain in Plain), ALL)
GROUPS = (1, 2, 3, 4, 5)
NO_AREA = "-"  # loans without an area or sector are shown, never dropped


def status_key(status: str) -> str:
    """Give the key of the text for a status that a list can be narrowed to."""
    whole = status in {ALL, CURRENT_ONES}
    return f"loan_list.status.{status}" if whole else f"loan_state.{status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a list is asked for; an empty text asks for nothing.

    `late` is a span of days past due of loans that owe principal; `borrower` one by their id.
    """

    q: str = ""
    source: str = ""
    status: str = CURRENT_ONES
    group: int | None = None
    figure: Figure | None = None
    late: Span | None = None
    borrower: int | None = None
    area: str = ""
    sector: str = ""
    sort: str = "borrower"
    descending: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over some loans; `part` is of the figure asked for."""

    outstanding: Money
    overdue_principal: Money
    interest_to_pay: Money
    to_pay: Money
    part: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters offer: sources by code and name, areas and sectors that loans have."""

    sources: tuple[tuple[str, str], ...]
    areas: tuple[str, ...]
    sectors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanList:
    """One page of the list; `of_status` counts what the other filters leave of each status.

    `totals` are of everything found, `page_totals` of this page.
    """

    rows: tuple[LoanRow, ...]
    count: int
    page: int
    pages: int
    totals: Totals
    page_totals: Totals
    of_status: Mapping[str, int]
    choices: Choices
    is_book_empty: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Every loan there is, those that the filters fit, and of these those of the status."""

    every: Sequence[LoanRow]
    fitting: Sequence[LoanRow]
    rows: Sequence[LoanRow]


def loan_list(session: Session, moment: Moment, asked: Asked) -> LoanList:
    """Give the page asked for, the last one where there are fewer."""
    found = found_loans(session, moment, asked)
    pages = max(1, -(-len(found.rows) // PAGE_SIZE))
    page = min(asked.page, pages)
    shown = found.rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return LoanList(
        rows=tuple(shown),
        count=len(found.rows),
        page=page,
        pages=pages,
        totals=_totals(found.rows, asked.figure, moment.as_of),
        page_totals=_totals(shown, asked.figure, moment.as_of),
        of_status=_of_status(found.fitting),
        choices=choices_of(session, [row.facts for row in found.every]),
        is_book_empty=not found.every,
    )


def found_loans(session: Session, moment: Moment, asked: Asked) -> Found:
    """Give all loans that are asked for, in the order asked for."""
    settings = load_settings(session, moment.known_at)
    needs_month = asked.figure in OF_MONTH
    months = months_so_far(session, settings, moment) if needs_month else {}
    every = rows_of(session, settings, moment, months)
    fitting = _fitting(session, every, asked, moment.as_of)
    rows = [row for row in fitting if _has_status(row, asked.status)]
    return Found(every, fitting, _sorted(rows, asked, moment.as_of))


def _fitting(
    session: Session, rows: Sequence[LoanRow], asked: Asked, as_of: date
) -> list[LoanRow]:
    """Give the rows that every filter but the status lets through."""
    typed = needle(asked.q)
    known = haystacks(session, rows) if typed.words else {}
    wanted = {"source": asked.source, "area": asked.area, "sector": asked.sector}
    return [
        row
        for row in rows
        if all(_is(getattr(row.facts, name), value) for name, value in wanted.items())
        and (asked.group is None or row.final_group == asked.group)
        and (asked.figure is None or row.part(asked.figure, as_of))
        and (asked.late is None or _is_late(row, asked.late))
        and (asked.borrower in {None, row.facts.borrower_id})
        and (not typed.words or typed.finds(known[row.facts.id]))
    ]


def haystacks(session: Session, rows: Iterable[LoanRow]) -> dict[int, Haystack]:
    """Give what finds each loan, the borrowers' people, codes and numbers too."""
    known = {row.id: row for row in session.execute(select(Borrower.id, *FOUND_BY))}
    return {
        row.facts.id: of_borrower(known[row.facts.borrower_id], row.facts.folded_number)
        for row in rows
    }


def _is(value: str | None, wanted: str) -> bool:
    return not wanted or (value or NO_AREA) == wanted


def _is_late(row: LoanRow, span: Span) -> bool:
    return bool(row.outstanding) and span.holds(row.days_past_due)


def _has_status(row: LoanRow, status: str) -> bool:
    return status == ALL or (
        row.plain in CURRENT if status == CURRENT_ONES else row.plain == status
    )


def _of_status(rows: Iterable[LoanRow]) -> dict[str, int]:
    counted = Counter(row.plain for row in rows)
    of_status = {plain.value: counted[plain] for plain in Plain}
    current = sum(counted[plain] for plain in CURRENT)
    return {CURRENT_ONES: current, **of_status, ALL: sum(of_status.values())}


def _by_name(row: LoanRow) -> Any:
    return name_key(row.facts.borrower), sort_key(row.facts.contract_number)


# What a list may be sorted by; None stands last whichever way.
SORTS: Mapping[str, Callable[[LoanRow], Any]] = {
    "borrower": _by_name,
    "contract": lambda row: sort_key(row.facts.contract_number),
    "source": lambda row: sort_key(row.facts.source),
    "signed": lambda row: row.facts.signed_on,
    "outstanding": lambda row: row.outstanding or None,
    "overdue": lambda row: row.overdue_principal or None,
    "interest": lambda row: row.interest_to_pay or None,
    "to_pay": lambda row: row.to_pay.amount or None,
    "days": lambda row: row.days_past_due or None,
    "next_due": lambda row: row.next_due_date,
    "group": lambda row: row.final_group,
}
BY_PART = "part"  # of the figure asked for
SORT_NAMES = (*SORTS, BY_PART)


def _sorted(rows: Iterable[LoanRow], asked: Asked, as_of: date) -> list[LoanRow]:
    """Sort by what was asked for, those alike by name."""
    key = _key(asked, as_of)
    by_name = sorted(rows, key=_by_name)
    having = [row for row in by_name if key(row) is not None]
    having.sort(key=key, reverse=asked.descending)
    return [*having, *(row for row in by_name if key(row) is None)]


def _key(asked: Asked, as_of: date) -> Callable[[LoanRow], Any]:
    figure = asked.figure
    if asked.sort == BY_PART and figure is not None:
        return lambda row: row.part(figure, as_of) or None
    return SORTS.get(asked.sort, _by_name)


def _totals(rows: Sequence[LoanRow], figure: Figure | None, as_of: date) -> Totals:
    return Totals(
        outstanding=sums(rows, Figure.OUTSTANDING, as_of),
        overdue_principal=sums(rows, Figure.OVERDUE_PRINCIPAL, as_of),
        interest_to_pay=sums(rows, Figure.INTEREST_TO_PAY, as_of),
        to_pay=sums(rows, Figure.TO_PAY, as_of),
        part=sums(rows, figure, as_of) if figure else None,
    )


def choices_of(session: Session, facts: Sequence[LoanFacts]) -> Choices:
    """Give what filters over some loans offer."""
    query = select(CapitalSource.code, CapitalSource.name).order_by(CapitalSource.code)
    return Choices(
        sources=tuple((row.code, row.name) for row in session.execute(query)),
        areas=_known(one.area for one in facts),
        sectors=_known(one.sector for one in facts),
    )


def _known(values: Iterable[str | None]) -> tuple[str, ...]:
    """Give the values there are, in order; the sign for none comes last."""
    found = set(values)
    named = sorted((value for value in found if value), key=sort_key)
    return (*named, NO_AREA) if found - set(named) else tuple(named)
