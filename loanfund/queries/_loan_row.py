"""A loan as lists show it: where it stands in plain words, and its part of every figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.collection import Collection, MonthSoFar
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.portfolio import final_groups, overdue_and_bad
from loanfund.domain.setting import OverdueMethod, SettingBook
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.span import RETURNS, span_of
from loanfund.queries._standing import LoanFacts, Moment, Standing, standings
from loanfund.queries.portfolio import loan_figures

SOON = timedelta(days=7)


class Plain(StrEnum):
    """How people at the fund say where a loan stands."""

    PAID_UP = "paid_up"  # đủ lãi
    OWES_INTEREST = "owes_interest"  # nợ lãi
    OVERDUE = "overdue"  # quá hạn
    FROZEN = "frozen"  # khoanh nợ
    UNDISBURSED = "undisbursed"  # chưa giải ngân
    DRAFT = "draft"  # chờ duyệt
    WRITTEN_OFF = "written_off"  # ngoại bảng
    CLOSED = "closed"  # đóng
    CANCELLED = "cancelled"  # hủy


CURRENT = frozenset(list(Plain)[:6])


class Figure(StrEnum):
    """A figure that is a sum over loans, so that a list can show what it is made of."""

    OUTSTANDING = "outstanding"
    OVERDUE_PRINCIPAL = "overdue_principal"
    OVERDUE_DEBT = "overdue_debt"
    BAD_DEBT = "bad_debt"
    INTEREST_OPEN = "interest_open"
    DUE = "due"
    ON_TIME = "on_time"
    LATE = "late"
    AHEAD = "ahead"
    SOON = "soon"
    RETURNS_1 = "returns_1-30"  # principal by the days until it falls due
    RETURNS_31 = "returns_31-90"
    RETURNS_91 = "returns_91-180"
    RETURNS_181 = "returns_181-365"
    RETURNS_366 = "returns_366-"


COLLECTED = frozenset({Figure.DUE, Figure.ON_TIME, Figure.LATE, Figure.AHEAD})
RETURNING = frozenset(Figure(f"returns_{span.name}") for span in RETURNS)
OF_MONTH = COLLECTED | RETURNING | {Figure.SOON}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRow:
    """One loan at the end of a day; `interest_open` is what is due of every kind.

    `is_held` tells that a rescheduling or waiver still holds it in its group or above.
    """

    facts: LoanFacts
    plain: Plain
    own_group: int | None = None
    final_group: int | None = None
    days_past_due: int = 0
    outstanding: Money = NOTHING
    overdue_principal: Money = NOTHING
    interest_open: Money = NOTHING
    overdue_debt: Money = NOTHING
    bad_debt: Money = NOTHING
    next_due_date: date | None = None
    next_due: Money = NOTHING
    is_held: bool = False
    month: MonthSoFar | None = None

    @property
    def collection(self) -> Collection | None:
        """What fell due and came in during the month, where that was asked for."""
        return self.month.collection if self.month else None

    @property
    def group_by_contagion(self) -> bool:
        """Say whether another loan of the borrower makes the group worse."""
        return self.final_group != self.own_group

    def due_soon(self, as_of: date) -> Money:
        """Give what is open of the day's own dues, with what falls due in the week after."""
        today = self.collection.open_on_day if self.collection else NOTHING
        is_soon = self.next_due_date is not None and self.next_due_date <= as_of + SOON
        return today + self.next_due if is_soon else today

    def returning(self, as_of: date) -> dict[str, Money]:
        """Give the principal to come by the span of days in which it falls due."""
        found: dict[str, Money] = {}
        for day, amount in self.month.coming if self.month else ():
            name = f"returns_{span_of(RETURNS, (day - as_of).days).name}"
            found[name] = found.get(name, NOTHING) + amount
        return found

    def part(self, figure: Figure, as_of: date) -> Money:
        """Give this loan's part of a figure."""
        if figure is Figure.SOON:
            return self.due_soon(as_of)
        if figure in RETURNING:
            return self.returning(as_of).get(figure.value, NOTHING)
        if figure in OF_MONTH:
            return getattr(self.collection, figure.value) if self.collection else NOTHING
        amount: Money = getattr(self, figure.value)
        return amount


def rows_of(
    session: Session,
    settings: SettingBook,
    moment: Moment,
    months: Mapping[int, MonthSoFar],
) -> list[LoanRow]:
    """Give every contract that was signed or disbursed by the day, as it stood then."""
    found = standings(session, settings, moment)
    return rows_from(found, settings, moment, months)


def rows_from(
    found: Sequence[Standing],
    settings: SettingBook,
    moment: Moment,
    months: Mapping[int, MonthSoFar],
) -> list[LoanRow]:
    """Give the rows of what stands; contagion only sees the loans among them."""
    groups = final_groups([loan_figures(one) for one in found if one.snapshot is not None])
    methods = {
        source: OverdueMethod(settings.get("overdue_method", moment.as_of, source))
        for source in {one.facts.source_id for one in found}
    }
    return [
        _row(one, one.snapshot, methods, groups, months.get(one.facts.id))
        if one.snapshot is not None
        else LoanRow(facts=one.facts, plain=_undisbursed(one.facts))
        for one in found
        if one.snapshot is not None or one.facts.signed_on <= moment.as_of
    ]


def sums(rows: Iterable[LoanRow], figure: Figure, as_of: date) -> Money:
    """Give the sum of some rows' parts of a figure."""
    return Money(sum(row.part(figure, as_of).dong for row in rows))


def plain_words(place: Snapshot, days_past_due: int) -> Plain:
    """Say where a disbursed loan stands; being late with principal is worse than interest."""
    if place.status is LoanStatus.WRITTEN_OFF:
        return Plain.WRITTEN_OFF
    if place.status is LoanStatus.CLOSED:
        return Plain.CLOSED
    if place.is_frozen:
        return Plain.FROZEN
    if place.principal_overdue:
        return Plain.OVERDUE
    penalties = place.overdue_interest_open + place.late_interest_open
    return Plain.OWES_INTEREST if days_past_due or penalties else Plain.PAID_UP


def next_amount(place: Snapshot) -> Money:
    """Give what falls due next."""
    return (place.next_due_principal or NOTHING) + (place.next_due_interest or NOTHING)


def _undisbursed(facts: LoanFacts) -> Plain:
    return Plain.UNDISBURSED if facts.state == "approved" else Plain(facts.state)


def _row(
    one: Standing,
    place: Snapshot,
    methods: Mapping[int, OverdueMethod],
    groups: Mapping[str, int],
    month: MonthSoFar | None,
) -> LoanRow:
    group = groups.get(one.facts.contract_number)
    overdue, bad = NOTHING, NOTHING
    if place.principal_outstanding:
        method = methods[one.facts.source_id]
        overdue, bad = overdue_and_bad(method, loan_figures(one), group)
    return LoanRow(
        facts=one.facts,
        plain=plain_words(place, one.days_past_due),
        own_group=one.own_group,
        final_group=group,
        days_past_due=one.days_past_due,
        outstanding=place.principal_outstanding,
        overdue_principal=place.principal_overdue,
        interest_open=place.interest_open
        + place.overdue_interest_open
        + place.late_interest_open,
        overdue_debt=overdue,
        bad_debt=bad,
        next_due_date=place.next_due_date,
        next_due=next_amount(place),
        is_held=place.group_floor > 1,
        month=month,
    )
