"""Whether a receipt is far above or below what is owed: asked about wherever money is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from loanfund.domain.account import next_due_of
from loanfund.domain.errors import InvalidEventError
from loanfund.domain.event import DatedEvent, Event, Recovery, Repayment
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.state import LoanState
from loanfund.domain.terms import CHARGE_KINDS


class Limit(StrEnum):
    """What an amount is beyond; each has its sentence."""

    SETTLEMENT = "beyond_settlement"
    DUES = "beyond_dues"
    WRITTEN_OFF = "beyond_written_off"
    TOO_LITTLE = "far_too_little"


SMALL, TIMES_SMALL = Money(10_000), 10  # `1500` is 1.500 đ, where millions are due a slip
TIMES_DUE = 3  # a receipt of more than so many times what is due is rarely meant


@dataclass(frozen=True, slots=True)
class Asked:
    """What a receipt finds: due that day, due next, and what would settle the loan."""

    due: Money
    next_due: Money
    settlement: Money

    def is_far_below(self, amount: Money) -> bool:
        """Tell whether an amount is far above what is due, and does not settle the loan."""
        most = TIMES_DUE * max(self.due.dong, self.next_due.dong)
        return amount.dong > most and amount != self.settlement

    def is_far_too_little(self, amount: Money) -> bool:
        """Tell whether an amount is next to nothing while far more is due, or due next."""
        most = max(self.due, self.next_due, key=lambda one: one.dong)
        is_next_to_nothing = amount < SMALL and amount.dong * TIMES_SMALL < most.dong
        return is_next_to_nothing and amount not in {self.due, self.next_due, self.settlement}

    def limit(self, amount: Money) -> Limit | None:
        """Give what an amount is beyond, so that whoever types it must say it is meant."""
        if amount > self.settlement:
            return Limit.SETTLEMENT
        if self.is_far_below(amount):
            return Limit.DUES
        return Limit.TOO_LITTLE if self.is_far_too_little(amount) else None


def asked_for(state: LoanState, day: int) -> Asked:
    """Give what a receipt finds in the state of a loan on its day, before the day ends."""
    if state.is_closed or state.is_written_off:
        return Asked(NOTHING, NOTHING, NOTHING)
    accrued = state.overdue_interest.amount + state.late_interest.amount
    instalments = state.instalments[state.first_open : state.due_count]
    due = sum(one.open for one in instalments) + sum(map(state.due_total, CHARGE_KINDS))
    coming = next_due_of(state, day)
    return Asked(
        due=Money(due + accrued),
        next_due=coming.principal + coming.interest if coming else NOTHING,
        settlement=Money(max(0, state.settlement() + accrued)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """An amount that whoever types it must say is meant, and what it is so far beyond."""

    limit: Limit
    amount: Money
    asked: Asked

    @property
    def more(self) -> Money:
        """How much it is beyond the most that could be asked for, or beyond what is due."""
        if self.limit in {Limit.DUES, Limit.TOO_LITTLE}:
            return self.amount - max(self.asked.due, self.asked.next_due)
        return self.amount - self.asked.settlement

    def refusal(self, event: str) -> InvalidEventError:
        """Give the refusal of an amount that nobody said was meant."""
        return InvalidEventError(self.limit.value, event=event, **self.facts())

    def facts(self) -> dict[str, Money]:
        """Give what the sentence about it says."""
        return {
            "amount": self.amount,
            "more": self.more,
            "due": self.asked.due,
            "next_due": self.asked.next_due,
            "settlement": self.asked.settlement,
        }


@dataclass(slots=True)
class AmountWatch:
    """What looks at new receipts as the fold comes to them; a given split was agreed upon.

    `look` is the fold's `before_event`.
    """

    new: Sequence[Event]
    beyond: Beyond | None = None
    _ids: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Know the new events by their ids."""
        self._ids = frozenset(one.id for one in self.new)

    def look(self, state: LoanState, day: int, event: DatedEvent) -> None:
        """Note a new receipt whose amount must be meant."""
        if event.id not in self._ids:
            return
        if isinstance(event, Recovery):
            left = state.written_off_principal + state.written_off_interest - state.recovered
            asked = Asked(NOTHING, NOTHING, Money(left))
            if event.amount > asked.settlement:
                self._note(Limit.WRITTEN_OFF, event.amount, asked)
        elif isinstance(event, Repayment) and event.split is None:
            asked = asked_for(state, day)
            limit = asked.limit(event.amount)
            if limit is not None:
                self._note(limit, event.amount, asked)

    def _note(self, limit: Limit, amount: Money, asked: Asked) -> None:
        self.beyond = Beyond(limit=limit, amount=amount, asked=asked)

    def check_meant(self, reason: str | None) -> None:
        """Refuse an amount that must be meant, where nobody says why it is."""
        if self.beyond is not None and not reason:
            raise self.beyond.refusal(self.new[-1].id)
