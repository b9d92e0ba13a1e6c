"""What is to be paid on a day, and what of it is what: the one answer for every page and paper.

Whoever pays `amount` on the day leaves nothing due, and is in no arrears on the days after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from loanfund.domain.account import NextDue, next_due_of
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.state import INTEREST, LATE_INTEREST, OVERDUE_INTEREST, LoanState


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPay:
    """The parts of what is to be paid at the end of `day`, and what falls due next.

    Arrears fell due before the day. Overdue and late interest are those charged and open with
    those accrued through the day. Credit pays by itself on the next due date (rules §7), so it
    lessens what is due only as far as the loan would be settled: `from_credit`.
    """

    day: date
    arrears_principal: Money = NOTHING
    arrears_interest: Money = NOTHING
    today_principal: Money = NOTHING
    today_interest: Money = NOTHING
    overdue_interest: Money = NOTHING
    late_interest: Money = NOTHING
    from_credit: Money = NOTHING
    credit: Money = NOTHING
    next_due: NextDue | None = None
    tolerance: Money = NOTHING

    @property
    def arrears(self) -> Money:
        """Principal and interest that fell due before the day."""
        return self.arrears_principal + self.arrears_interest

    @property
    def today(self) -> Money:
        """Principal and interest that fall due on the day."""
        return self.today_principal + self.today_interest

    @property
    def penalties(self) -> Money:
        """Overdue and late interest through the day."""
        return self.overdue_interest + self.late_interest

    @property
    def principal(self) -> Money:
        """Principal due."""
        return self.arrears_principal + self.today_principal

    @property
    def interest(self) -> Money:
        """Interest in term due."""
        return self.arrears_interest + self.today_interest

    @property
    def amount(self) -> Money:
        """All of it."""
        return self.arrears + self.today + self.penalties - self.from_credit

    @property
    def parts(self) -> tuple[tuple[str, Money], ...]:
        """What of the amount is what, by component; credit takes away."""
        found = (
            ("principal", self.principal),
            ("interest", self.interest),
            ("overdue_interest", self.overdue_interest),
            ("late_interest", self.late_interest),
            ("credit", -self.from_credit),
        )
        return tuple((name, amount) for name, amount in found if amount)

    @property
    def next_parts(self) -> tuple[tuple[str, Money], ...]:
        """What of the next amount is what; credit takes away."""
        due = self.next_due
        if due is None:
            return ()
        found = (
            ("principal", due.principal),
            ("interest", due.interest),
            ("credit", -self.next_from_credit),
        )
        return tuple((name, amount) for name, amount in found if amount)

    @property
    def is_asked_for(self) -> bool:
        """Whether lists, tiles and reminders ask for it: more than the tolerance (rules §9)."""
        return self.amount > self.tolerance

    @property
    def is_overdue(self) -> bool:
        """Whether it is late, or only overdue and late interest is left of what was."""
        return self.is_asked_for and (self.arrears > self.tolerance or not self.today)

    @property
    def is_due_today(self) -> bool:
        """Whether it falls due today, and nothing is late."""
        return self.is_asked_for and not self.is_overdue

    def is_next_by(self, day: date) -> bool:
        """Tell whether money is asked for on a due date by a day."""
        due = self.next_due
        return due is not None and due.due_date <= day and self.next_amount > self.tolerance

    @property
    def credit_left(self) -> Money:
        """The credit that will pay what falls due next."""
        return self.credit - self.from_credit

    @property
    def next_from_credit(self) -> Money:
        """What credit will pay of what falls due next."""
        return min(self.credit_left, self._next)

    @property
    def next_amount(self) -> Money:
        """What is to be paid of what falls due next."""
        return self._next - self.next_from_credit

    @property
    def _next(self) -> Money:
        due = self.next_due
        return due.principal + due.interest if due else NOTHING


def to_pay(state: LoanState, day: int) -> ToPay:
    """Give what is to be paid at the end of a day that the state has reached."""
    found = ToPay(
        day=date.fromordinal(day), credit=Money(state.credit), tolerance=state.terms.tolerance
    )
    if state.is_closed or state.is_written_off:
        return found
    principal, interest = due_today(state, day)
    overdue, late = state.overdue_interest.amount, state.late_interest.amount
    parts = replace(
        found,
        arrears_principal=Money(state.overdue - principal),
        arrears_interest=Money(state.due_total(INTEREST) - interest),
        today_principal=Money(principal),
        today_interest=Money(interest),
        overdue_interest=Money(state.due_total(OVERDUE_INTEREST) + overdue),
        late_interest=Money(state.due_total(LATE_INTEREST) + late),
        next_due=next_due_of(state, day),
    )
    if not state.credit:
        return parts
    return less_credit(parts, Money(max(0, state.settlement() + overdue + late)))


def due_today(state: LoanState, day: int) -> tuple[int, int]:
    """Give what is open of principal and of interest that fell due on the state's day."""
    principal = sum(
        one.open
        for one in state.instalments[state.first_open : state.due_count]
        if one.due == day
    )
    return principal, sum(one.open for one in state.due[INTEREST] if one.due == day)


def less_credit(parts: ToPay, settlement: Money) -> ToPay:
    """Let credit take part where with it less than what is due settles the loan."""
    over = parts.amount - settlement
    return replace(parts, from_credit=over) if over > NOTHING else parts
