"""What fell due in a month and what came in for it, from a loan's fold (rules §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from loanfund.domain.calendar import month_end
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.money import Money, total
from loanfund.domain.state import LoanState
from loanfund.domain.to_collect import ToCollect, to_collect
from loanfund.domain.watch import Flow, Watch, coming_after, days_before_replacing, flow_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The dues of a month, and the month's money, through a day of that month.

    `on_time` is what was paid on the dues of the month, whenever; `advanced` is its part that
    was there before the month, prepaid or as credit. `late` went to dues of earlier months,
    `ahead` to later ones or to credit, `returned` back to whoever had paid too much.
    `due_penalties` is the overdue and late interest in `due_interest`.
    received = on_time + late + ahead + returned − advanced; what was `recovered` on debts
    written off came beside it.
    """

    due_principal: Money
    due_interest: Money
    due_penalties: Money
    on_time: Money
    advanced: Money
    late: Money
    ahead: Money
    returned: Money
    received: Money
    recovered: Money

    @property
    def due_in_term(self) -> Money:
        """The interest in term due in the month."""
        return self.due_interest - self.due_penalties

    @property
    def due(self) -> Money:
        """Principal and every kind of interest due in the month, also on days yet to come."""
        return self.due_principal + self.due_interest


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """The collection of a month through a day, and what there is to collect on that day.

    `coming` says how much on which day, as the plan then in force has it; with the principal
    `overdue` it is all that is outstanding.
    """

    collection: Collection
    to_collect: ToCollect
    coming: tuple[tuple[date, Money], ...]
    overdue: Money


def month_collection(history: History, as_of: date) -> Collection | None:
    """Give the collection of the month of a day, through that day; None without a loan."""
    found = month_so_far(history, as_of)
    return None if found is None else found.collection


def month_so_far(history: History, as_of: date) -> MonthSoFar | None:
    """Fold the month of a day through that day; None without a loan.

    Dues after the day are those the schedule then in force brings, if nothing more happens.
    A due that a rescheduling replaced counts with what had been paid on it.
    """
    first, last = as_of.replace(day=1), month_end(as_of)
    known = tuple(event for event in history.events if event.value_date <= as_of)
    before = first - timedelta(days=1)
    replacing = days_before_replacing(known, first)
    watch = WatchOfDay(
        before=before.toordinal(), as_of=as_of.toordinal(), last=last.toordinal()
    )
    state = fold(
        History(history.terms, known), last, watch.look, sorted({before, as_of, *replacing})
    )
    if state is None:
        return None
    flow = flow_of(state, watch, first.toordinal(), last.toordinal())
    coming = tuple((date.fromordinal(day), Money(amount)) for day, amount in watch.coming)
    return MonthSoFar(_collection(flow), watch.to_collect, coming, Money(watch.overdue))


def total_collection(collections: Sequence[Collection]) -> Collection:
    """Give the sum of some loans' collections."""
    return Collection(
        **{
            one.name: total([getattr(each, one.name) for each in collections])
            for one in fields(Collection)
        }
    )


@dataclass(slots=True, kw_only=True)
class WatchOfDay(Watch):
    """A watch that also notes what its day leaves to collect, and what there is to come."""

    as_of: int
    last: int
    to_collect: ToCollect = field(default_factory=ToCollect)
    coming: tuple[tuple[int, int], ...] = ()
    overdue: int = 0

    def look(self, state: LoanState, day: int) -> None:
        """Note what is paid and what is open at the end of a day."""
        Watch.look(self, state, day)
        if day == self.as_of:
            self.to_collect = to_collect(state, day, self.last)
            self.overdue = state.overdue
            self.coming = coming_after(state, day)


def _collection(flow: Flow) -> Collection:
    return Collection(
        due_principal=Money(flow.due_principal),
        due_interest=Money(flow.due_interest),
        due_penalties=Money(flow.due_penalties),
        on_time=Money(flow.on_time),
        advanced=Money(flow.on_time - flow.in_time + max(0, -flow.credited)),
        late=Money(flow.late),
        ahead=Money(flow.ahead),
        returned=Money(flow.returned),
        received=Money(flow.received),
        recovered=Money(flow.recovered),
    )
