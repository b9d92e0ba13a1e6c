"""What the fold writes down on its way: movements of balances, transactions, plan versions."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from loanfund.domain.accrual import Charge


class Move(StrEnum):
    """What a movement did to the loan; `posting` turns each into transfers (rules §13)."""

    DISBURSED = "disbursed"
    CHARGED = "charged"
    FELL_OVERDUE = "fell_overdue"
    PAID_IN_TERM = "paid_in_term"
    PAID_OVERDUE = "paid_overdue"
    PAID_CHARGE = "paid_charge"
    CREDITED = "credited"
    REFUNDED = "refunded"
    WAIVED = "waived"
    NO_LONGER_OVERDUE = "no_longer_overdue"
    WROTE_OFF_IN_TERM = "wrote_off_in_term"
    WROTE_OFF_OVERDUE = "wrote_off_overdue"
    WROTE_OFF_CHARGE = "wrote_off_charge"
    RECOVERED_PRINCIPAL = "recovered_principal"
    RECOVERED_INTEREST = "recovered_interest"


class Movement(NamedTuple):
    """One thing that changed a balance; `event` is None where time or credit did it."""

    move: Move
    day: int
    event: str | None
    amount: int
    charge: Charge | None = None


class Row(NamedTuple):
    """One line of the loan's transactions (rules §11)."""

    event: str | None
    type: str
    day: int
    amount: int
    principal: int
    interest: int
    overdue_interest: int
    late_interest: int
    credit: int
    principal_balance: int


class LeftOver(NamedTuple):
    """What a repayment left once all that was due was paid, in whole đồng (rules §7).

    `next_due` falls due on the next due date; `short` is missing until the loan is settled, if
    what is left is kept.
    """

    event: str
    amount: int
    next_due: int
    short: int

    @property
    def is_decision(self) -> bool:
        """Whether somebody must say what becomes of it."""
        return self.amount > self.next_due or self.short < self.next_due


class PlanVersion(NamedTuple):
    """The plan after a day that changed it, with all due by then taken as paid."""

    day: int
    cause: str
    instalments: tuple[tuple[int, int], ...]
    deferred_interest: tuple[tuple[int, int], ...]
    interest_days: tuple[int, ...]
    in_term_numerator: int
    rate: int
    frozen_until: int
