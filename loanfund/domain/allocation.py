"""Where a repayment goes (rules §7): settlement, order, split, prepayment, credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loanfund.domain.accrual import Charge
from loanfund.domain.errors import SplitMismatchError
from loanfund.domain.event import Repayment
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.movement import LeftOver, Move, Movement
from loanfund.domain.projection import next_due
from loanfund.domain.schedule import Instalment
from loanfund.domain.state import (
    INTEREST,
    LATE_INTEREST,
    OVERDUE_INTEREST,
    LoanState,
)
from loanfund.domain.terms import CHARGE_KINDS, Component, Prepayment, Surplus

PRINCIPAL = Component.PRINCIPAL


class Payment:
    """One sum on its way through the loan: what is left of it, and what each component took."""

    __slots__ = ("day", "event", "left", "state", "taken")

    def __init__(self, state: LoanState, day: int, event: str | None, amount: int) -> None:
        """Hold the amount; `event` is None for credit that is applied."""
        self.state = state
        self.day = day
        self.event = event
        self.left = amount
        self.taken = {PRINCIPAL: 0, INTEREST: 0, OVERDUE_INTEREST: 0, LATE_INTEREST: 0}

    def pay_charges(self, charges: Sequence[Charge], most: int) -> int:
        """Pay charges in the order given, at most so much; give what is left of that."""
        for charge in charges:
            if most <= 0:
                break
            part = min(charge.open, most)
            charge.open -= part
            charge.paid += part
            most -= part
            self.left -= part
            self.taken[charge.kind] += part
            self.state.movements.append(
                Movement(Move.PAID_CHARGE, self.day, self.event, part, charge)
            )
        return most

    def pay_due_charges(self, kind: Component) -> None:
        """Pay what is due of a kind, oldest first."""
        due = self.state.due[kind]
        self.pay_charges(due, self.left)
        if not due[0].open:
            self.state.due[kind] = [charge for charge in due if charge.open]

    def pay_due_principal(self, most: int) -> int:
        """Pay the instalments due, oldest first; give what is left of `most`."""
        state = self.state
        for index in range(state.first_open, state.due_count):
            if most <= 0:
                break
            instalment = state.instalments[index]
            part = min(instalment.open, most)
            if part:
                is_overdue = instalment.due < self.day
                most -= self.pay_instalment(instalment, part, is_overdue=is_overdue)
        return most

    def pay_instalment(self, instalment: Instalment, part: int, *, is_overdue: bool) -> int:
        """Pay a part of one instalment and give it back."""
        state = self.state
        instalment.paid += part
        state.outstanding -= part
        state.principal_paid += part
        self.left -= part
        self.taken[PRINCIPAL] += part
        if is_overdue:
            state.overdue -= part
        move = Move.PAID_OVERDUE if is_overdue else Move.PAID_IN_TERM
        state.movements.append(Movement(move, self.day, self.event, part))
        return part

    def prepay(self, most: int, order: Prepayment | None = None) -> int:
        """Pay instalments not yet due, in the order of the terms; give the rest of `most`."""
        coming = self.state.instalments[self.state.due_count :]
        if (order or self.state.terms.prepayment) is Prepayment.LAST_FIRST:
            coming.reverse()
        for instalment in coming:
            part = min(instalment.open, most)
            if part:
                most -= self.pay_instalment(instalment, part, is_overdue=False)
        return most

    def follow_order(self) -> None:
        """Pay what is due on the day or before, in the order that holds (rules §7.3)."""
        terms = self.state.terms
        in_arrears = is_in_arrears(self.state, self.day)
        order = terms.allocation_order_overdue if in_arrears else terms.allocation_order
        for component in order:
            if self.left <= 0:
                return
            if component is PRINCIPAL:
                self.pay_due_principal(self.left)
            elif self.state.due[component]:
                self.pay_due_charges(component)

    def pay_everything(self) -> None:
        """Pay all that is open, whatever its due date, and all principal."""
        state = self.state
        for kind in CHARGE_KINDS:
            charges = list(state.open_charges(kind))
            self.pay_charges(charges, sum(charge.open for charge in charges))
        self.pay_due_principal(state.outstanding)
        self.prepay(state.outstanding)
        state.drop_paid()

    def keep_as_credit(self, amount: int) -> None:
        """Let the borrower's credit change by so much; it falls where a settlement uses it."""
        if amount:
            self.state.credit += amount
            self.left -= amount
            self.state.movements.append(Movement(Move.CREDITED, self.day, self.event, amount))


