"""One day after the other (sections 5, 6 and 9)."""

from collections.abc import Iterable
from datetime import date
from itertools import accumulate

from tests.oracle.change import happen
from tests.oracle.dates import ONE_DAY, each_day
from tests.oracle.history import Event
from tests.oracle.interest import charge_all
from tests.oracle.loan import DayEnd, Loan
from tests.oracle.payment import apply_credit
from tests.oracle.plan import open_loan
from tests.oracle.terms import Terms


def walk(terms: Terms, events: list[Event], as_of: date) -> Loan:
    """The loan at the end of `as_of`; the first event is its first disbursement."""
    loan = open_loan(terms, events[0].day)
    for day in each_day(loan.start, as_of + ONE_DAY):
        walk_day(loan, day, [event for event in events if event.day == day])
    return loan


def walk_day(loan: Loan, day: date, events: Iterable[Event]) -> None:
    """The order of one day (section 6)."""
    begin_day(loan, day)
    for event in events:
        happen(loan, event)
    end_day(loan, day)


def begin_day(loan: Loan, day: date) -> None:
    """Steps 1 and 2: charges, then credit on what is due."""
    charge_on_due_date(loan, day)
    if is_due_date(loan, day):
        loan.due_days.append(day)
        apply_credit(loan, day)


def charge_on_due_date(loan: Loan, day: date) -> None:
    """Step 1: the charges whose day it is (section 5)."""
    if day > loan.start and loan.is_interest_date(day):
        loan.interest_days.append(day)
        charge_all(loan, day)


def is_due_date(loan: Loan, day: date) -> bool:
    """Whether interest or principal falls due on the day, paid ahead or not."""
    principal = [instalment.due for instalment in loan.instalments]
    charges = [charge.due for charge in loan.charges]
    return day in principal or day in charges or day in loan.interest_days


def end_day(loan: Loan, day: date) -> None:
    """Step 4: what was due by now and is still open is overdue."""
    overdue = loan.overdue_principal(day)
    late = [each for each in loan.open_charges("interest") if each.due <= day]
    frozen_days = loan.frozen_days_through(day - ONE_DAY) + loan.is_frozen(day)
    loan.days.append(
        DayEnd(
            day=day,
            in_term=loan.outstanding - overdue,
            overdue=overdue,
            unpaid_interest=sum(each.open for each in late),
            planned=sum(each.planned for each in loan.instalments if each.due > day),
            annual_rate=loan.annual_rate,
            frozen=loan.is_frozen(day),
            frozen_days=frozen_days,
            days_past_due=days_past_due(loan, day, frozen_days),
        )
    )


def days_past_due(loan: Loan, day: date, frozen_days: int) -> int:
    """The days from the oldest due date that counts, frozen days x with due < x not (9)."""
    dues = dues_that_count(loan, day)
    frozen = [frozen_days - loan.frozen_days_through(due) for due in dues]
    late = [(day - due).days - less for due, less in zip(dues, frozen, strict=True)]
    return max(late, default=0)


def dues_that_count(loan: Loan, day: date) -> list[date]:
    """The past dues at which what is owed, oldest first, exceeds the tolerance (9)."""
    past = [(due, amount) for due, amount in loan.open_dues() if due < day]
    sums = accumulate(amount for _, amount in past)
    return [
        due for (due, _), owed in zip(past, sums, strict=True) if owed > loan.terms.tolerance
    ]
