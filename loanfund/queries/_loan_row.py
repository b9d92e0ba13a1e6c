"""A loan as lists show it: where it stands in plain words, and its part of every figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.collection import Collection, MonthSoFar
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.portfolio import LoanFigures, final_groups, overdue_and_bad
from loanfund.domain.setting import OverdueMethod, SettingBook
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.span import RETURNS, span_of
from loanfund.domain.to_pay import ToPay
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
    UNREADABLE = "unreadable"  # không đọc được
    WRITTEN_OFF = "written_off"  # ngoại bảng
    CLOSED = "closed"  # đóng
    CANCELLED = "cancelled"  # hủy


CURRENT = frozenset(list(Plain)[:7])


class Figure(StrEnum):
    """A figure that is a sum over loans, so that a list can show what it is made of."""

    OUTSTANDING = "outstanding"
    OVERDUE_PRINCIPAL = "overdue_principal"
    OVERDUE_DEBT = "overdue_debt"
    BAD_DEBT = "bad_debt"
    WRITTEN_OFF = "written_off"  # and not recovered
    INTEREST_TO_PAY = "interest_to_pay"
    TO_PAY = "to_pay"
    OVERDUE_TO_PAY = "overdue_to_pay"  # all that is to be paid of loans that are late
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
OF_MONTH = COLLECTED | RETURNING


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRow:
    """One loan at the end of a day.

    `is_held` tells that a rescheduling or waiver still holds it in its group or above.
    """

    standing: Standing
    plain: Plain
    own_group: int | None = None
    final_group: int | None = None
    days_past_due: int = 0
    outstanding: Money = NOTHING
    overdue_principal: Money = NOTHING
    overdue_debt: Money = NOTHING
    bad_debt: Money = NOTHING
    written_off: Money = NOTHING
    is_held: bool = False
    month: MonthSoFar | None = None

    @property
    def facts(self) -> LoanFacts:
        """The contract."""
        return self.standing.facts

    @property
    def to_pay(self) -> ToPay:
        """What is to be paid on the day, and what of it is what."""
        return self.standing.to_pay

    @property
    def interest_to_pay(self) -> Money:
        """What is to be paid of interest of every kind."""
        return self.to_pay.interest + self.to_pay.penalties

    @property
    def left_to_recover(self) -> Money:
        """What was written off and is still owed."""
        place = self.standing.snapshot
        if place is None:
            return NOTHING
        return place.written_off_principal + place.written_off_interest - place.recovered

    @property
    def next_due_date(self) -> date | None:
        """The next day on which something falls due."""
        due = self.to_pay.next_due
        return due.due_date if due else None

    @property
    def collection(self) -> Collection | None:
        """What fell due and came in during the month, where that was asked for."""
        return self.month.collection if self.month else None

    @property
    def group_by_contagion(self) -> bool:
        """Say whether another loan of the borrower makes the group worse."""
        return self.final_group != self.own_group

    def due_soon(self, as_of: date) -> Money:
        """Give what is to be paid of the day's dues, and of those of the week after."""
        found = self.to_pay
        today = found.amount if found.is_due_today else NOTHING
        return today + found.next_amount if found.is_next_by(as_of + SOON) else today

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
        if figure in COLLECTED:
            return getattr(self.collection, figure.value) if self.collection else NOTHING
        if figure is Figure.TO_PAY:
            return self.to_pay.amount
        if figure is Figure.OVERDUE_TO_PAY:
            return self.to_pay.amount if self.to_pay.is_overdue else NOTHING
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
    figures = {one.facts.id: loan_figures(one) for one in found if one.snapshot is not None}
    groups = final_groups(list(figures.values()))
    methods = {
        source: OverdueMethod(settings.get("overdue_method", moment.as_of, source))
        for source in {one.facts.source_id for one in found}
    }
    return [
        _row(
            one,
            one.snapshot,
            figures[one.facts.id],
            methods,
            groups,
            months.get(one.facts.id),
        )
        if one.snapshot is not None
        else LoanRow(standing=one, plain=_without_figures(one))
        for one in found
        if one.snapshot is not None or one.facts.signed_on <= moment.as_of
    ]


def sums(rows: Iterable[LoanRow], figure: Figure, as_of: date) -> Money:
    """Give the sum of some rows' parts of a figure."""
    return Money(sum(row.part(figure, as_of).dong for row in rows))


def plain_of(folded: FoldedLoan, state: str) -> Plain:
    """Say where a contract in a state stands on the day of its fold."""
    place = folded.snapshot()
    if place is None:
        return _undisbursed(state)
    return plain_words(place, place.days_past_due(folded.through), folded.to_pay())


def plain_words(place: Snapshot, days_past_due: int, found: ToPay) -> Plain:
    """Say where a disbursed loan stands; being late with principal is worse than interest."""
    if place.status is LoanStatus.WRITTEN_OFF:
        return Plain.WRITTEN_OFF
    if place.status is LoanStatus.CLOSED:
        return Plain.CLOSED
    if place.is_frozen:
        return Plain.FROZEN
    if days_past_due and found.arrears_principal:
        return Plain.OVERDUE
    owes = days_past_due or found.is_overdue
    return Plain.OWES_INTEREST if owes else Plain.PAID_UP


def _without_figures(one: Standing) -> Plain:
    return Plain.UNREADABLE if one.is_unreadable else _undisbursed(one.facts.state)


def _undisbursed(state: str) -> Plain:
    return Plain.UNDISBURSED if state == "approved" else Plain(state)


def _row(  # noqa: PLR0913, PLR0917 -- what a row is read from
    one: Standing,
    place: Snapshot,
    figures: LoanFigures,
    methods: Mapping[int, OverdueMethod],
    groups: Mapping[str, int],
    month: MonthSoFar | None,
) -> LoanRow:
    group = groups.get(one.facts.contract_number)
    overdue, bad = NOTHING, NOTHING
    if place.principal_outstanding:
        method = methods[one.facts.source_id]
        overdue, bad = overdue_and_bad(method, figures, group)
    return LoanRow(
        standing=one,
        plain=plain_words(place, one.days_past_due, one.to_pay),
        own_group=one.own_group,
        final_group=group,
        days_past_due=one.days_past_due,
        outstanding=place.principal_outstanding,
        overdue_principal=place.principal_overdue,
        overdue_debt=overdue,
        bad_debt=bad,
        written_off=figures.written_off_unrecovered,
        is_held=place.group_floor > 1,
        month=month,
    )
