"""A loan in the middle of its history: what the fold carries from day to day.

Days are ordinals, amounts whole đồng as plain integers: this is the inner loop of every figure.
`account.py` gives the values that the rest of the program reads.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from loanfund.domain.accrual import THOUSANDTHS, Accrual, Charge
from loanfund.domain.calendar import DayCount, Windows, day_counter
from loanfund.domain.event import DatedEvent
from loanfund.domain.movement import LeftOver, Move, Movement, PlanVersion, Row
from loanfund.domain.schedule import Instalment, due_day, nominal_after_maturity
from loanfund.domain.terms import CHARGE_KINDS, Component, RepaymentMethod, Terms

INTEREST, OVERDUE_INTEREST, LATE_INTEREST = CHARGE_KINDS
PLAIN_COUNTS = (DayCount.ACTUAL_365, DayCount.ACTUAL_360)


@dataclass(slots=True, eq=False)
class LoanState:
    """Everything about the loan at one point of its history; `fold` moves it forward."""

    terms: Terms
    start: date  # S
    # What bears interest, and through which day it has.
    sum_before: Callable[[int], int] | None = field(init=False)  # None: days count as they are
    year: int = field(init=False)
    rate: int = field(init=False)
    in_term: Accrual = field(init=False)
    overdue_interest: Accrual = field(init=False)
    late_interest: Accrual = field(init=False)
    planned: Accrual | None = field(init=False)  # an annuity's interest on its planned balance
    accrued_through: int = field(init=False)
    # Balances.
    limit: int = field(init=False)
    disbursed: int = 0
    outstanding: int = 0
    overdue: int = 0
    principal_paid: int = 0
    credit: int = 0
    written_off_principal: int = 0
    written_off_interest: int = 0
    recovered: int = 0
    is_closed: bool = False
    closed_on: int | None = None  # the day it was settled; money after it changes nothing
    is_written_off: bool = False
    # The plan of principal: the first `due_count` instalments are due.
    instalments: list[Instalment] = field(default_factory=list)
    written_off_plan: list[Instalment] = field(default_factory=list)  # what stood when given up
    due_count: int = 0
    first_open: int = 0
    # All charges; those open are due by kind, or moved forward.
    charges: list[Charge] = field(default_factory=list)
    due: dict[Component, list[Charge]] = field(
        default_factory=lambda: {kind: [] for kind in CHARGE_KINDS}
    )
    deferred: list[Charge] = field(default_factory=list)
    # Due days of interest, the maturity, and what freezes did to them.
    interest_days: list[int] = field(default_factory=list)
    next_interest: int = 0
    after_maturity: Iterator[date] = field(init=False)
    maturity_nominal: date = field(init=False)
    maturity_day: int = field(init=False)
    frozen: Windows = field(default_factory=Windows)
    frozen_until: int = 0
    # What was written down.
    due_days: list[int] = field(default_factory=list)
    oldest_due: list[tuple[int, int]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    left_over: list[LeftOver] = field(default_factory=list)
    versions: list[PlanVersion] = field(default_factory=list)
    cause: str | None = None  # what changed the plan today

    def __post_init__(self) -> None:
        """Begin on S with nothing disbursed yet."""
        counter = day_counter(self.terms.day_count)
        self.sum_before = None if self.terms.day_count in PLAIN_COUNTS else counter.sum_before
        self.year = counter.year
        self.rate = self.terms.annual_rate.ppm
        self.accrued_through = self.start.toordinal()
        late = self.terms.late_interest_rate.ppm * THOUSANDTHS
        self.in_term = self._accrual(INTEREST, self.rate * THOUSANDTHS)
        self.overdue_interest = self._accrual(OVERDUE_INTEREST, self.overdue_rate)
        self.late_interest = self._accrual(LATE_INTEREST, late)
        is_annuity = self.terms.repayment_method is RepaymentMethod.ANNUITY
        self.planned = self._accrual(INTEREST, self.rate * THOUSANDTHS) if is_annuity else None
        self.limit = self.terms.amount.dong
        self.set_maturity(self.start, self.accrued_through)

    def _accrual(self, kind: Component, rate: int) -> Accrual:
        return Accrual(kind, rate, self.accrued_through, self.year)

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
        """Give the length of [start, end) in units of the day count, frozen days left out."""
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
        for accrual in (self.overdue_interest, self.late_interest):
            if accrual.segments:
                self.charge(accrual, day)
            else:  # as in most of a loan's life
                accrual.since = day

    def write_row(
        self,
        event: DatedEvent | None,
        day: int,
        amount: int,
        parts: Mapping[Component, int],
        credit: int = 0,
    ) -> None:
        """Add a line to the loan's transactions; credit is applied where no event stands."""
        self.rows.append(
            Row(
                event.id if event else None,
                event.type if event else "credit_applied",
                day,
                amount,
                parts.get(Component.PRINCIPAL, 0),
                parts.get(INTEREST, 0),
                parts.get(OVERDUE_INTEREST, 0),
                parts.get(LATE_INTEREST, 0),
                credit,
                self.outstanding,
            )
        )

    def next_interest_day(self) -> int:
        """Give the next interest due day."""
        index = self.next_interest
        days = self.interest_days
        return days[index] if index < len(days) else self.interest_day(index)

    def interest_day(self, index: int) -> int:
        """Give an interest due day by its place; after M they go on monthly on day D."""
        days = self.interest_days
        while index >= len(days):
            day = self.moved_by_freezes(due_day(self.terms, next(self.after_maturity)))
            if day > days[-1]:
                days.append(day)
        return days[index]

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
        yield from (one for one in self.deferred if one.kind is kind and one.open)

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

    def is_settled_by(self, amount: int) -> bool:
        """Tell whether a payment settles the loan; principal alone tells most that do not."""
        return amount >= self.outstanding - self.credit and amount >= self.settlement()

    def drop_paid(self) -> None:
        """Forget the due charges that are no longer open; moved ones keep their due date."""
        for kind in CHARGE_KINDS:
            self.due[kind] = [charge for charge in self.due[kind] if charge.open]

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
            if charge.open:
                self.due[charge.kind].append(charge)
        return True

    def count_due(self, day: int) -> None:
        """Find again which instalments are due, after their days were changed."""
        self.due_count = bisect_right(self.instalments, day, key=lambda one: one.due)
        self.first_open = 0

    def oldest_open_due(self) -> int:
        """Give the due day at which what is due, oldest first, exceeds the tolerance; or 0.

        Instalments and interest count (rules §9).
        """
        while self.first_open < self.due_count and not self.instalments[self.first_open].open:
            self.first_open += 1
        owed = [(one.due, one.open) for one in self.due[INTEREST]]
        owed += [
            (one.due, one.open) for one in self.instalments[self.first_open : self.due_count]
        ]
        left = self.terms.tolerance.dong
        for due, amount in sorted(owed):
            left -= amount
            if left < 0:
                return due
        return 0

    def close_if_settled(self) -> None:
        """Close the loan where no principal, no charge and nothing accrued is left."""
        if self.is_closed or self.outstanding or self.all_open():
            return
        accruals = (self.in_term, self.overdue_interest, self.late_interest)
        if self.disbursed and not any(accrual.amount for accrual in accruals):
            self.is_closed, self.closed_on = True, self.accrued_through
