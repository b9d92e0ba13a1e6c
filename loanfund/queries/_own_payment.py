"""What a cooperative paid and was paid back, as it stands now and as it was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanfund.domain.account import left_to_recover
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import Money
from loanfund.domain.statement_parts import ReversedEvent
from loanfund.store.loan import LoadedLoan, RecordedEvent
from loanfund.store.paper import reversed_events
from loanfund.store.voucher import replacement_of, reversal_of

OF_MONEY = {"repayment", "recovery", "credit_refund"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a payment pays as things stand.

    `credit` is what of it is kept, or was taken from what was kept where it is below nothing.
    After it `left` was owed: principal, or what was written off and is still to be paid.
    """

    principal: Money
    interest: Money
    penalties: Money
    credit: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPayment:
    """What the cooperative paid or was paid back; it may have been taken back since.

    Then `reversed_by` did so on `reversed_on`; a correction put `replaced_by` in its
    place.
    """

    type: str
    number: str | None
    value_date: date
    amount: Money
    split: Split | None = None
    reversed_by: str | None = None
    reversed_on: date | None = None
    replaced_by: str | None = None


def own_payments(loan: LoadedLoan, folded: FoldedLoan) -> tuple[OwnPayment, ...]:
    """Give what was paid and what was paid back, the latest first, with their receipts."""
    found = [*_standing(loan, folded), *_taken_back(loan, folded.through)]
    return tuple(sorted(found, key=lambda one: one.value_date))[::-1]


def _standing(loan: LoadedLoan, folded: FoldedLoan) -> list[OwnPayment]:
    rows = folded.transactions()
    numbers = {one.event.id: one.number for one in loan.recorded}
    return [
        OwnPayment(
            type=one.type,
            number=numbers.get(one.event) if one.event else None,
            value_date=one.value_date,
            amount=one.amount,
            split=Split(
                principal=one.principal,
                interest=one.interest,
                penalties=one.overdue_interest + one.late_interest,
                credit=one.credit,
                left=left_to_recover(rows[: place + 1])
                if one.type == "recovery"
                else one.principal_balance,
            ),
        )
        for place, one in enumerate(rows)
        if one.type in OF_MONEY
    ]


def _taken_back(loan: LoadedLoan, day: date) -> list[OwnPayment]:
    """Give what was written by mistake; it counts as never having happened."""
    rows = {one.event.id: one for one in loan.recorded}
    return [
        _struck(loan, rows[one.event], one)
        for one in reversed_events(loan.recorded)
        if one.type in OF_MONEY and one.value_date <= day
    ]


def _struck(loan: LoadedLoan, row: RecordedEvent, one: ReversedEvent) -> OwnPayment:
    reversal = reversal_of(loan.recorded, row)
    instead = replacement_of(loan.recorded, row)
    return OwnPayment(
        type=one.type,
        number=one.voucher.number,
        value_date=one.value_date,
        amount=one.amount,
        reversed_by=one.reversed_by,
        reversed_on=reversal.value_date if reversal else None,
        replaced_by=instead.number if instead else None,
    )
