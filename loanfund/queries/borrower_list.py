"""The list of borrowers with what each owes: searched, filtered, sorted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.money import Money, total
from loanfund.models.borrower import Borrower
from loanfund.queries._loan_row import CURRENT, LoanRow, rows_of
from loanfund.queries._search import Haystack, haystack, needle
from loanfund.queries._standing import Moment
from loanfund.queries.borrower import facts_of, in_use
from loanfund.store.setting import load_settings
from loanfund.wording import fold
from loanfund.wording.order import name_key, sort_key

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBorrowers:
    """What the list is asked for; an empty text asks for nothing."""

    q: str = ""
    area: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerLine:
    """One borrower with what it owes; `loans` are those that run or wait."""

    id: int
    facts: BorrowerFacts
    loans: int
    outstanding: Money
    days_past_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerList:
    """One page of the list; `outstanding` is the sum over all that was found, not the page."""

    rows: tuple[BorrowerLine, ...]
    count: int
    page: int
    pages: int
    outstanding: Money
    areas: tuple[str, ...]
    is_empty: bool

    @property
    def page_outstanding(self) -> Money:
        """What the borrowers of this page owe."""
        return total([one.outstanding for one in self.rows])


def borrower_list(session: Session, moment: Moment, asked: AskedBorrowers) -> BorrowerList:
    """Give the page asked for, the last one where there are fewer."""
    every = _lines(session, moment)
    typed = needle(asked.q)
    found = [
        one
        for one in every
        if (not asked.area or one.facts.area == asked.area)
        and (not typed.words or typed.finds(_haystack(one.facts)))
    ]
    found.sort(key=lambda one: name_key(one.facts.name))
    found.sort(key=SORTS[asked.sort], reverse=asked.descending)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(asked.page, pages)
    return BorrowerList(
        rows=tuple(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        count=len(found),
        page=page,
        pages=pages,
        outstanding=total([one.outstanding for one in found]),
        areas=in_use(one.facts.area for one in every),
        is_empty=not every,
    )


SORTS: Mapping[str, Callable[[BorrowerLine], Any]] = {
    "name": lambda one: name_key(one.facts.name),
    "code": lambda one: sort_key(one.facts.code),
    "area": lambda one: sort_key(one.facts.area or ""),
    "loans": lambda one: one.loans,
    "outstanding": lambda one: one.outstanding,
    "days": lambda one: one.days_past_due,
}


def _lines(session: Session, moment: Moment) -> list[BorrowerLine]:
    settings = load_settings(session, moment.known_at)
    loans: dict[int, list[LoanRow]] = defaultdict(list)
    for row in rows_of(session, settings, moment, {}):
        loans[row.facts.borrower_id].append(row)
    return [_line(row, loans.get(row.id, ())) for row in session.scalars(select(Borrower))]


def _line(row: Borrower, loans: Sequence[LoanRow]) -> BorrowerLine:
    return BorrowerLine(
        id=row.id,
        facts=facts_of(row),
        loans=sum(one.plain in CURRENT for one in loans),
        outstanding=total([one.outstanding for one in loans]),
        days_past_due=max((one.days_past_due for one in loans), default=0),
    )


def _haystack(facts: BorrowerFacts) -> Haystack:
    codes = (facts.tax_code, facts.phone)
    names = fold(facts.name), fold(facts.legal_representative or "")
    return haystack(names, fold(facts.code), codes)
