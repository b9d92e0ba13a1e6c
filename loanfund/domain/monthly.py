"""A loan at the ends of many months in a row, with what each month collected: one fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from loanfund.domain.collection import Watch, collection_of, days_before_replacing
from loanfund.domain.debt_group import DebtGroups, RuleSets
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.state import LoanState


class MonthEnd(NamedTuple):
    """A loan at the end of a month, and the collection of that month, in whole đồng.

    `own_group` is None, and the days past due are 0, unless the loan was active.
    """

    outstanding: int
    overdue: int
    days_past_due: int
    own_group: int | None
    in_freeze: bool
    due: int
    on_time: int
    late: int
    ahead: int

    @property
    def is_plain(self) -> bool:
        """Whether it is in group 1 with no principal overdue, and not frozen."""
        return self.own_group == 1 and not self.overdue and not self.in_freeze


def monthly(
    history: History, ends: Sequence[date], rule_sets: RuleSets = ()
) -> tuple[MonthEnd | None, ...]:
    """Give the loan at some month ends in a row, oldest first; None before it was lent.

    Each month is told as it was by its own end, as `month_collection` of that day tells it.
    """
    known = tuple(event for event in history.events if event.value_date <= ends[-1])
    first = ends[0].replace(day=1)
    before = first - timedelta(days=1)
    months = _Months({end.toordinal(): end for end in ends}, Watch(before.toordinal()))
    stops = sorted({before, *ends, *days_before_replacing(known, first)})
    state = fold(History(history.terms, known), ends[-1], months.look, stops)
    if state is None:
        return (None,) * len(ends)
    groups = DebtGroups(state, known, rule_sets)
    return tuple(_with_group(months.found.get(end.toordinal()), end, groups) for end in ends)


@dataclass(slots=True)
class _Months:
    """Writes down every month when its last day is over, and begins to watch the next."""

    ends: dict[int, date]
    watch: Watch
    found: dict[int, tuple[MonthEnd, bool]] = field(default_factory=dict)

    def look(self, state: LoanState, day: int) -> None:
        """Note what is paid at the end of a day."""
        self.watch.look(state, day)
        if day in self.ends:
            first = self.ends[day].replace(day=1).toordinal()
            month = collection_of(state, self.watch, first, day)
            is_active = not (state.is_closed or state.is_written_off)
            self.found[day] = (
                MonthEnd(
                    outstanding=state.outstanding,
                    overdue=state.overdue,
                    days_past_due=0,
                    own_group=None,
                    in_freeze=False,
                    due=month.due.dong,
                    on_time=month.on_time.dong,
                    late=month.late.dong,
                    ahead=month.ahead.dong,
                ),
                is_active,
            )
            self.watch = Watch(day)
            self.watch.look(state, day)


def _with_group(
    found: tuple[MonthEnd, bool] | None, end: date, groups: DebtGroups
) -> MonthEnd | None:
    """Add arrears and group, which the whole history tells of any of its days."""
    if found is None:
        return None
    month, is_active = found
    if not is_active:
        return month
    day = end.toordinal()
    return month._replace(
        days_past_due=groups.days_past_due(day),
        own_group=groups.own_group(day),
        in_freeze=groups.frozen.covers(day),
    )
