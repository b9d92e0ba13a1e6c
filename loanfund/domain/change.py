"""Changing a loan (rules §8): what each event other than a repayment does on its day."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from itertools import pairwise

from loanfund.domain.accrual import PPM
from loanfund.domain.errors import (
    InvalidEventError,
    InvalidTermsError,
    OverDisbursementError,
    OverRecoveryError,
    OverWaiverError,
    PlanMismatchError,
)
from loanfund.domain.event import (
    CreditRefund,
    Disbursement,
    Freeze,
    InterestWaiver,
    RateChange,
    Recovery,
    Reschedule,
    RescheduleKind,
    WaiverOf,
    WriteOff,
)
from loanfund.domain.money import divide_half_up
from loanfund.domain.schedule import (
    Instalment,
    annuity_payment,
    annuity_principal,
    due_day,
    interest_due_days,
    maturity,
    principal_dates,
    spread,
    weights,
)
from loanfund.domain.state import (
    INTEREST,
    LATE_INTEREST,
    OVERDUE_INTEREST,
    LoanState,
    Move,
    Movement,
    Row,
)
from loanfund.domain.terms import CHARGE_KINDS, Component, Prepayment, RepaymentMethod


def disburse(state: LoanState, event: Disbursement, day: int) -> None:
    """Lend: the first time over all instalments, a tranche over those strictly after it."""
    amount = event.amount.dong
    if state.disbursed + amount > state.limit:
        left = state.limit - state.disbursed
        raise OverDisbursementError("over_approved", event=event.id, left=left)
    if not state.disbursed:
        _plan_dates(state)
    coming = state.instalments[state.due_count :]
    if not coming:
        raise InvalidEventError("no_instalment_left", event=event.id)
    if state.terms.repayment_method is RepaymentMethod.ANNUITY:
        _plan_annuity(state, coming, amount, day)
    else:
        _spread_over(state, coming, amount, event.id)
    state.disbursed += amount
    state.outstanding += amount
    state.movements.append(Movement(Move.DISBURSED, day, event.id, amount))
    _write_row(state, event.id, event.type, day, amount, principal=amount)
    state.cause = event.type


def change_rate(state: LoanState, event: RateChange, day: int) -> None:
    """Set the rate from this day on, in term and overdue; the instalments stay."""
    del day
    state.set_rate(event.annual_rate.ppm)
    state.cause = event.type


def reschedule(state: LoanState, event: Reschedule, day: int) -> None:
    """Replace the instalments; PlanMismatchError where the plan does not fit."""
    _check_plan(state, event, day)
    state.charge_penalties(day)
    if state.overdue:
        state.movements.append(Movement(Move.NO_LONGER_OVERDUE, day, event.id, state.overdue))
        state.overdue = 0
    is_inside_freeze = state.frozen.covers(day)
    state.instalments = [
        Instalment(
            row.due_date.toordinal(),
            _plan_day(state, row.due_date, is_inside_freeze=is_inside_freeze),
            row.amount.dong,
        )
        for row in event.plan
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
    in_window += [charge for charge in state.deferred if charge.due < until]
    state.defer(in_window, until)
    state.interest_days = sorted(
        {until if day <= one < until else one for one in state.interest_days}
    )
    state.next_interest = bisect_left(state.interest_days, day + 1)
    if day <= state.maturity_day < until:
        state.set_maturity(event.until, until)
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
        raise OverWaiverError("more_than_open", event=event.id, open=open_amount)
    for charge in [charge for kind in kinds for charge in state.open_charges(kind)]:
        part = min(charge.open, left)
        if part:
            charge.open -= part
            charge.waived += part
            left -= part
            waived[charge.kind] += part
            state.movements.append(Movement(Move.WAIVED, day, event.id, part, charge))
    state.drop_paid()
    _write_row(state, event.id, event.type, day, event.amount.dong, charges=waived)


def write_off(state: LoanState, event: WriteOff, day: int) -> None:
    """Charge all that accrued, then move everything open off the balance sheet."""
    state.charge(state.in_term, day)
    state.charge_penalties(day)
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
    state.instalments = []
    state.count_due(day)
    state.outstanding = state.overdue = 0
    state.written_off_principal = principal
    state.written_off_interest = sum(parts.values())
    state.is_written_off = True
    amount = principal + state.written_off_interest
    _write_row(state, event.id, event.type, day, amount, principal=principal, charges=parts)


def recover(state: LoanState, event: Recovery, day: int) -> None:
    """Collect on a written-off loan, principal first."""
    if not state.is_written_off:
        raise InvalidEventError("not_written_off", event=event.id)
    amount = event.amount.dong
    left = state.written_off_principal + state.written_off_interest - state.recovered
    if amount > left:
        raise OverRecoveryError("more_than_written_off", event=event.id, left=left)
    principal = min(amount, max(0, state.written_off_principal - state.recovered))
    interest = amount - principal
    state.recovered += amount
    for move, part in (
        (Move.RECOVERED_PRINCIPAL, principal),
        (Move.RECOVERED_INTEREST, interest),
    ):
        if part:
            state.movements.append(Movement(move, day, event.id, part))
    parts = {INTEREST: interest}
    _write_row(state, event.id, event.type, day, amount, principal=principal, charges=parts)


def refund(state: LoanState, event: CreditRefund, day: int) -> None:
    """Pay credit back to the borrower."""
    amount = event.amount.dong
    if amount > state.credit:
        raise InvalidEventError("more_than_credit", event=event.id, credit=state.credit)
    state.credit -= amount
    state.movements.append(Movement(Move.REFUNDED, day, event.id, amount))
    _write_row(state, event.id, event.type, day, amount, credit=-amount)


def _write_row(
    state: LoanState,
    event: str,
    kind: str,
    day: int,
    amount: int,
    *,
    principal: int = 0,
    charges: dict[Component, int] | None = None,
    credit: int = 0,
) -> None:
    parts = charges or {}
    state.rows.append(
        Row(
            event,
            kind,
            day,
            amount,
            principal,
            parts.get(INTEREST, 0),
            parts.get(OVERDUE_INTEREST, 0),
            parts.get(LATE_INTEREST, 0),
            credit,
            state.outstanding,
        )
    )


def _plan_dates(state: LoanState) -> None:
    """Lay out the due dates of the contract from S; the amounts come with the disbursement."""
    terms, start = state.terms, state.start
    nominal = principal_dates(terms, start)
    if nominal[0] <= start:
        raise InvalidTermsError("plan_before_disbursement", field="principal_plan")
    state.instalments = [Instalment(one.toordinal(), due_day(terms, one), 0) for one in nominal]
    last = maturity(terms, start)
    state.interest_days = interest_due_days(terms, start, last)
    state.set_maturity(last, due_day(terms, last))


def _spread_over(state: LoanState, coming: list[Instalment], amount: int, event: str) -> None:
    parts = spread(amount, weights(state.terms, len(coming)), state.terms.principal_rounding)
    if min(parts) <= 0:
        if state.disbursed:
            raise InvalidEventError("instalment_not_positive", event=event)
        raise InvalidTermsError(
            "instalment_not_positive", event=event, field="principal_rounding"
        )
    for instalment, part in zip(coming, parts, strict=True):
        instalment.amount += part


def _plan_annuity(state: LoanState, coming: list[Instalment], amount: int, day: int) -> None:
    """Plan the coming instalments anew; what was prepaid on them is applied again (rules §4)."""
    total = amount + sum(instalment.amount for instalment in coming)
    prepaid = sum(instalment.paid for instalment in coming)
    payment = annuity_payment(total, state.rate, len(coming), state.terms.principal_rounding)

    def interest(index: int, balance: int) -> int:
        if index and coming[index - 1].due == coming[index].due:
            return 0
        return _planned_interest(state, coming[index].due, balance, day)

    for instalment, part in zip(
        coming, annuity_principal(total, payment, interest, len(coming)), strict=True
    ):
        instalment.amount = part
        instalment.paid = 0
    if state.terms.prepayment is Prepayment.LAST_FIRST:
        coming = coming[::-1]
    for instalment in coming:
        instalment.paid = min(prepaid, instalment.amount)
        prepaid -= instalment.paid


def _planned_interest(state: LoanState, due: int, balance: int, day: int) -> int:
    """Give the interest of the period that ends on a due day, on the planned balance."""
    days = state.interest_days
    place = bisect_left(days, due)
    start = days[place - 1] if place else day
    if start > day:
        numerator = balance * state.rate * state.units(start, due)
        return divide_half_up(numerator, PPM * state.year)
    assert state.planned is not None
    numerator = balance * state.planned.rate * state.units(day, due) + state.planned.numerator
    return divide_half_up(numerator, state.planned.denominator)


def _check_plan(state: LoanState, event: Reschedule, day: int) -> None:
    dates = [row.due_date for row in event.plan]
    if sum(row.amount.dong for row in event.plan) != state.outstanding or not dates:
        raise PlanMismatchError("sum", event=event.id, outstanding=state.outstanding)
    if any(row.amount.dong <= 0 for row in event.plan):
        raise PlanMismatchError("amount_not_positive", event=event.id)
    if dates[0].toordinal() <= day or any(a >= b for a, b in pairwise(dates)):
        raise PlanMismatchError("dates", event=event.id)
    is_later = dates[-1] > state.maturity_nominal
    if is_later is not (event.kind is RescheduleKind.EXTEND):
        raise PlanMismatchError(
            event.kind.value, event=event.id, maturity=state.maturity_nominal
        )


def _plan_day(state: LoanState, nominal: date, *, is_inside_freeze: bool) -> int:
    """Move a plan's date off a weekend; inside a freeze a reschedule sets its dates unmoved."""
    if is_inside_freeze and state.frozen.covers(nominal.toordinal()):
        return nominal.toordinal()
    return due_day(state.terms, nominal)


def _follow_grid(state: LoanState, last: date, last_day: int, day: int) -> None:
    """Let the interest due days follow the grid of S to the new maturity."""
    passed = state.interest_days[: state.next_interest]
    coming = [
        state.moved_by_freezes(one) for one in interest_due_days(state.terms, state.start, last)
    ]
    later = {one for one in coming if day < one < last_day} | {last_day}
    state.interest_days = [*passed, *sorted(later - set(passed))]
    state.set_maturity(last, last_day)
