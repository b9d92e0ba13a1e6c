"""Whether a receipt is far above anything that is owed: asked about wherever money is taken."""

from __future__ import annotations

from dataclasses import dataclass

from loanfund.domain.account import next_due_of
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.state import LoanState
from loanfund.domain.terms import CHARGE_KINDS

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

    def must_be_meant(self, amount: Money) -> bool:
        """Tell whether whoever types an amount must say that it is meant."""
        return amount > self.settlement or self.is_far_below(amount)


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
