"""The manager's overview of a day: debt, capital, arrears, what returns, where debt lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import (
    GROUPS,
    PAR_DAYS,
    Figures,
    Ratio,
    SourcePortfolio,
    portfolio,
)
from loanfund.domain.span import AGES, RETURNS, Span, span_of
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._loan_row import LoanRow, rows_from
from loanfund.queries._monthly import months_of_loans
from loanfund.queries._standing import LoanFacts, Moment, Standing, loan_facts, standings
from loanfund.queries.loan_list import NO_AREA, Choices
from loanfund.queries.portfolio import loan_figures, source_figures
from loanfund.store.setting import load_settings
from loanfund.wording.order import sort_key

TOP = 10
DUE_ALREADY = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The part of the book that is looked at; an empty text narrows nothing."""

    source: str = ""
    area: str = ""
    sector: str = ""

    def covers(self, facts: LoanFacts) -> bool:
        """Tell whether a loan lies in the part; `NO_AREA` stands for those without one."""
        return (
            self.source in {"", facts.source}
            and self.area in {"", facts.area or NO_AREA}
            and self.sector in {"", facts.sector or NO_AREA}
        )


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Debt of loans more than so many days late; `held` counts rescheduled ones too."""

    days: int
    debt: Ratio
    held: Ratio


@dataclass(frozen=True, slots=True)
class Part:
    """Debt by some name, and of how many loans; `borrower` where the name is one's."""

    name: str
    amount: Money
    loans: int
    borrower: int | None = None


@dataclass(frozen=True, slots=True)
class Worse:
    """A loan that is not in group 1, late since a day unless it is not late at all."""

    row: LoanRow
    since: date | None

    @property
    def why(self) -> str:
        """What decides its group: another loan, the days it is late, or an earlier relief."""
        if self.row.group_by_contagion:
            return "contagion"
        return "days" if self.since else "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The figures of the day over the loans of the scope; `sources` and `capital` are whole.

    `by_age` tells debt by days past due; of the borrowers those who owe most; `worse` are all
    loans of groups 2 to 5.
    """

    outstanding: Money
    loans: int
    overdue: Ratio
    overdue_principal: Ratio
    bad_debt: Ratio
    at_risk: tuple[AtRisk, ...]
    sources: tuple[SourcePortfolio, ...]
    capital: Figures
    by_age: tuple[tuple[Span, Part], ...]
    borrowers: tuple[Part, ...]
    areas: tuple[Part, ...]
    sectors: tuple[Part, ...]
    worse: tuple[Worse, ...]

    @property
    def late_loans(self) -> int:
        """How many loans are past due at all."""
        return sum(part.loans for span, part in self.by_age if span.first)

    @property
    def owed_by_top(self) -> Ratio:
        """What the borrowers who owe most owe together."""
        return self.share_of(total([part.amount for part in self.borrowers]))

    def share_of(self, amount: Money) -> Ratio:
        """Give an amount as a share of all debt of the scope."""
        return Ratio(amount, self.outstanding)


def dashboard(session: Session, moment: Moment, scope: Scope) -> Today:
    """Give the figures of the moment's day; contagion looks at all loans, not at the scope."""
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.state != "draft")
    figures = [loan_figures(one) for one in found if one.snapshot is not None]
    every = source_figures(session, settings, moment)
    capital = portfolio([one for one in every if scope.source in {"", one.code}], figures)
    rows = [
        row
        for row in rows_from(found, settings, moment, {})
        if row.outstanding and scope.covers(row.facts)
    ]
    outstanding = _sum(rows)
    return Today(
        outstanding=outstanding,
        loans=len(rows),
        overdue=Ratio(total([row.overdue_debt for row in rows]), outstanding),
        overdue_principal=Ratio(total([row.overdue_principal for row in rows]), outstanding),
        bad_debt=Ratio(total([row.bad_debt for row in rows]), outstanding),
        at_risk=tuple(_at_risk(rows, days, outstanding) for days in PAR_DAYS),
        sources=capital.sources,
        capital=capital.total,
        by_age=tuple((span, _of_age(rows, span)) for span in AGES),
        borrowers=_parts(rows, _by_borrower)[:TOP],
        areas=_parts(rows, lambda row: (row.facts.area or NO_AREA, None)),
        sectors=_parts(rows, lambda row: (row.facts.sector or NO_AREA, None)),
        worse=_worse(rows, found),
    )