def repay(state: LoanState, event: Repayment, day: int) -> None:
    """Take a repayment; SplitMismatchError where a given split does not fit (rules §7).

    What comes after the closing becomes credit as a whole, for nothing is open.
    """
    state.charge_penalties(day)
    amount = event.amount.dong
    payment = Payment(state, day, event.id, amount)
    if event.split:
        _pay_split(payment, event.split, event.id)
    elif state.is_settled_by(amount):
        state.charge(state.in_term, day)
        payment.pay_everything()
    else:
        payment.follow_order()
        if payment.left:
            state.left_over.append(_left_over(payment, event.id))
            if (event.surplus or state.terms.surplus) is Surplus.PRINCIPAL:
                payment.prepay(payment.left)
    kept = payment.left
    payment.keep_as_credit(kept)
    state.write_row(event, day, amount, payment.taken, kept)


def _left_over(payment: Payment, event: str) -> LeftOver:
    """Note what is left once all that is due is paid, and what would decide on it."""
    state = payment.state
    coming = next_due(state, payment.day)
    due = coming[1] + coming[2] if coming else 0
    return LeftOver(event, payment.left, due, state.settlement() - payment.left)


def apply_credit(state: LoanState, day: int) -> None:
    """Let credit pay what is due on a due date; it neither settles nor prepays."""
    payment = Payment(state, day, None, state.credit)
    payment.follow_order()
    _take_from_credit(payment)


def use_up_credit(state: LoanState, day: int) -> None:
    """Let credit pay what it can, due or not, as before a write-off (rules §8)."""
    payment = Payment(state, day, None, state.credit)
    payment.follow_order()
    for kind in (LATE_INTEREST, OVERDUE_INTEREST, INTEREST):
        payment.pay_charges(list(state.open_charges(kind)), payment.left)
    payment.prepay(payment.left, Prepayment.NEXT_FIRST)
    state.drop_paid()
    _take_from_credit(payment)


def _take_from_credit(payment: Payment) -> None:
    """Lessen the credit by what a payment out of it came to, in a row of its own."""
    state, day = payment.state, payment.day
    applied = state.credit - payment.left
    if applied:
        state.credit -= applied
        state.write_row(None, day, applied, payment.taken, -applied)


def is_in_arrears(state: LoanState, day: int) -> bool:
    """Tell whether an instalment or an interest charge due before the day is open."""
    interest = state.due[INTEREST]
    return state.overdue > 0 or bool(interest and interest[0].due < day)


def _pay_split(payment: Payment, split: Mapping[Component, Money], event: str) -> None:
    """Pay exactly as given; every part must be open (the permissioned exception)."""
    state = payment.state
    parts = {part: split.get(part, NOTHING).dong for part in Component}
    if parts[PRINCIPAL] > state.outstanding:
        raise SplitMismatchError("principal", event=event, open=Money(state.outstanding))
    if parts[INTEREST] > state.open_total(INTEREST):
        state.charge(state.in_term, payment.day)
    for kind in CHARGE_KINDS:
        charges = list(state.open_charges(kind))
        if payment.pay_charges(charges, parts[kind]):
            raise SplitMismatchError(kind.value, event=event)
    state.drop_paid()
    payment.prepay(payment.pay_due_principal(parts[PRINCIPAL]))
