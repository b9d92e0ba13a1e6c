"""What a borrower is told on a day: what is to be paid, split as pages show it, and next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.reminder import Due
from loanfund.domain.statement_parts import Borrower, Fund


@dataclass(frozen=True, slots=True)
class Cited:
    """An earlier notice as a later one names it: its number, and the day that it bears."""

    number: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanPart:
    """One loan in a message: all that is due, the coming dues it speaks of, what delay costs.

    `next_due` is what falls due next where the message does not speak of it already.
    """

    contract_number: str
    contract_date: date
    source: str
    dues: tuple[Due, ...]
    penalties: Money
    penalty_a_day: Money
    overdue_rate: str
    principal_outstanding: Money
    transfer_note: str
    notice: int = 0
    earlier: tuple[Cited, ...] = ()
    from_credit: Money = NOTHING
    tolerance: Money = NOTHING
    next_due: Due | None = None

    def due(self, day: date) -> tuple[Due, ...]:
        """Give what is due by a day."""
        return tuple(due for due in self.dues if due.due_date <= day)

    def coming(self, day: date) -> tuple[Due, ...]:
        """Give what the message speaks of before its day."""
        return tuple(due for due in self.dues if due.due_date > day)

    def is_overdue(self, day: date) -> bool:
        """Tell whether it is late, or only overdue and late interest is left (`ToPay`)."""
        late = total([due.to_pay for due in self.dues if due.due_date < day])
        has_today = any(due.due_date == day for due in self.dues)
        return late > self.tolerance or bool(late + self.penalties and not has_today)

    def to_pay(self, day: date) -> Money:
        """Give what is to be paid by the end of a day, with overdue and late interest."""
        asked = total([due.to_pay for due in self.due(day)])
        return asked + self.penalties - self.from_credit


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that a borrower is told on a day, whatever the channel.

    `beside` are the loans of which no rule speaks that day, but something is to be paid.
    """

    fund: Fund
    superior: str
    bank_account: str
    borrower: Borrower
    day: date
    loans: tuple[LoanPart, ...]
    beside: tuple[LoanPart, ...] = ()

    @property
    def everything(self) -> tuple[LoanPart, ...]:
        """Every loan that it tells of."""
        return self.loans + self.beside

    @property
    def is_overdue(self) -> bool:
        """Whether anything is overdue."""
        return any(loan.is_overdue(self.day) for loan in self.everything)

    @property
    def totals(self) -> tuple[tuple[date, Money], ...]:
        """What several contracts come to, by the day on which it is to be paid."""
        found: dict[date, list[Money]] = {}
        for loan in self.everything:
            if asked := loan.to_pay(self.day):
                found.setdefault(self.day, []).append(asked)
            for due in loan.coming(self.day):
                found.setdefault(due.due_date, []).append(due.to_pay)
        return tuple((day, total(found[day])) for day in sorted(found) if len(found[day]) > 1)
