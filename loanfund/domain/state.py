"""A loan in the middle of its history: what the fold carries from day to day.

Days are ordinals, amounts whole đồng as plain integers: this is the inner loop of every figure.
`account.py` gives the values that the rest of the program reads.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from loanfund.domain.accrual import THOUSANDTHS, Accrual, Charge
from loanfund.domain.calendar import DayCount, Windows, day_counter
from loanfund.domain.schedule import Instalment, due_day, nominal_after_maturity
from loanfund.domain.terms import CHARGE_KINDS, Component, RepaymentMethod, Terms

INTEREST, OVERDUE_INTEREST, LATE_INTEREST = CHARGE_KINDS


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


class PlanVersion(NamedTuple):
    """The loan at the end of a day that changed its plan, with all due by then taken as paid."""

    day: int
    cause: str
    instalments: tuple[tuple[int, int], ...]
    deferred_interest: tuple[tuple[int, int], ...]
    interest_days: tuple[int, ...]
    in_term_numerator: int
    rate: int
    frozen_until: int


class LoanState:
    """Everything about the loan at one point of its history; `fold` moves it forward."""

    def __init__(self, terms: Terms, start: date) -> None:
        """Begin on S with nothing disbursed yet."""
        counter = day_counter(terms.day_count)
        day = start.toordinal()
        self.terms = terms
        self.start = start
        self.sum_before = None if terms.day_count in PLAIN_COUNTS else counter.sum_before
        self.year = counter.year
        self.rate = terms.annual_rate.ppm
        self.in_term = Accrual(INTEREST, self.rate * THOUSANDTHS, day, self.year)
        self.overdue_interest = Accrual(OVERDUE_INTEREST, self.overdue_rate, day, self.year)
        late = terms.late_interest_rate.ppm * THOUSANDTHS
        self.late_interest = Accrual(LATE_INTEREST, late, day, self.year)
        self.planned = (
            Accrual(INTEREST, self.rate * THOUSANDTHS, day, self.year)
            if terms.repayment_method is RepaymentMethod.ANNUITY
            else None
        )
        self.accrued_through = day
        self.limit = terms.amount.dong
        self.disbursed = 0
        self.outstanding = 0
        self.overdue = 0
        self.principal_paid = 0
        self.credit = 0
        self.written_off_principal = 0
        self.written_off_interest = 0
        self.recovered = 0
        self.is_closed = False
        self.is_written_off = False
        self.instalments: list[Instalment] = []
        self.due_count = 0
        self.first_open = 0
        self.charges: list[Charge] = []
        self.due: dict[Component, list[Charge]] = {kind: [] for kind in CHARGE_KINDS}
        self.deferred: list[Charge] = []
        self.interest_days: list[int] = []
        self.next_interest = 0
        self.after_maturity: Iterator[date] = iter(())
        self.maturity_nominal = start
        self.maturity_day = day
        self.frozen = Windows()
        self.frozen_until = 0
        self.due_days: list[int] = []
        self.oldest_due: list[tuple[int, int]] = []
        self.movements: list[Movement] = []
        self.rows: list[Row] = []
        self.versions: list[PlanVersion] = []
        self.cause: str | None = None

    @property
    def overdue_rate(self) -> int:
        """The rate of overdue principal in 10⁻⁹ a year."""
        return self.rate * self.terms.overdue_rate_thousandths

    def set_rate(self, ppm: int) -> None:
        """Change the yearly rate from the current day on."""
        self.rate = ppm
        self.in_term.rate = ppm * THOUSANDTHS
        self.overdue_interest.rate = self.overdue_rate
        if self.planned is not None:
            self.planned.rate = self.in_term.rate

    def units(self, start: int, end: int) -> int:
        """Give the length of [start, end) in units of the day count, without the frozen days."""
        if start < self.frozen_until:
            start = min(self.frozen_until, end)
        if self.sum_before is None:
            return end - start
        return self.sum_before(end) - self.sum_before(start)

    def accrue(self, day: int) -> None:
        """Let every balance bear interest through the day before `day`."""
        start = self.accrued_through
        if start == day:
            return
        self.accrued_through = day
        if start < self.frozen_until:
            start = min(self.frozen_until, day)
            if start == day:
                return
        count = self.sum_before
        units = day - start if count is None else count(day) - count(start)
        if self.in_term.balance:
            self.in_term.advance(start, day, units)
        if self.overdue_interest.balance:
            self.overdue_interest.advance(start, day, units)
        if self.late_interest.balance and self.late_interest.rate:
            self.late_interest.advance(start, day, units)
        if self.planned is not None and self.planned.balance:
            self.planned.advance(start, day, units)

    def charge(self, accrual: Accrual, day: int) -> None:
        """Charge what has accrued, due on the day."""
        charge = accrual.charge(day)
        if charge is not None:
            self.charges.append(charge)
            self.due[charge.kind].append(charge)
            self.movements.append(Movement(Move.CHARGED, day, None, charge.amount, charge))

    def charge_penalties(self, day: int) -> None:
        """Charge overdue and late interest, as on every repayment date (rules §5)."""
        self.charge(self.overdue_interest, day)
        self.charge(self.late_interest, day)

    def fell_overdue(self, day: int, amount: int) -> None:
        """Remember what was due on the day and is unpaid at its end."""
        self.movements.append(Movement(Move.FELL_OVERDUE, day, None, amount))

    def next_interest_day(self) -> int:
        """Give the next interest due day; after M they go on monthly on day D."""
        while self.next_interest >= len(self.interest_days):
            day = self.moved_by_freezes(due_day(self.terms, next(self.after_maturity)))
            if day > self.interest_days[-1]:
                self.interest_days.append(day)
        return self.interest_days[self.next_interest]

    def moved_by_freezes(self, day: int) -> int:
        """Give where a due day lands that fell into a freeze."""
        for start, end in zip(self.frozen.starts, self.frozen.ends, strict=True):
            if start <= day < end:
                day = end
        return day

    def set_maturity(self, nominal: date, day: int) -> None:
        """Set M, before and after moving, and let interest due days go on monthly after it."""
        self.maturity_nominal = nominal
        self.maturity_day = day
        self.after_maturity = nominal_after_maturity(self.terms, self.start, nominal)

    def open_charges(self, kind: Component) -> Iterator[Charge]:
        """Give the open charges of a kind: due ones, then those moved forward, oldest first."""
        yield from self.due[kind]
        yield from (charge for charge in self.deferred if charge.kind is kind)

    def open_total(self, kind: Component) -> int:
        """Give what is open of a kind, due or moved forward."""
        return sum(charge.open for charge in self.open_charges(kind))

    def due_total(self, kind: Component) -> int:
        """Give what is open and due of a kind."""
        return sum(charge.open for charge in self.due[kind])

    def all_open(self) -> int:
        """Give what is open of all charges."""
        return sum(self.open_total(kind) for kind in CHARGE_KINDS)

    def settlement(self) -> int:
        """Give what settles the loan once overdue and late interest is charged (rules §7.2)."""
        return self.all_open() + self.outstanding + self.in_term.amount - self.credit

    def drop_paid(self) -> None:
        """Forget the charges that are no longer open."""
        for kind in CHARGE_KINDS:
            self.due[kind] = [charge for charge in self.due[kind] if charge.open]
        if self.deferred:
            self.deferred = [charge for charge in self.deferred if charge.open]

    def defer(self, charges: list[Charge], day: int) -> None:
        """Move open charges to a later due day."""
        for charge in charges:
            charge.due = day
        everything = {id(charge) for charge in charges}
        for kind in CHARGE_KINDS:
            self.due[kind] = [one for one in self.due[kind] if id(one) not in everything]
        self.deferred = [one for one in self.deferred if id(one) not in everything]
        for charge in charges:
            insort(self.deferred, charge, key=lambda one: (one.due, one.start))

    def let_deferred_fall_due(self, day: int) -> bool:
        """Bring the moved charges that are due now back among the due ones."""
        falling = [charge for charge in self.deferred if charge.due <= day]
        if not falling:
            return False
        del self.deferred[: len(falling)]
        for charge in falling:
            self.due[charge.kind].append(charge)
        return True

    def count_due(self, day: int) -> None:
        """Find again which instalments are due, after their days were changed."""
        self.due_count = bisect_right(self.instalments, day, key=lambda one: one.due)
        self.first_open = 0

    def oldest_open_due(self) -> int:
        """Give the oldest due day of an open instalment or interest charge; 0 for none."""
        oldest = 0
        while self.first_open < self.due_count:
            instalment = self.instalments[self.first_open]
            if instalment.amount > instalment.paid:
                oldest = instalment.due
                break
            self.first_open += 1
        interest = self.due[INTEREST]
        if interest and (not oldest or interest[0].due < oldest):
            oldest = interest[0].due
        return oldest

    def close_if_settled(self) -> None:
        """Close the loan where no principal, no charge and nothing accrued is left."""
        if self.outstanding or any(self.due.values()) or self.deferred:
            return
        accruals = (self.in_term, self.overdue_interest, self.late_interest)
        if self.disbursed and not any(accrual.amount for accrual in accruals):
            self.is_closed = True


PLAIN_COUNTS = (DayCount.ACTUAL_365, DayCount.ACTUAL_360)
