"""The loan statement: every figure of a period, computed from the fold (rules §§5, 7, 11)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

from loanfund.domain import account
from loanfund.domain import statement_lines as lines
from loanfund.domain.debt_group import DebtGroups
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.fold import fold
from loanfund.domain.history import History
from loanfund.domain.money import NOTHING, Money, Rate
from loanfund.domain.movement import Move
from loanfund.domain.state import INTEREST, LATE_INTEREST, OVERDUE_INTEREST, LoanState
from loanfund.domain.statement_parts import (
    Adjustment,
    Balances,
    CreditEquation,
    EarlierStatement,
    Equation,
    Head,
    LoanTerms,
    OffBalanceEquation,
    Records,
    Statement,
)
from loanfund.domain.terms import CHARGE_KINDS, Component
from loanfund.domain.to_pay import to_pay

COMPONENTS = (Component.PRINCIPAL, *CHARGE_KINDS)
OFF_BALANCE = (Component.PRINCIPAL, Component.INTEREST)

TERM_OF = {
    Move.DISBURSED: "added",
    Move.CHARGED: "added",
    Move.PAID_IN_TERM: "paid",
    Move.PAID_OVERDUE: "paid",
    Move.PAID_CHARGE: "paid",
    Move.WAIVED: "waived",
    Move.WROTE_OFF_IN_TERM: "written_off",
    Move.WROTE_OFF_OVERDUE: "written_off",
    Move.WROTE_OFF_CHARGE: "written_off",
}


def statement(
    history: History,
    head: Head,
    period_from: date | None,
    period_to: date,
    records: Records,
) -> Statement:
    """Give the statement of [period_from, period_to]; without a first day since disbursement.

    Raises InvalidInputError for a period that is empty or ends before anything was disbursed,
    and whatever the fold refuses.
    """
    start = _first_day(history, period_from, period_to)
    opening, state = _folded(history, start, period_to)
    closing = _Snapshot(state)
    entries = lines.entries(state, start, records)
    day = period_to.toordinal()
    return Statement(
        head=head,
        terms=_terms(state, history),
        period_from=start,
        period_to=period_to,
        opening=opening.balances,
        adjustment=_adjustment(records.earlier, opening.balances),
        entries=entries,
        totals=lines.totals(entries),
        charges=lines.charges(state, start, period_to),
        equations=_equations(state, start, opening.balances, closing.balances),
        credit=_credit(state, start, opening.balances.credit),
        off_balance=_off_balance(opening, closing),
        closing=closing.balances,
        position=account.position(state, day, DebtGroups(state, history.events)),
        to_pay=to_pay(state, day),
        coming=lines.coming(state, day),
        notices=lines.notices(history, period_to, records),
        disputes=tuple(records.disputes),
    )


def _first_day(history: History, period_from: date | None, period_to: date) -> date:
    """Give the first day of the period, refused when there is nothing to state."""
    first = history.first_disbursement
    if first is None or first > period_to:
        raise InvalidInputError("statement_before_disbursement", day=period_to)
    start = period_from or first
    if start > period_to:
        raise InvalidInputError("statement_period", start=start, end=period_to)
    return start


class _Snapshot:
    """What stands open at the end of a day: on the balance sheet, and off it."""

    def __init__(self, state: LoanState | None) -> None:
        """Copy what the state says now; None is the time before the loan."""
        self.balances = Balances()
        self.written_off = self.recovered = dict.fromkeys(OFF_BALANCE, 0)
        if state is None:
            return
        self.balances = Balances(
            principal=Money(state.outstanding),
            interest=Money(state.open_total(INTEREST)),
            overdue_interest=Money(state.open_total(OVERDUE_INTEREST)),
            late_interest=Money(state.open_total(LATE_INTEREST)),
            credit=Money(state.credit),
        )
        principal, interest = state.written_off_principal, state.written_off_interest
        back = min(state.recovered, principal)
        self.written_off = dict(zip(OFF_BALANCE, (principal, interest), strict=True))
        self.recovered = dict(zip(OFF_BALANCE, (back, state.recovered - back), strict=True))


def _folded(history: History, start: date, through: date) -> tuple[_Snapshot, LoanState]:
    """Give what stood open the day before `start`, and the loan at the end of `through`."""
    opening = [_Snapshot(None)]

    def keep(state: LoanState, day: int) -> None:
        del day
        opening.append(_Snapshot(state))

    state = fold(history, through, keep, [start - timedelta(days=1)])
    assert state is not None, "something was disbursed"
    return opening[-1], state


def _terms(state: LoanState, history: History) -> LoanTerms:
    terms = history.terms
    return LoanTerms(
        amount=terms.amount,
        annual_rate=terms.annual_rate,
        rate_in_force=Rate(state.rate),
        overdue_rate=account.overdue_rate(state),
        late_interest_rate=terms.late_interest_rate,
        term_months=terms.months(state.start),
        day_count=terms.day_count,
        first_disbursement=state.start,
    )


def _adjustment(earlier: EarlierStatement | None, opening: Balances) -> Adjustment | None:
    """Give what changed since the earlier statement was issued, if anything did."""
    if earlier is None or earlier.closing == opening:
        return None
    difference = {
        one.name: getattr(opening, one.name) - getattr(earlier.closing, one.name)
        for one in fields(Balances)
    }
    return Adjustment(number=earlier.number, difference=Balances(**difference))


def _equations(
    state: LoanState, start: date, opening: Balances, closing: Balances
) -> tuple[Equation, ...]:
    """Give the equation of every component; a charge counts on the day it was charged."""
    terms: dict[Component, dict[str, Money]] = {component: {} for component in COMPONENTS}
    for movement in state.movements:
        term = TERM_OF.get(movement.move)
        if term is None or movement.day < start.toordinal():
            continue
        component = movement.charge.kind if movement.charge else Component.PRINCIPAL
        found = terms[component]
        found[term] = found.get(term, NOTHING) + Money(movement.amount)
    return tuple(
        Equation(
            component=component,
            opening=getattr(opening, component.value),
            closing=getattr(closing, component.value),
            **terms[component],
        )
        for component in COMPONENTS
    )


def _credit(state: LoanState, start: date, opening: Money) -> CreditEquation:
    rows = [row for row in state.rows if row.day >= start.toordinal()]
    used = -sum(row.credit for row in rows if row.credit < 0)
    refunded = sum(row.amount for row in rows if row.type == "credit_refund")
    return CreditEquation(
        opening=opening,
        received=Money(sum(row.credit for row in rows if row.credit > 0)),
        applied=Money(used - refunded),
        refunded=Money(refunded),
        closing=Money(state.credit),
    )


def _off_balance(opening: _Snapshot, closing: _Snapshot) -> tuple[OffBalanceEquation, ...]:
    """Give what is tracked off the balance sheet; nothing for a loan not written off."""
    if not any(closing.written_off.values()):
        return ()
    return tuple(
        OffBalanceEquation(
            component=one,
            opening=Money(opening.written_off[one] - opening.recovered[one]),
            written_off=Money(closing.written_off[one] - opening.written_off[one]),
            recovered=Money(closing.recovered[one] - opening.recovered[one]),
            closing=Money(closing.written_off[one] - closing.recovered[one]),
        )
        for one in OFF_BALANCE
    )
