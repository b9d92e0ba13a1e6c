"""What a collection sheet asks of a loan on a day of its month, worked by hand (rules §7)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from loanfund.domain.calendar import month_end
from loanfund.domain.collection import month_so_far
from loanfund.domain.errors import LoanFundError
from loanfund.domain.event import Repayment
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.to_collect import ToCollect
from tests.domain.test_collection import FEBRUARY, LENT, MARCH, TERMS, repayment
from tests.statements import a_history
from tests.strategies import cases


def collected(day: date, *events: Any, lent: Any = LENT, **terms: Any) -> ToCollect:
    found = month_so_far(a_history({**TERMS, **terms}, [lent, *events]), day)

    assert found is not None
    return found.to_collect


def test_what_fell_due_before_the_day_is_arrears_and_the_rest_of_the_month_is_due() -> None:
    """February unpaid; March falls due on the 10th; overdue interest there is none."""
    before, on_the_day, after = (collected(date(2020, 3, day)) for day in (5, 10, 15))

    assert (before.arrears, before.due) == (Money(FEBRUARY), Money(MARCH))
    assert (on_the_day.arrears, on_the_day.due) == (Money(FEBRUARY), Money(MARCH))
    assert (after.arrears, after.due) == (Money(FEBRUARY + MARCH), NOTHING)
    assert {one.amount for one in (before, on_the_day, after)} == {Money(FEBRUARY + MARCH)}


def test_what_was_brought_and_kept_as_credit_need_not_be_brought_again() -> None:
    found = collected(date(2020, 2, 5), repayment("2020-02-03", 500_000))

    assert (found.due, found.credit) == (Money(FEBRUARY), Money(500_000))
    assert found.amount == Money(FEBRUARY - 500_000)


def test_overdue_interest_is_asked_for_through_the_day_only() -> None:
    """12 million in two halves: of the first, due 10/02, 9 % a year from then to 20/03.

    The second is due on 10/04, and the interest of 10/03 on all that is not overdue.
    """
    lent = {"id": "e1", "type": "disbursement", "date": "2020-01-10", "amount": 12_000_000}
    halves = [
        {"date": "2020-02-10", "amount": 6_000_000},
        {"date": "2020-04-10", "amount": 6_000_000},
    ]
    terms = {"amount": 12_000_000, "repayment_method": "custom", "principal_plan": halves}

    found = collected(date(2020, 3, 20), lent=lent, **terms)

    # February: 12 000 000 × 6 % × 31 / 365. March in term: 6 000 000 × 6 % × 29 / 365, and
    # charged with it 6 000 000 × 9 % × 29 / 365; from then to 20/03 ten days more.
    february, march, overdue, since = 61_151, 28_603, 42_904, 14_795
    assert found.arrears_principal == Money(6_000_000)
    assert found.arrears_interest == Money(february + march)
    assert found.penalties == Money(overdue + since)
    assert found.amount == Money(6_000_000 + february + march + overdue + since)


def test_nobody_is_asked_for_more_than_settles_the_loan() -> None:
    """The last month, paid on the first of January: interest through that day only."""
    paid = [repayment(f"2020-{month:02d}-10", 600_000, f"p{month}") for month in range(2, 13)]
    found = collected(date(2021, 1, 1), *paid)

    # Eleven months of interest were 6 × 509 589 + 4 × 493 151 + 476 712, of 6 600 000 paid; 22
    # days more are 361 644.
    assert found.due_principal == Money(100_000_000)
    assert found.due_interest == Money(361_644)
    assert found.credit == Money(6_600_000 - 5_506_850)
    assert found.amount == Money(100_000_000 + 5_506_850 + 361_644 - 6_600_000)


def test_a_loan_that_prepays_with_a_surplus_is_asked_for_what_is_due_already() -> None:
    before = collected(date(2020, 3, 9), surplus="principal")
    after = collected(date(2020, 3, 10), surplus="principal")

    assert before.amount == Money(FEBRUARY)
    assert after.amount == Money(FEBRUARY + MARCH)


@pytest.mark.parametrize("end", [[], [{"id": "w", "type": "write_off", "date": "2020-03-01"}]])
def test_what_is_over_is_asked_for_nothing(end: list[Any]) -> None:
    all_of_it = repayment("2020-02-10", 100_509_589)

    found = collected(date(2020, 3, 31), *(end or [all_of_it]))

    assert found == ToCollect()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_what_is_asked_for_leaves_nothing_open_at_the_end_of_the_month(case: Any) -> None:
    """Of any life of a loan: pay it on the day, and look at the month's last evening."""
    day = date.fromisoformat(case["as_of"])
    known = [one for one in case["events"] if one.get("date", "") <= case["as_of"]]
    try:
        history = a_history({**case["terms"], "surplus": "credit"}, known)
        found = month_so_far(history, day)
    except LoanFundError:
        return
    if found is None or not found.to_collect.amount:
        return
    paid = Repayment(id="paid", value_date=day, amount=found.to_collect.amount)

    after = History(history.terms, (*history.events, paid))
    later = fold_loan(after, month_end(day)).position()

    assert later.principal_overdue == NOTHING
    assert later.interest_open + later.overdue_interest_open == NOTHING
    assert later.late_interest_open == NOTHING
