"""What fell due in a month and what came in for it, from a loan's fold (rules §10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from loanfund.domain.calendar import month_end
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.money import Money, total
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.terms import Surplus
from loanfund.domain.watch import (
    Due,
    Flow,
    Watch,
    coming_after,
    days_before_replacing,
    flow_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The dues of a month, and the month's money, through a day of that month.

    `on_time` is what was paid on the dues of the month, whenever; `advanced` is its part that
    was there before the month, prepaid or as credit. `late` went to dues of earlier months,
    `ahead` to later ones or to credit. received = on_time + late + ahead − advanced.

    Arrears are the dues of earlier months that were open when this one began. `to_pay`, paid on
    the day, leaves nothing open of what falls due through the month's end.
    """

    due_principal: Money
    due_interest: Money
    on_time: Money
    advanced: Money
    late: Money
    ahead: Money
    received: Money
    open_on_day: Money
    arrears_principal: Money
    arrears_interest: Money
    to_pay: Money

    @property
    def due(self) -> Money:
        """Principal and every kind of interest due in the month, also on days yet to come."""
        return self.due_principal + self.due_interest

    @property
    def arrears(self) -> Money:
        """Principal and every kind of interest brought forward."""
        return self.arrears_principal + self.arrears_interest


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """The collection of a month through a day, and the principal that falls due after the day.

    `coming` says how much on which day, as the plan then in force has it; with the principal
    `overdue` it is all that is outstanding.
    """

    collection: Collection
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
    watch = WatchOfDay(before.toordinal())
    state = fold(
        History(history.terms, known), last, watch.look, sorted({before, as_of, *replacing})
    )
    if state is None:
        return None
    flow = flow_of(state, watch, first.toordinal(), last.toordinal())
    coming = tuple((date.fromordinal(day), Money(amount)) for day, amount in watch.coming)
    collection = _collection(state, watch, flow, last.toordinal())
    return MonthSoFar(collection, coming, Money(watch.overdue))


def total_collection(collections: Sequence[Collection]) -> Collection:
    """Give the sum of some loans' collections."""
    return Collection(
        **{
            one.name: total([getattr(each, one.name) for each in collections])
            for one in fields(Collection)
        }
    )


@dataclass(slots=True)
class WatchOfDay(Watch):
    """A watch that also notes what its last day leaves open, and what there is to come."""

    open_on_day: int = 0
    arrears_principal: int = 0
    arrears_interest: int = 0
    open: dict[Due, int] = field(default_factory=dict)
    penalties: int = 0
    credit: int = 0
    settlement: int = 0
    coming: tuple[tuple[int, int], ...] = ()
    overdue: int = 0

    def look(self, state: LoanState, day: int) -> None:
        """Note what is paid and what is open at the end of a day."""
        Watch.look(self, state, day)
        if day == self.before:
            self.arrears_principal = _open(state.instalments, day)
            self.arrears_interest = _open(state.charges, day)
        dues: list[Due] = [*state.instalments, *state.charges]
        self.open_on_day = sum(due.open for due in dues if due.due == day)
        self.open = {due: due.open for due in dues}
        self.penalties = state.overdue_interest.amount + state.late_interest.amount
        self.credit = state.credit
        self.overdue = state.overdue
        is_over = state.is_closed or state.is_written_off
        self.settlement = 0 if is_over else state.settlement() + self.penalties
        self.coming = coming_after(state, day)


def _collection(state: LoanState, watch: WatchOfDay, flow: Flow, last: int) -> Collection:
    return Collection(
        due_principal=Money(flow.due_principal),
        due_interest=Money(flow.due_interest),
        on_time=Money(flow.on_time),
        advanced=Money(flow.on_time - flow.in_time + max(0, -flow.credited)),
        late=Money(flow.late),
        ahead=Money(flow.ahead),
        received=Money(flow.received),
        open_on_day=Money(watch.open_on_day),
        arrears_principal=Money(watch.arrears_principal),
        arrears_interest=Money(watch.arrears_interest),
        to_pay=Money(_to_pay(state, watch, last)),
    )


def _to_pay(state: LoanState, watch: WatchOfDay, last: int) -> int:
    """Give what to bring on the day: what is due by then, and the dues still to come.

    Penalties count as accrued to the day, for they end with the payment. Where the contract
    prepays with a surplus, nothing can wait for the dues to come: only what is due counts.
    """
    prepays = state.terms.surplus is Surplus.PRINCIPAL
    through = watch.through if prepays else last
    due = sum(watch.open.get(one, 0) for one in state.instalments if one.due <= through)
    for charge in state.charges:
        if charge.due <= through:
            is_certain = charge in watch.open or charge.kind is INTEREST
            due += watch.open.get(charge, charge.amount) if is_certain else 0
    return max(0, min(due + watch.penalties - watch.credit, watch.settlement))


def _open(dues: Iterable[Due], day: int) -> int:
    return sum(due.open for due in dues if due.due <= day)
