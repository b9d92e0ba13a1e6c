"""The month at a glance: what there is, what falls due, what came in, what is at risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.calendar import month_end
from loanfund.domain.collection import Collection, total_collection
from loanfund.domain.money import Money, total
from loanfund.domain.portfolio import Figures, Portfolio, Ratio, portfolio
from loanfund.domain.setting import SettingBook
from loanfund.models.loan import Loan
from loanfund.queries._loan_row import SOON, next_amount
from loanfund.queries._month import month_collections
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.queries.portfolio import loan_figures, source_figures
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key


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
class Coming:
    """What one loan must pay on one day."""

    day: date
    loan_id: int
    contract_number: str
    borrower: str
    source: str
    amount: Money


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
        coming=_coming(found, collections, moment.as_of),
        later=_later(found),
        has_loans=bool(found),
    )


def _portfolio(
    session: Session, settings: SettingBook, moment: Moment, found: Sequence[Standing]
) -> Portfolio:
    disbursed = [loan_figures(one) for one in found if one.snapshot is not None]
    return portfolio(source_figures(session, settings, moment), disbursed)


def _coming(
    found: Iterable[Standing], collections: Mapping[int, Collection], as_of: date
) -> tuple[Coming, ...]:
    """Give what is open of the day's dues, then the dues of the week after, by day and name."""
    coming = []
    for one in found:
        of_today = collections.get(one.facts.id)
        if of_today is not None and of_today.open_on_day:
            coming.append(_one(one, as_of, of_today.open_on_day))
        place = one.snapshot
        day = place.next_due_date if place is not None else None
        if place is not None and day is not None and day <= as_of + SOON:
            coming.append(_one(one, day, next_amount(place)))
    return tuple(sorted(coming, key=lambda one: (one.day, name_key(one.borrower))))


def _one(standing: Standing, day: date, amount: Money) -> Coming:
    return Coming(
        day=day,
        loan_id=standing.facts.id,
        contract_number=standing.facts.contract_number,
        borrower=standing.facts.borrower,
        source=standing.facts.source,
        amount=amount,
    )


def _later(found: Iterable[Standing]) -> tuple[date, int, Money] | None:
    """Give the next day on which anything falls due, how many loans that is and how much."""
    dues = [
        (one.snapshot.next_due_date, next_amount(one.snapshot))
        for one in found
        if one.snapshot is not None and one.snapshot.next_due_date is not None
    ]
    if not dues:
        return None
    first = min(day for day, _ in dues)
    amounts = [amount for day, amount in dues if day == first]
    return first, len(amounts), total(amounts)
