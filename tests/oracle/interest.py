"""Interest, day by day, and the charges made of it (section 5)."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from tests.oracle.dates import ONE_DAY, days_between, year_share
from tests.oracle.loan import CHARGE_KINDS, Charge, DayEnd, Line, Loan
from tests.oracle.rounding import half_up

PENALTIES = ("overdue_interest", "late_interest")


def bearing_balance(day: DayEnd, kind: str) -> int:
    """What bears one kind of interest for a day: the balance at its end."""
    if day.frozen:
        return 0
    if kind == "interest":
        return day.in_term
    return day.overdue if kind == "overdue_interest" else day.unpaid_interest


def bearing_rate(loan: Loan, day: DayEnd, kind: str) -> Fraction:
    """Percent a year; overdue principal bears its rate instead of the one in term."""
    if kind == "interest":
        return day.annual_rate
    if kind == "overdue_interest":
        return day.annual_rate * loan.terms.overdue_rate_multiplier
    return loan.terms.late_interest_rate


def interest_of_a_day(loan: Loan, day: DayEnd, kind: str) -> Fraction:
    share = year_share(loan.terms.day_count, day.day)
    return bearing_balance(day, kind) * bearing_rate(loan, day, kind) / 100 * share


def uncharged_days(loan: Loan, kind: str, end: date) -> list[DayEnd]:
    """The days from the last charge of the kind to `end`, the latter excluded."""
    first = (loan.charged_to[kind] - loan.start).days
    return loan.days[first : (end - loan.start).days]


def accrued(loan: Loan, kind: str, end: date) -> Fraction:
    """Interest accrued and not yet charged, exact."""
    days = uncharged_days(loan, kind, end)
    return sum((interest_of_a_day(loan, day, kind) for day in days), Fraction())


def rounded_accrued(loan: Loan, kind: str, end: date) -> int:
    return half_up(accrued(loan, kind, end))


def charge(loan: Loan, kind: str, day: date) -> None:
    """Charges what accrued to `day`, due that day, rounded once; a 0 only moves `from`."""
    amount = rounded_accrued(loan, kind, day)
    if amount:
        start = loan.charged_to[kind]
        lines = charge_lines(loan, kind, day)
        loan.charges.append(Charge(kind, start, day, day, amount, lines))
    loan.charged_to[kind] = day


def charge_penalties(loan: Loan, day: date) -> None:
    for kind in PENALTIES:
        charge(loan, kind, day)


def charge_all(loan: Loan, day: date) -> None:
    for kind in CHARGE_KINDS:
        charge(loan, kind, day)


def charge_lines(loan: Loan, kind: str, end: date) -> list[Line]:
    """One line for each run of days with one balance at one rate; frozen days are in none."""
    return [
        line_of(loan, kind, run)
        for run in runs_of_days(loan, kind, uncharged_days(loan, kind, end))
    ]


def runs_of_days(loan: Loan, kind: str, days: list[DayEnd]) -> Iterator[list[DayEnd]]:
    run: list[DayEnd] = []
    for day in days:
        if run and not continues(loan, kind, run[-1], day):
            yield run
            run = []
        if bearing_balance(day, kind):
            run.append(day)
    if run:
        yield run


def continues(loan: Loan, kind: str, last: DayEnd, day: DayEnd) -> bool:
    """Whether a day belongs to the line of the day before it."""
    count = loan.terms.day_count
    return (
        bearing_balance(last, kind) == bearing_balance(day, kind)
        and bearing_rate(loan, last, kind) == bearing_rate(loan, day, kind)
        and (count != "actual/actual" or last.day.year == day.day.year)
        and last.day + ONE_DAY == day.day
    )


def line_of(loan: Loan, kind: str, run: list[DayEnd]) -> Line:
    start, end = run[0].day, run[-1].day + ONE_DAY
    return Line(
        start=start,
        end=end,
        days=days_between(loan.terms.day_count, start, end),
        balance=bearing_balance(run[0], kind),
        annual_rate=bearing_rate(loan, run[0], kind),
        amount=sum((interest_of_a_day(loan, day, kind) for day in run), Fraction()),
    )
