"""The account of a loan: what the fold found, as values that people read (rules §11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from loanfund.domain.accrual import RATE_DECIMALS, InterestLine
from loanfund.domain.accrual import Charge as ChargeState
from loanfund.domain.calendar import DayCount
from loanfund.domain.debt_group import DebtGroups
from loanfund.domain.money import Money, decimal_text, total
from loanfund.domain.movement import Row
from loanfund.domain.projection import next_due
from loanfund.domain.state import INTEREST, LATE_INTEREST, OVERDUE_INTEREST, LoanState
from loanfund.domain.terms import Component


class LoanStatus(StrEnum):
    """Where a loan stands; the first, second and last only in the database."""

    DRAFT = "draft"
    APPROVED = "approved"
    ACTIVE = "active"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NextDue:
    """The next day on which something falls due, and what is then open of it."""

    due_date: date
    principal: Money
    interest: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Every balance of the loan at the end of a day."""

    as_of: date
    status: LoanStatus
    principal_disbursed: Money = Money(0)  # noqa: RUF009 - frozen, so it may be shared
    principal_repaid: Money = Money(0)  # noqa: RUF009
    principal_outstanding: Money = Money(0)  # noqa: RUF009
    principal_overdue: Money = Money(0)  # noqa: RUF009
    interest_open: Money = Money(0)  # noqa: RUF009
    interest_deferred: Money = Money(0)  # noqa: RUF009
    overdue_interest_open: Money = Money(0)  # noqa: RUF009
    late_interest_open: Money = Money(0)  # noqa: RUF009
    accrued_interest: Money = Money(0)  # noqa: RUF009
    accrued_overdue_interest: Money = Money(0)  # noqa: RUF009
    accrued_late_interest: Money = Money(0)  # noqa: RUF009
    credit: Money = Money(0)  # noqa: RUF009
    settlement_amount: Money = Money(0)  # noqa: RUF009
    days_past_due: int = 0
    maturity_date: date
    next_due: NextDue | None = None
    debt_group: int | None = None
    written_off_principal: Money = Money(0)  # noqa: RUF009
    written_off_interest: Money = Money(0)  # noqa: RUF009
    recovered: Money = Money(0)  # noqa: RUF009

    @property
    def left_to_recover(self) -> Money:
        """What was written off and is still owed (rules §8): the debtor must pay it."""
        return self.written_off_principal + self.written_off_interest - self.recovered

    @property
    def written_off(self) -> dict[str, Money]:
        """What was written off, what of it came back, and what is left, to be told in words."""
        return {
            "principal": self.written_off_principal,
            "interest": self.written_off_interest,
            "recovered": self.recovered,
            "left": self.left_to_recover,
        }


class Outcome(StrEnum):
    """What became of a charge."""

    OPEN = "open"
    PAID = "paid"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge with what became of it, and the lines that explain it."""

    kind: Component
    start: date
    end: date
    due_date: date
    amount: Money
    paid: Money
    waived: Money
    written_off: Money
    open: Money
    lines: tuple[InterestLine, ...]

    @property
    def outcome(self) -> Outcome:
        """What became of it; one paid in part and waived for the rest is paid."""
        if self.open:
            return Outcome.OPEN
        if self.written_off:
            return Outcome.WRITTEN_OFF
        return Outcome.PAID if self.paid else Outcome.WAIVED


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of what happened to the loan's balances; `event` is None for applied credit."""

    event: str | None
    type: str
    value_date: date
    amount: Money
    principal: Money
    interest: Money
    overdue_interest: Money
    late_interest: Money
    credit: Money
    principal_balance: Money


def position(state: LoanState, day: int, groups: DebtGroups) -> Position:
    """Give the position at the end of a day that the state has reached."""
    status = _status(state)
    is_active = status is LoanStatus.ACTIVE
    penalties = (state.overdue_interest.amount, state.late_interest.amount)
    settlement = state.settlement() + sum(penalties) if is_active else 0
    return Position(
        as_of=date.fromordinal(day),
        status=status,
        principal_disbursed=Money(state.disbursed),
        principal_repaid=Money(state.principal_paid),
        principal_outstanding=Money(state.outstanding),
        principal_overdue=Money(state.overdue),
        interest_open=Money(state.due_total(INTEREST)),
        interest_deferred=Money(sum(charge.open for charge in state.deferred)),
        overdue_interest_open=Money(state.due_total(OVERDUE_INTEREST)),
        late_interest_open=Money(state.due_total(LATE_INTEREST)),
        accrued_interest=Money(state.in_term.amount if is_active else 0),
        accrued_overdue_interest=Money(penalties[0]),
        accrued_late_interest=Money(penalties[1]),
        credit=Money(state.credit),
        settlement_amount=Money(max(0, settlement)),
        days_past_due=groups.days_past_due(day) if is_active else 0,
        maturity_date=date.fromordinal(state.maturity_day),
        next_due=next_due_of(state, day) if is_active else None,
        debt_group=groups.own_group(day) if is_active else None,
        written_off_principal=Money(state.written_off_principal),
        written_off_interest=Money(state.written_off_interest),
        recovered=Money(state.recovered),
    )


def left_to_recover(rows: Sequence[Transaction]) -> Money:
    """Give what some of a loan's rows, from the first on, wrote off and did not bring back."""
    lost = total([one.amount for one in rows if one.type == "write_off"])
    return lost - total(
        [one.principal + one.interest for one in rows if one.type == "recovery"]
    )


def _status(state: LoanState) -> LoanStatus:
    if state.is_written_off:
        return LoanStatus.WRITTEN_OFF
    return LoanStatus.CLOSED if state.is_closed else LoanStatus.ACTIVE


def overdue_rate(state: LoanState) -> str:
    """Give the yearly rate of overdue principal as decimal text in percent."""
    return decimal_text(state.overdue_rate, decimals=RATE_DECIMALS)


def next_due_of(state: LoanState, day: int) -> NextDue | None:
    """Give the next day after a day on which something falls due; None where nothing does."""
    due = next_due(state, day)
    if due is None:
        return None
    return NextDue(date.fromordinal(due[0]), Money(due[1]), Money(due[2]))


def charges(state: LoanState, day: int) -> list[Charge]:
    """Give the charges due by the day or touched before, in the order of rules §11."""
    day_count = state.terms.day_count
    shown = [one for one in state.charges if one.due <= day or one.open != one.amount]
    shown.sort(key=lambda one: (one.due, _KIND_ORDER[one.kind]))
    return [show_charge(one, day_count) for one in shown]


_KIND_ORDER = {INTEREST: 0, OVERDUE_INTEREST: 1, LATE_INTEREST: 2}


def show_charge(charge: ChargeState, day_count: DayCount) -> Charge:
    """Give one charge of the fold as a value."""
    return Charge(
        kind=charge.kind,
        start=date.fromordinal(charge.start),
        end=date.fromordinal(charge.end),
        due_date=date.fromordinal(charge.due),
        amount=Money(charge.amount),
        paid=Money(charge.paid),
        waived=Money(charge.waived),
        written_off=Money(charge.written_off),
        open=Money(charge.open),
        lines=tuple(charge.lines(day_count)),
    )


def transactions(rows: Sequence[Row]) -> list[Transaction]:
    """Give the rows of the fold as values."""
    return [
        Transaction(
            row.event, row.type, date.fromordinal(row.day), *(Money(part) for part in row[3:])
        )
        for row in rows
    ]
