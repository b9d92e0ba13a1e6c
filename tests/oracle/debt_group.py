"""Debt groups, by replaying every day (section 9)."""

from dataclasses import dataclass
from datetime import date

from tests.oracle.dates import add_months
from tests.oracle.loan import Loan, Restructuring
from tests.oracle.plan import contract_maturity

THRESHOLDS = {"mfi": (10, 30, 90, 180), "bank": (10, 91, 181, 361)}
WAIVER_FLOOR = 3
SHORT_TERM_MONTHS = 12


@dataclass
class Standing:
    """What stands besides the days past due, from day to day."""

    restructured: bool = False
    waived: bool = False
    kept_group: int = 1


def debt_group(loan: Loan) -> int:
    """The loan's own group at the end of its last day."""
    groups: list[int] = []
    standing = Standing()
    for end in loan.days:
        group_before = groups[-1] if groups else 1
        update_restructured(loan, standing, end.day)
        update_waived(loan, standing, end.day)
        update_kept_group(loan, standing, end.day, group_before)
        groups.append(group_on(loan, standing, end.day))
    return groups[-1]


def group_on(loan: Loan, standing: Standing, day: date) -> int:
    """The worst of the group by days and the floors that stand."""
    days = past_due_on(loan, day)
    return max(
        group_by_days(loan, days),
        restructuring_floor(loan, day, days) if standing.restructured else 1,
        WAIVER_FLOOR if standing.waived else 1,
        standing.kept_group,
    )


def past_due_on(loan: Loan, day: date) -> int:
    return loan.days[(day - loan.start).days].days_past_due


def group_by_days(loan: Loan, days: int) -> int:
    return 1 + sum(days >= least for least in THRESHOLDS[loan.terms.debt_rule_set])


def counting(loan: Loan, day: date) -> list[Restructuring]:
    """The restructurings that count, earlier ones too whether cured or not."""
    return [each for each in loan.restructurings if not each.keeps_group and each.day <= day]


def restructuring_floor(loan: Loan, day: date, days: int) -> int:
    """By the number of restructurings and the days past due now."""
    count = counting(loan, day)
    if len(count) == 1:
        return first_restructuring_floor(loan, count[0], days)
    if len(count) == 2:
        return 5 if days >= 1 else 4
    return 5


def first_restructuring_floor(loan: Loan, only: Restructuring, days: int) -> int:
    if days >= 90:
        return 5
    if loan.terms.debt_rule_set == "mfi":
        return 4 if days >= 30 else 3 if days >= 1 else 2
    if days >= 1:
        return 4
    return 2 if only.kind == "adjust" else 3


def update_restructured(loan: Loan, standing: Standing, day: date) -> None:
    """A counting restructuring sets the floor up, the cure takes it away for good."""
    days = [each.day for each in counting(loan, day)]
    if day in days:
        standing.restructured = True
    elif standing.restructured and is_cured(loan, days[-1], day):
        standing.restructured = False


def update_waived(loan: Loan, standing: Standing, day: date) -> None:
    """Waivers cure on their own."""
    days = [each.day for each in loan.waivers if not each.keeps_group and each.day <= day]
    if day in days:
        standing.waived = True
    elif standing.waived and is_cured(loan, days[-1], day):
        standing.waived = False


def update_kept_group(loan: Loan, standing: Standing, day: date, group_before: int) -> None:
    """The group held the day before, until the days alone give a worse one."""
    if any(each.keeps_group and each.day == day for each in loan.restructurings):
        standing.kept_group = group_before
    if group_by_days(loan, past_due_on(loan, day)) > standing.kept_group:
        standing.kept_group = 1


def is_cured(loan: Loan, since: date, day: date) -> bool:
    """The cure months up to the day lie after `since`, hold a due date and are clean."""
    begin = add_months(day, -cure_months(loan))
    if begin < since:
        return False
    month = [end for end in loan.days if begin < end.day <= day]
    has_due_date = any(begin < due < day for due in loan.due_days)
    return has_due_date and all(end.days_past_due == 0 for end in month)


def cure_months(loan: Loan) -> int:
    """1 for terms of up to 12 months, 3 for longer ones."""
    maturity = contract_maturity(loan.terms, loan.start)
    is_short = maturity <= add_months(loan.start, SHORT_TERM_MONTHS)
    return 1 if is_short else 3
