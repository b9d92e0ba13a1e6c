"""What fell due in a month and what came in for it, from a loan's fold (rules §10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from loanfund.domain.accrual import Charge
from loanfund.domain.calendar import month_end
from loanfund.domain.event import DatedEvent
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.money import Money, total
from loanfund.domain.schedule import Instalment
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.terms import Surplus

Due = Instalment | Charge
REPLACING = frozenset({"reschedule", "write_off"})  # instalments that stood before are gone


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
    watch = Watch(before.toordinal())
    state = fold(
        History(history.terms, known), last, watch.look, sorted({before, as_of, *replacing})
    )
    if state is None:
        return None
    collection = collection_of(state, watch, first.toordinal(), last.toordinal())
    return MonthSoFar(collection, watch.coming, Money(watch.overdue))


def days_before_replacing(events: Iterable[DatedEvent], first: date) -> set[date]:
    """Give the last days on which instalments stood that an event of the span replaced."""
    return {
        event.value_date - timedelta(days=1)
        for event in events
        if event.type in REPLACING and event.value_date > first
    }


def total_collection(collections: Sequence[Collection]) -> Collection:
    """Give the sum of some loans' collections."""
    return Collection(
        **{
            one.name: total([getattr(each, one.name) for each in collections])
            for one in fields(Collection)
        }
    )


@dataclass(slots=True)
class Watch:
    """What was paid on dues, before the month and at the end of the last day looked at.

    Those settled before the month cannot change any more and are left out.
    """

    before: int
    paid_before: dict[Due, int] = field(default_factory=dict)
    paid: dict[Due, int] = field(default_factory=dict)
    standing: list[Instalment] = field(default_factory=list)
    through: int = 0
    open_on_day: int = 0
    arrears_principal: int = 0
    arrears_interest: int = 0
    open: dict[Due, int] = field(default_factory=dict)
    penalties: int = 0
    credit: int = 0
    settlement: int = 0
    coming: tuple[tuple[date, Money], ...] = ()
    overdue: int = 0

    def look(self, state: LoanState, day: int) -> None:
        """Note what is paid at the end of a day."""
        dues: list[Due] = [*state.instalments, *state.charges]
        if day == self.before:
            self.arrears_principal = _open(state.instalments, day)
            self.arrears_interest = _open(state.charges, day)
        for due in dues:
            if day <= self.before and (due.open or due.due > self.before):
                self.paid_before[due] = due.paid
            elif due.due > self.before and due not in self.paid_before:
                self.paid_before[due] = 0
        self.paid = {due: due.paid for due in self.paid_before}
        if not state.is_written_off:
            self.standing = state.instalments
        self.through = day
        self.open_on_day = sum(due.open for due in dues if due.due == day)
        self.open = {due: due.open for due in dues}
        self.penalties = state.overdue_interest.amount + state.late_interest.amount
        self.credit = state.credit
        self.overdue = state.overdue
        is_over = state.is_closed or state.is_written_off
        self.settlement = 0 if is_over else state.settlement() + self.penalties
        self.coming = tuple(
            (date.fromordinal(one.due), Money(one.open))
            for one in state.instalments
            if one.due > day and one.open and state.outstanding
        )

    def paid_in_month(self, dues: Iterable[Due]) -> int:
        """Give what was paid on some dues in the month."""
        return sum(self.paid[due] - self.paid_before[due] for due in dues)


def collection_of(state: LoanState, watch: Watch, first: int, last: int) -> Collection:
    """Part what the fold shows, at the end of a month's last day, by when it fell due."""
    standing = _standing_instalments(state, watch)
    replaced = set(watch.paid) - set(standing) - set(state.charges)
    principal = [due for due in standing if first <= due.due <= last]
    charges = [due for due in state.charges if first <= due.due <= last]
    moved = [due for due in replaced if first <= due.due <= last]
    of_month: list[Due] = [due for due in (*principal, *charges, *moved) if due in watch.paid]
    received = sum(
        row.amount
        for row in state.rows
        if row.type == "repayment" and first <= row.day <= watch.through
    )
    late = watch.paid_in_month(due for due in watch.paid if due.due < first)
    in_time = watch.paid_in_month(of_month)
    later = watch.paid_in_month(watch.paid) - late - in_time
    credit = received - late - in_time - later
    return Collection(
        due_principal=Money(sum(one.amount for one in principal) + _paid(watch, moved)),
        due_interest=Money(sum(one.amount for one in charges)),
        on_time=Money(_paid(watch, of_month)),
        advanced=Money(_paid(watch, of_month) - in_time + max(0, -credit)),
        late=Money(late),
        ahead=Money(later + max(0, credit)),
        received=Money(received),
        open_on_day=Money(watch.open_on_day),
        arrears_principal=Money(watch.arrears_principal),
        arrears_interest=Money(watch.arrears_interest),
        to_pay=Money(_to_pay(state, watch, last)),
    )


def _to_pay(state: LoanState, watch: Watch, last: int) -> int:
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


def _standing_instalments(state: LoanState, watch: Watch) -> list[Instalment]:
    """Give the plan; of a written-off loan what fell due until then, nothing does after."""
    if not state.is_written_off:
        return state.instalments
    last = next(row.day for row in state.rows if row.type == "write_off")
    return [one for one in watch.standing if one.due <= last]


def _paid(watch: Watch, dues: Iterable[Due]) -> int:
    return sum(watch.paid[due] for due in dues)
