"""A loan at the ends of many months in a row, with what each month collected: one fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from loanfund.domain.calendar import month_end
from loanfund.domain.debt_group import DebtGroups, RuleSets
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.state import LoanState
from loanfund.domain.watch import (
    Flow,
    Watch,
    coming_after,
    days_before_replacing,
    flow_of,
)


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


class SoFar(NamedTuple):
    """The collection of a month through a day of it, and how principal stands on that day.

    `coming` is what falls due after the day, as days and amounts; see `MonthSoFar`.
    """

    due: int
    on_time: int
    late: int
    ahead: int
    overdue: int
    coming: tuple[tuple[int, int], ...]


class Months(NamedTuple):
    """A loan at month ends, oldest first, and in the month of the day asked about.

    None stands for what lies before it was lent.
    """

    ends: tuple[MonthEnd | None, ...]
    so_far: SoFar | None


def monthly(
    history: History, ends: Sequence[date], as_of: date, rule_sets: RuleSets = ()
) -> Months:
    """Give the loan at month ends in a row through a day, and in the month of that day.

    `ends` are the last of all that are over on the day, oldest first. Each month is told as by
    its own end, as `month_collection` of that day tells it.
    """
    known = tuple(event for event in history.events if event.value_date <= as_of)
    first, last = ends[0].replace(day=1), month_end(as_of)
    before = first - timedelta(days=1)
    look = _Look({end.toordinal() for end in ends}, as_of.toordinal(), before.toordinal())
    stops = sorted({before, *ends, as_of, *days_before_replacing(known, first)})
    state = fold(History(history.terms, known), last, look, stops)
    if state is None:
        return Months((None,) * len(ends), None)
    groups = DebtGroups(state, known, rule_sets)
    found = tuple(_month_end(look.found.get(end.toordinal()), end, groups) for end in ends)
    return Months(found, look.so_far(state, last))


_Found = tuple[int, int, bool, Flow]
"""Outstanding, overdue, whether it was active, and the flow of the month."""


@dataclass(slots=True)
class _Look:
    """Writes down every month when its last day is over, and begins to watch the next."""

    ends: set[int]
    as_of: int
    before: int
    found: dict[int, _Found] = field(default_factory=dict)
    watch: Watch = field(init=False)
    watch_of_day: Watch = field(init=False)
    overdue: int = 0
    coming: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Watch the first month."""
        self.watch = self.watch_of_day = Watch(self.before)

    def __call__(self, state: LoanState, day: int) -> None:
        """Note what is paid at the end of a day."""
        self.watch.look(state, day)
        if day == self.as_of:
            self.watch_of_day = self.watch
            self.overdue, self.coming = state.overdue, coming_after(state, day)
        if day in self.ends:
            flow = flow_of(state, self.watch, self.watch.before + 1, day)
            is_active = not (state.is_closed or state.is_written_off)
            self.found[day] = (state.outstanding, state.overdue, is_active, flow)
            self.watch = Watch(day)
            self.watch.look(state, day)

    def so_far(self, state: LoanState, last: date) -> SoFar:
        """Give the month of the day asked about, with the state at that month's last day."""
        watch = self.watch_of_day
        flow = flow_of(state, watch, last.replace(day=1).toordinal(), last.toordinal())
        return SoFar(
            due=flow.due,
            on_time=flow.on_time,
            late=flow.late,
            ahead=flow.ahead,
            overdue=self.overdue,
            coming=self.coming,
        )


def _month_end(found: _Found | None, end: date, groups: DebtGroups) -> MonthEnd | None:
    """Add arrears and group, which the whole history tells of any of its days."""
    if found is None:
        return None
    outstanding, overdue, is_active, flow = found
    day = end.toordinal()
    return MonthEnd(
        outstanding,
        overdue,
        groups.days_past_due(day) if is_active else 0,
        groups.own_group(day) if is_active else None,
        is_active and groups.frozen.covers(day),
        flow.due,
        flow.on_time,
        flow.late,
        flow.ahead,
    )
