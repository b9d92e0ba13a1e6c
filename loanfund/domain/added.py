"""What one more day adds to what is to be paid of a loan: the one answer for pages and papers.

It is what the fold asks for on the day after less what it asks for on the day, so that whoever
pays a day later pays exactly so much more (rules §5: each sum is rounded by itself).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import Money


@dataclass(frozen=True, slots=True)
class Added:
    """What the day after adds to what is due, to its overdue and late interest, to all."""

    to_pay: Money
    penalties: Money
    settlement: Money


def added_by_a_day(folded: FoldedLoan) -> Added:
    """Give what the day after adds if nothing is recorded on it; dues of that day count."""
    through, history = folded.through, folded.history
    known = tuple(one for one in history.events if one.value_date <= through)
    then = fold_loan(replace(history, events=known), through + through.resolution)
    now, later = folded.to_pay(), then.to_pay()
    settled = then.position().settlement_amount - folded.position().settlement_amount
    return Added(later.amount - now.amount, later.penalties - now.penalties, settled)
