"""What becomes of money beyond what is due: both ways side by side (rules §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from loanfund.domain.errors import InvalidEventError
from loanfund.domain.event import Event, Repayment
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.history import History
from loanfund.domain.money import Money
from loanfund.domain.movement import LeftOver
from loanfund.domain.terms import Surplus


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusChoice:
    """What a repayment left, and the interest to maturity for each way that it may go.

    `by_terms` is where the contract sends it, `said` where the repayment does; where it
    `is_decision`, the contract's word is not enough for a page.
    """

    amount: Money
    interest: Mapping[Surplus, Money]
    by_terms: Surplus
    said: Surplus | None
    is_decision: bool

    @property
    def saved(self) -> Money:
        """The interest that prepaying principal saves."""
        return self.interest[Surplus.CREDIT] - self.interest[Surplus.PRINCIPAL]


def surplus_choice(folded: FoldedLoan, event_id: str) -> SurplusChoice | None:
    """Give the choice about what a repayment left; None where it left nothing."""
    found = folded.state.left_over if folded.state is not None else ()
    left = next((one for one in found if one.event == event_id), None)
    if left is None:
        return None
    history = folded.history
    place = next(at for at, one in enumerate(history.events) if one.id == event_id)
    event = history.events[place]
    assert isinstance(event, Repayment)
    return SurplusChoice(
        amount=Money(left.amount),
        interest={way: _interest(history, place, event, way) for way in Surplus},
        by_terms=history.terms.surplus,
        said=event.surplus,
        is_decision=left.is_decision,
    )


def unsaid(folded: FoldedLoan, new: Sequence[Event]) -> tuple[LeftOver, ...]:
    """Give what new repayments leave to decide and say nothing of: the contract decides."""
    silent = {one.id for one in new if isinstance(one, Repayment) and one.surplus is None}
    found = folded.state.left_over if folded.state is not None else ()
    return tuple(one for one in found if one.event in silent and one.is_decision)


def check_said(folded: FoldedLoan, new: Sequence[Event]) -> None:
    """Refuse a new repayment that leaves a decision to make and does not make it."""
    for left in unsaid(folded, new):
        amount = Money(left.amount)
        raise InvalidEventError("surplus_unsaid", event=left.event, amount=amount)


def _interest(history: History, place: int, event: Repayment, way: Surplus) -> Money:
    """Give the interest to maturity if the surplus goes one way, and nothing more happens."""
    events = (*history.events[:place], replace(event, surplus=way))
    return fold_loan(History(history.terms, events), event.value_date).interest_to_come()
