"""The month at a glance: what there is, what falls due, what came in, what is at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.calendar import month_end
from loanfund.domain.collection import Collection, total_collection
from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import Figures, Portfolio, Ratio, portfolio
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._coming import Coming, coming_dues, later_dues, loans_of
from loanfund.queries._loan_row import SOON
from loanfund.queries._month import month_collections
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.queries.portfolio import loan_figures, source_figures
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The figures of one capital source, or with an empty code those of all."""

    code: str
    name: str
    figures: Figures
    month: Collection

    @property
    def on_time_ratio(self) -> Ratio:
        """What was collected on the dues of the month over those dues (rules §10)."""
        return Ratio(self.month.on_time, self.month.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything the page shows; `coming` are the dues of the day and the week after.

    `later` says what comes next where nothing does: the day, how many loans, how much.
    """

    moment: Moment
    month_end: date
    sources: tuple[Column, ...]
    total: Column
    coming: tuple[Coming, ...]
    later: tuple[date, int, Money] | None
    has_loans: bool

    @property
    def coming_total(self) -> Money:
        """What all of them must pay."""
        return total([one.amount for one in self.coming])

    @property
    def coming_loans(self) -> int:
        """How many loans they are of."""
        return loans_of(self.coming)

    @property
    def soon_through(self) -> date:
        """The last day that `coming` looks at."""
        return self.moment.as_of + SOON


def home(session: Session, moment: Moment) -> Home:
    """Give the figures of the moment's month, through the moment's day."""
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.state == "approved")
    collections = month_collections(session, settings, moment)
    figures = _portfolio(session, settings, moment, found)
    of_source: dict[str, list[Collection]] = {}
    for one in found:
        if one.facts.id in collections:
            of_source.setdefault(one.facts.source, []).append(collections[one.facts.id])
    return Home(
        moment=moment,
        month_end=month_end(moment.as_of),
        sources=tuple(
            Column(
                code=each.source.code,
                name=each.source.name,
                figures=each.figures,
                month=total_collection(of_source.get(each.source.code, [])),
            )
            for each in figures.sources
        ),
        total=Column(
            code="",
            name="",
            figures=figures.total,
            month=total_collection(list(collections.values())),
        ),
        coming=coming_dues(found, moment.as_of),
        later=later_dues(found),
        has_loans=bool(found),
    )


def _portfolio(
    session: Session, settings: SettingBook, moment: Moment, found: Sequence[Standing]
) -> Portfolio:
    disbursed = [loan_figures(one) for one in found if one.snapshot is not None]
    return portfolio(source_figures(session, settings, moment), disbursed)
