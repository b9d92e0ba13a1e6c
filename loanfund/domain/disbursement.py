"""Lending, at once or in tranches, and the instalments that follow (rules §§3 and 4)."""

from __future__ import annotations

from bisect import bisect_left

from loanfund.domain.accrual import PPM
from loanfund.domain.errors import InvalidEventError, InvalidTermsError, OverDisbursementError
from loanfund.domain.event import Disbursement
from loanfund.domain.money import Money, divide_half_up
from loanfund.domain.movement import Move, Movement
from loanfund.domain.schedule import (
    Instalment,
    annuity_payment,
    annuity_principal,
    due_day,
    due_days,
    interest_due_days,
    maturity,
    principal_dates,
    spread,
    weights,
)
from loanfund.domain.state import LoanState
from loanfund.domain.terms import Component, Prepayment, RepaymentMethod


def disburse(state: LoanState, event: Disbursement, day: int) -> None:
    """Lend: the first time over all instalments, a tranche over those strictly after it."""
    amount = event.amount.dong
    if state.disbursed + amount > state.limit:
        left = state.limit - state.disbursed
        raise OverDisbursementError("over_approved", event=event.id, left=Money(left))
    if not state.disbursed:
        _plan_dates(state, event.id)
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
    state.write_row(event, day, amount, {Component.PRINCIPAL: amount})
    state.cause = event.type


def _plan_dates(state: LoanState, event: str) -> None:
    """Lay out the due dates of the contract from S; the amounts come with the disbursement."""
    terms, start = state.terms, state.start
    nominal = principal_dates(terms, start)
    if nominal[0] <= start:
        raise InvalidTermsError("plan_before_disbursement", event=event, field="principal_plan")
    state.instalments = [Instalment(day, 0) for day in due_days(terms, nominal)]
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
    """Plan the coming instalments anew and apply again what was prepaid on them."""
    total = amount + sum(instalment.amount for instalment in coming)
    prepaid = sum(instalment.paid for instalment in coming)
    rounding, months = state.terms.principal_rounding, state.terms.months_of_annuity
    payment = annuity_payment(total, state.rate, len(coming), rounding, months)

    def interest(index: int, balance: int) -> int:
        if index and coming[index - 1].due == coming[index].due:
            return 0
        return _planned_interest(state, coming[index].due, balance, day)

    for instalment, part in zip(
        coming, annuity_principal(total, payment, interest, len(coming)), strict=True
    ):
        instalment.amount = part
        instalment.paid = 0
    is_last_first = state.terms.prepayment is Prepayment.LAST_FIRST
    for instalment in reversed(coming) if is_last_first else coming:
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
