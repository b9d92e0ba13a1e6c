"""Changing a loan (rules §8): what each event but lending and repaying does on its day."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date

from loanfund.domain.allocation import use_up_credit
from loanfund.domain.errors import (
    InvalidEventError,
    OverWaiverError,
    PlanMismatchError,
)
from loanfund.domain.event import (
    CreditRefund,
    Freeze,
    InterestWaiver,
    RateChange,
    Recovery,
    Reschedule,
    RescheduleKind,
    WaiverOf,
    WriteOff,
)
from loanfund.domain.money import Money
from loanfund.domain.movement import Move, Movement
from loanfund.domain.schedule import Instalment, due_day, interest_due_days
from loanfund.domain.state import INTEREST, LATE_INTEREST, OVERDUE_INTEREST, LoanState
from loanfund.domain.terms import CHARGE_KINDS, Component


def change_rate(state: LoanState, event: RateChange, day: int) -> None:
    """Set the rate from this day on, in term and overdue; the instalments stay."""
    del day
    state.set_rate(event.annual_rate.ppm)
    state.cause = event.type


def reschedule(state: LoanState, event: Reschedule, day: int) -> None:
    """Replace the instalments; PlanMismatchError where the plan does not fit."""
    _check_plan(state, event)
    state.charge_penalties(day)
    if state.overdue:
        state.movements.append(Movement(Move.NO_LONGER_OVERDUE, day, event.id, state.overdue))
        state.overdue = 0
    state.instalments = [
        Instalment(due_day(state.terms, row.due_date), row.amount.dong) for row in event.plan
    ]
    state.count_due(day)
    state.limit = state.disbursed
    last = event.plan[-1].due_date
    _follow_grid(state, last, state.instalments[-1].due, day)
    if event.unpaid_interest_due is not None:
        unpaid = list(state.open_charges(INTEREST))
        state.defer(unpaid, event.unpaid_interest_due.toordinal())
    state.cause = event.type


def freeze(state: LoanState, event: Freeze, day: int) -> None:
    """Stop accrual on [day, until) and move all that falls due in it to `until`."""
    state.charge_penalties(day)
    until = event.until.toordinal()
    state.frozen = state.frozen.with_window(day, until)
    state.frozen_until = max(state.frozen_until, until)
    for instalment in state.instalments:
        if day <= instalment.due < until:
            instalment.due = until
    state.count_due(day)
    in_window = [
        charge for kind in CHARGE_KINDS for charge in state.due[kind] if charge.due >= day
    ]
    in_window += [one for one in state.deferred if one.open and one.due < until]
    state.defer(in_window, until)
    state.interest_days = sorted(
        {until if day <= one < until else one for one in state.interest_days}
    )
    state.next_interest = bisect_left(state.interest_days, day + 1)
    if day <= state.maturity_day < until:
        # The days after M go on as they did; one that falls due after the freeze stays.
        state.maturity_nominal, state.maturity_day = event.until, until
    state.cause = event.type


def waive(state: LoanState, event: InterestWaiver, day: int) -> None:
    """Forgive open charges: late, overdue, interest, each due ones first."""
    state.charge_penalties(day)
    kinds = (
        (LATE_INTEREST, OVERDUE_INTEREST, INTEREST)
        if event.of is WaiverOf.ANY
        else (Component(event.of.value),)
    )
    left = event.amount.dong
    waived = dict.fromkeys(CHARGE_KINDS, 0)
    open_amount = sum(state.open_total(kind) for kind in kinds)
    if left > open_amount:
        raise OverWaiverError("more_than_open", event=event.id, open=Money(open_amount))
    for charge in [charge for kind in kinds for charge in state.open_charges(kind)]:
        part = min(charge.open, left)
        if part:
            charge.open -= part
            charge.waived += part
            left -= part
            waived[charge.kind] += part
            state.movements.append(Movement(Move.WAIVED, day, event.id, part, charge))
    state.drop_paid()
    state.write_row(event, day, event.amount.dong, waived)


def write_off(state: LoanState, event: WriteOff, day: int) -> None:
    """Charge all that accrued, let credit pay, then move what is open off the balance sheet.

    The rules' first edition let the credit stand beside the written-off debt.
    """
    state.charge(state.in_term, day)
    state.charge_penalties(day)
    if not state.terms.is_of_first_edition:
        use_up_credit(state, day)
    parts = dict.fromkeys(CHARGE_KINDS, 0)
    for charge in [one for kind in CHARGE_KINDS for one in state.open_charges(kind)]:
        parts[charge.kind] += charge.open
        state.movements.append(
            Movement(Move.WROTE_OFF_CHARGE, day, event.id, charge.open, charge)
        )
        charge.written_off = charge.open
        charge.open = 0
    principal = state.outstanding
    for move, amount in (
        (Move.WROTE_OFF_OVERDUE, state.overdue),
        (Move.WROTE_OFF_IN_TERM, principal - state.overdue),
    ):
        if amount:
            state.movements.append(Movement(move, day, event.id, amount))
    state.drop_paid()
    state.written_off_plan, state.instalments = state.instalments, []
    state.count_due(day)
    state.outstanding = state.overdue = 0
    state.written_off_principal = principal
    state.written_off_interest = sum(parts.values())
    state.is_written_off = True
    parts[Component.PRINCIPAL] = principal
    state.write_row(event, day, sum(parts.values()), parts)


def recover(state: LoanState, event: Recovery, day: int) -> None:
    """Collect on a written-off loan, principal first; what exceeds it all is credit."""
    if not state.is_written_off:
        raise InvalidEventError("not_written_off", event=event.id)
    amount = event.amount.dong
    left = state.written_off_principal + state.written_off_interest - state.recovered
    collected = min(amount, left)
    principal = min(collected, max(0, state.written_off_principal - state.recovered))
    interest, credit = collected - principal, amount - collected
    state.recovered += collected
    state.credit += credit
    for move, part in (
        (Move.RECOVERED_PRINCIPAL, principal),
        (Move.RECOVERED_INTEREST, interest),
        (Move.CREDITED, credit),
    ):
        if part:
            state.movements.append(Movement(move, day, event.id, part))
    parts = {Component.PRINCIPAL: principal, INTEREST: interest}
    state.write_row(event, day, amount, parts, credit)


def refund(state: LoanState, event: CreditRefund, day: int) -> None:
    """Pay credit back to the borrower."""
    amount = event.amount.dong
    if amount > state.credit:
        raise InvalidEventError("more_than_credit", event=event.id, credit=Money(state.credit))
    state.credit -= amount
    state.movements.append(Movement(Move.REFUNDED, day, event.id, amount))
    state.write_row(event, day, amount, {}, -amount)


def _check_plan(state: LoanState, event: Reschedule) -> None:
    """Refuse a plan that does not fit the loan as it stands; `history` refused all others."""
    if sum(row.amount.dong for row in event.plan) != state.outstanding:
        raise PlanMismatchError("sum", event=event.id, outstanding=Money(state.outstanding))
    is_later = event.plan[-1].due_date > state.maturity_nominal
    if is_later is not (event.kind is RescheduleKind.EXTEND):
        raise PlanMismatchError(
            event.kind.value, event=event.id, maturity=state.maturity_nominal
        )


def _follow_grid(state: LoanState, last: date, last_day: int, day: int) -> None:
    """Let the interest due days follow the grid of S to the new maturity."""
    passed = state.interest_days[: state.next_interest]
    coming = [
        state.moved_by_freezes(one) for one in interest_due_days(state.terms, state.start, last)
    ]
    later = {one for one in coming if day < one < last_day} | {last_day}
    state.interest_days = [*passed, *sorted(later - set(passed))]
    state.set_maturity(last, last_day)