def returning(session: Session, moment: Moment, scope: Scope) -> tuple[tuple[Span, Money], ...]:
    """Give the principal of the scope by when it falls due; first what should have returned."""
    settings = load_settings(session, moment.known_at)
    months = months_of_loans(session, settings, moment)
    facts = loan_facts(session, moment, Loan.state != "draft")
    found = [months[one.id].so_far for one in facts if one.id in months and scope.covers(one)]
    by_day: Counter[int] = Counter()
    overdue = 0
    for month in found:
        if month is not None:
            overdue += month.overdue
            for day, amount in month.coming:
                by_day[day] += amount
    by_span = Counter[Span]()
    for day, amount in by_day.items():
        by_span[span_of(RETURNS, day - moment.as_of.toordinal())] += amount
    return (DUE_ALREADY, Money(overdue)), *((span, Money(by_span[span])) for span in RETURNS)


def choices(session: Session) -> Choices:
    """Give what the filters offer: every source, and the areas and sectors that loans have."""
    sources = session.execute(
        select(CapitalSource.code, CapitalSource.name).order_by(CapitalSource.code)
    )
    return Choices(
        sources=tuple((row.code, row.name) for row in sources),
        areas=_known(session.scalars(select(Loan.area).distinct())),
        sectors=_known(session.scalars(select(Loan.sector).distinct())),
    )


def first_lent(session: Session) -> date | None:
    """Give the day of the first disbursement of all, where the figures begin."""
    query = select(func.min(LoanEvent.value_date)).where(LoanEvent.type == "disbursement")
    return session.scalar(query)


def _worse(rows: Iterable[LoanRow], found: Iterable[Standing]) -> tuple[Worse, ...]:
    """Give the loans of groups 2 to 5, the worst first."""
    since = {one.facts.id: one.snapshot.oldest_due for one in found if one.snapshot}
    worse = [row for row in rows if row.final_group != GROUPS[0]]
    worse.sort(key=lambda row: (-(row.final_group or 0), -row.outstanding.dong, row.facts.id))
    return tuple(
        Worse(row, since[row.facts.id] if row.days_past_due else None) for row in worse
    )


def _known(values: Iterable[str | None]) -> tuple[str, ...]:
    found = set(values)
    named = sorted((value for value in found if value), key=sort_key)
    return (*named, NO_AREA) if found - set(named) else tuple(named)


def _sum(rows: Iterable[LoanRow]) -> Money:
    return total([row.outstanding for row in rows])


def _at_risk(rows: Sequence[LoanRow], days: int, outstanding: Money) -> AtRisk:
    late = _sum(row for row in rows if row.days_past_due > days)
    held = _sum(row for row in rows if row.days_past_due > days or row.is_held)
    return AtRisk(days, Ratio(late, outstanding), Ratio(held, outstanding))


def _of_age(rows: Sequence[LoanRow], span: Span) -> Part:
    late = [row for row in rows if span.holds(row.days_past_due)]
    return Part(span.name, _sum(late), len(late))


def _by_borrower(row: LoanRow) -> tuple[str, int | None]:
    return row.facts.borrower, row.facts.borrower_id


def _parts(
    rows: Iterable[LoanRow], key: Callable[[LoanRow], tuple[str, int | None]]
) -> tuple[Part, ...]:
    """Give the debt by what the key says, most first; those alike in the order of the code."""
    found: dict[tuple[str, int | None], Part] = {}
    for row in rows:
        name, borrower = key(row)
        before = found.get((name, borrower), Part(name, NOTHING, 0, borrower))
        amount = before.amount + row.outstanding
        found[name, borrower] = Part(name, amount, before.loans + 1, borrower)
    return tuple(sorted(found.values(), key=lambda one: (-one.amount.dong, sort_key(one.name))))
