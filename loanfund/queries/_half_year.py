"""What the half-year report speaks of, source by source, worked out from the book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.calendar import month_end
from loanfund.domain.folded import positions
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import Figures
from loanfund.domain.report import Said
from loanfund.queries._capital import CapitalMove, capital_moves
from loanfund.queries._report import Flow, MovedLoan, Question, flows_of, moved_loans
from loanfund.queries._standing import LoanFacts
from loanfund.queries.portfolio import portfolio_at
from loanfund.store.setting import load_settings

PAYING = ("repayment", "credit_applied")
# What a period is called by its first month and how many months it has.
SPANS = {(1, 6): "first_half", (7, 6): "second_half", (1, 12): "year", (1, 3): "quarter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """An overdue loan that was paid off in the period, and how it stood the day before."""

    facts: LoanFacts
    settled_on: date
    overdue_principal: Money
    days_past_due: int
    collected: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfYear:
    """One source: its figures at the end and before the period, and what moved between."""

    code: str
    name: str
    now: Figures
    before: Figures | None
    moves: tuple[CapitalMove, ...]
    flows: tuple[Flow, ...]
    recovered: tuple[Recovered, ...]

    @property
    def added(self) -> Money:
        """The capital that came in the period."""
        return total([one.amount for one in self.moves if one.amount.dong > 0])

    @property
    def given_back(self) -> Money:
        """The capital that went in the period."""
        return total([-one.amount for one in self.moves if one.amount.dong < 0])

    @property
    def capital_before(self) -> Money:
        """The capital the day before the period."""
        return self.before.capital if self.before else NOTHING

    @property
    def lent(self) -> Money:
        """What was lent in the period."""
        return total([one.row.amount for one in self._lending()])

    @property
    def lent_loans(self) -> int:
        """To how many projects."""
        return len({one.facts.id for one in self._lending()})

    @property
    def collected_principal(self) -> Money:
        """The principal that was paid in the period."""
        return total([one.row.principal for one in self.flows if one.row.type in PAYING])

    @property
    def opening(self) -> Money:
        """What was lent and not paid the day before the period."""
        return self.before.outstanding if self.before else NOTHING

    @property
    def written_off(self) -> Money:
        """The principal that left the balance sheet in the period."""
        return total([one.row.principal for one in self._of_type("write_off")])

    @property
    def written_off_loans(self) -> int:
        """Of how many projects."""
        return len({one.facts.id for one in self._of_type("write_off")})

    @property
    def came_back(self) -> Money:
        """The written-off principal that was recovered in the period."""
        return total([one.row.principal for one in self._of_type("recovery")])

    @property
    def collected_interest(self) -> Money:
        """The interest of every kind that was paid in the period."""
        rows = [one.row for one in self.flows if one.row.type in PAYING]
        return total(
            [
                part
                for row in rows
                for part in (row.interest, row.overdue_interest, row.late_interest)
            ]
        )

    def _lending(self) -> list[Flow]:
        return self._of_type("disbursement")

    def _of_type(self, kind: str) -> list[Flow]:
        return [one for one in self.flows if one.row.type == kind]


def period_title(question: Question) -> Said:
    """Name the period as offices do: half a year, a quarter, the months of a year so far."""
    first, last = question.first, question.as_of
    facts: dict[str, object] = {"year": last.year}
    key = "days"
    if first.day == 1 and last == month_end(last) and first.year == last.year:
        months = last.month - first.month + 1
        key = SPANS.get((first.month, months), "months" if first.month == 1 else "days")
        facts |= {"months": months, "quarter": (last.month + 2) // 3}
        if key == "days" and (months, first.month % 3) == (3, 1):
            key = "quarter"
    return Said(f"report.half_year.title.{key}", {**facts, "first": first, "day": last})


def half_years(session: Session, question: Question) -> list[HalfYear]:
    """Give each source that has capital or loans, or had them before the period."""
    settings = load_settings(session, question.known_at)
    wanted = question.source or None
    found = portfolio_at(session, question.moment, question.as_of, wanted)
    earlier = portfolio_at(session, question.before, question.as_of)
    before = {one.source.code: one.figures for one in earlier.sources}
    moves = capital_moves(session, question)
    moved = [
        (one, tuple(flows_of(one, question)))
        for one in moved_loans(session, settings, question)
    ]
    return [
        HalfYear(
            code=one.source.code,
            name=one.source.name,
            now=one.figures,
            before=before.get(one.source.code),
            moves=tuple(move for move in moves if move.source == one.source.code),
            flows=tuple(flow for _, flows in own for flow in flows),
            recovered=tuple(_recovered(own)),
        )
        for one in found.sources
        for own in [[pair for pair in moved if pair[0].facts.source == one.source.code]]
        if one.figures.capital or own
    ]


def _recovered(moved: Sequence[tuple[MovedLoan, tuple[Flow, ...]]]) -> Iterator[Recovered]:
    """Give the loans paid off in the period whose principal was overdue the day before."""
    for loan, flows in moved:
        paid = [one.row for one in flows if one.row.type in PAYING and one.row.principal]
        if not paid or loan.folded.position().status is not LoanStatus.CLOSED:
            continue
        settled_on = paid[-1].value_date
        eve = settled_on - timedelta(days=1)
        (place,) = positions(loan.loaded.history(), [eve], loan.loaded.rule_sets)
        if place is not None and place.principal_overdue:
            yield Recovered(
                facts=loan.facts,
                settled_on=settled_on,
                overdue_principal=place.principal_overdue,
                days_past_due=place.days_past_due,
                collected=total([row.principal for row in paid]),
            )
