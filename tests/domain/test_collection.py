"""What fell due in a month and what came in for it, worked by hand (rules §10)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from loanfund.domain.calendar import month_end
from loanfund.domain.collection import Collection, month_collection
from loanfund.domain.errors import LoanFundError
from loanfund.domain.event import Repayment
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History
from loanfund.domain.money import NOTHING, Money
from tests.statements import a_history
from tests.strategies import cases

# 100 million at 6 % from 10/01/2020: interest on the 10th, principal on 10/01/2021.
TERMS = {
    "amount": 100_000_000,
    "annual_rate": "6",
    "term_months": 12,
    "repayment_method": "principal_at_maturity",
}
LENT = {"id": "e1", "type": "disbursement", "date": "2020-01-10", "amount": 100_000_000}
FEBRUARY = 509_589  # 31 days from 10/01: 100 000 000 × 6 % × 31 / 365
MARCH = 476_712  # 29 days
END_OF_FEBRUARY = date(2020, 2, 29)
END_OF_MARCH = date(2020, 3, 31)


def repayment(day: str, amount: int, event: str = "e2", **more: Any) -> dict[str, Any]:
    return {"id": event, "type": "repayment", "date": day, "amount": amount, **more}


def collected(day: date, *events: Any, lent: Any = LENT, **terms: Any) -> Collection:
    found = month_collection(a_history({**TERMS, **terms}, [lent, *events]), day)

    assert found is not None
    total = found.on_time + found.late + found.ahead - found.advanced
    assert total == found.received
    return found


def test_nothing_is_collected_before_the_loan() -> None:
    assert month_collection(a_history(TERMS, [LENT]), date(2020, 1, 9)) is None


def test_nothing_is_due_in_the_month_of_the_disbursement() -> None:
    found = collected(date(2020, 1, 31))

    assert (found.due, found.received) == (NOTHING, NOTHING)


def test_what_is_still_coming_this_month_is_due_already() -> None:
    found = collected(date(2020, 2, 1))

    assert (found.due_principal, found.due_interest) == (NOTHING, Money(FEBRUARY))
    assert found.on_time == NOTHING


def test_what_happens_after_the_day_is_not_looked_at() -> None:
    found = collected(date(2020, 2, 9), repayment("2020-02-10", FEBRUARY))

    assert (found.due, found.on_time) == (Money(FEBRUARY), NOTHING)


@pytest.mark.parametrize("day", ["2020-02-10", "2020-02-29"])
def test_paid_by_the_end_of_the_month_is_on_time(day: str) -> None:
    found = collected(END_OF_FEBRUARY, repayment(day, FEBRUARY))

    assert (found.on_time, found.received) == (Money(FEBRUARY), Money(FEBRUARY))
    assert (found.late, found.ahead, found.advanced) == (NOTHING, NOTHING, NOTHING)


def test_what_is_open_on_the_very_day_can_be_asked() -> None:
    paid = repayment("2020-02-10", 400_000)

    assert collected(date(2020, 2, 10), paid).open_on_day == Money(109_589)
    assert collected(date(2020, 2, 11), paid).open_on_day == NOTHING


def test_paid_a_month_later_is_late_and_never_on_time() -> None:
    paid = repayment("2020-03-05", FEBRUARY)

    assert collected(END_OF_FEBRUARY, paid).on_time == NOTHING
    march = collected(END_OF_MARCH, paid)
    assert (march.due, march.on_time, march.late) == (Money(MARCH), NOTHING, Money(FEBRUARY))


def test_credit_is_ahead_until_it_is_applied() -> None:
    paid = repayment("2020-02-10", 1_000_000)

    february = collected(END_OF_FEBRUARY, paid)
    assert (february.on_time, february.ahead) == (Money(FEBRUARY), Money(490_411))
    march = collected(END_OF_MARCH, paid)
    assert (march.on_time, march.advanced) == (Money(MARCH), Money(MARCH))
    assert (march.received, march.ahead) == (NOTHING, NOTHING)


def test_prepaid_principal_is_ahead() -> None:
    found = collected(
        END_OF_FEBRUARY, repayment("2020-02-10", FEBRUARY + 1_000_000, surplus="principal")
    )

    assert (found.on_time, found.ahead) == (Money(FEBRUARY), Money(1_000_000))


def test_principal_prepaid_earlier_is_on_time_in_its_month() -> None:
    """120 million in 12 parts; in January 10 million of February's principal come already."""
    terms = {"amount": 120_000_000, "repayment_method": "equal_principal"}
    lent = {**LENT, "amount": 120_000_000}
    paid = repayment("2020-01-20", 10_000_000, surplus="principal")

    february = collected(END_OF_FEBRUARY, paid, lent=lent, **terms)

    # 120 million for 10 days, then 110 million for 21 days.
    assert february.due_interest == Money(576_986)
    assert february.due_principal == Money(10_000_000)
    assert (february.on_time, february.advanced) == (Money(10_000_000), Money(10_000_000))
    assert february.received == NOTHING


def test_settling_pays_what_is_due_that_day_and_the_rest_ahead() -> None:
    """26 days' interest of 427 397 is charged on 5 February."""
    found = collected(END_OF_FEBRUARY, repayment("2020-02-05", 100_427_397))

    assert (found.due_principal, found.due_interest) == (NOTHING, Money(427_397))
    assert (found.on_time, found.ahead) == (Money(427_397), Money(100_000_000))


def test_of_a_rescheduled_instalment_only_what_was_paid_was_due() -> None:
    """10 million and 611 507 are due on 10/02; 5 million come, the rest is put off."""
    terms = {"amount": 120_000_000, "repayment_method": "equal_principal"}
    reschedule = {
        "id": "e3",
        "type": "reschedule",
        "date": "2020-02-20",
        "kind": "extend",
        "plan": [{"date": "2021-06-10", "amount": 115_611_507}],
    }
    lent = {**LENT, "amount": 120_000_000}

    found = collected(
        END_OF_FEBRUARY, repayment("2020-02-10", 5_000_000), reschedule, lent=lent, **terms
    )

    # On 20/02, overdue interest for 10 days on 5 611 507 at 9 %: 13 837, due that day.
    assert found.due_interest == Money(611_507 + 13_837)
    assert found.due_principal == Money(4_388_493)
    assert found.on_time == Money(5_000_000)


def test_after_a_write_off_nothing_falls_due() -> None:
    """The interest due on 10/02 and that of 5 days more was asked for, the principal not."""
    written_off = {"id": "e3", "type": "write_off", "date": "2020-02-15"}

    found = collected(date(2020, 2, 20), written_off)

    assert found.due_interest == Money(FEBRUARY + 82_192)
    assert found.due_principal == NOTHING


def test_what_was_due_before_a_write_off_stays_due() -> None:
    written_off = {"id": "e3", "type": "write_off", "date": "2020-02-15"}

    found = collected(date(2020, 2, 20), written_off, term_months=1)

    assert found.due_principal == Money(100_000_000)
    assert found.on_time == NOTHING


# What to bring


def test_arrears_are_what_was_open_when_the_month_began() -> None:
    """February unpaid; on 15/03 March is due too, and overdue interest there is none."""
    found = collected(date(2020, 3, 15))

    assert (found.arrears_principal, found.arrears_interest) == (NOTHING, Money(FEBRUARY))
    assert (found.arrears, found.to_pay) == (Money(FEBRUARY), Money(FEBRUARY + MARCH))


def test_what_was_brought_and_kept_as_credit_need_not_be_brought_again() -> None:
    found = collected(date(2020, 2, 5), repayment("2020-02-03", 500_000))

    assert found.to_pay == Money(FEBRUARY - 500_000)


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
    assert found.arrears == Money(6_000_000 + february)
    assert found.to_pay == Money(6_000_000 + february + march + overdue + since)


def test_nobody_is_asked_for_more_than_settles_the_loan() -> None:
    """The last month, paid on the first of January: interest through that day only."""
    paid = [repayment(f"2020-{month:02d}-10", 600_000, f"p{month}") for month in range(2, 13)]
    found = collected(date(2021, 1, 1), *paid)

    # Eleven months of interest were 6 × 509 589 + 4 × 493 151 + 476 712, of 6 600 000 paid; 22
    # days more are 361 644.
    assert found.due_principal == Money(100_000_000)
    assert found.to_pay == Money(100_000_000 + 5_506_850 + 361_644 - 6_600_000)


def test_a_loan_that_prepays_with_a_surplus_is_asked_for_what_is_due_already() -> None:
    before = collected(date(2020, 3, 9), surplus="principal")
    after = collected(date(2020, 3, 10), surplus="principal")

    assert before.to_pay == Money(FEBRUARY)
    assert after.to_pay == Money(FEBRUARY + MARCH)


@pytest.mark.parametrize("end", [[], [{"id": "w", "type": "write_off", "date": "2020-03-01"}]])
def test_what_is_over_is_asked_for_nothing(end: list[Any]) -> None:
    all_of_it = repayment("2020-02-10", 100_509_589)

    found = collected(END_OF_MARCH, *(end or [all_of_it]))

    assert found.to_pay == NOTHING


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_what_is_to_pay_leaves_nothing_open_at_the_end_of_the_month(case: Any) -> None:
    """Of any life of a loan: pay it on the day, and look at the month's last evening."""
    day = date.fromisoformat(case["as_of"])
    known = [one for one in case["events"] if one.get("date", "") <= case["as_of"]]
    try:
        history = a_history({**case["terms"], "surplus": "credit"}, known)
        found = month_collection(history, day)
    except LoanFundError:
        return
    if found is None or not found.to_pay:
        return
    paid = Repayment(id="paid", value_date=day, amount=found.to_pay)

    after = History(history.terms, (*history.events, paid))
    later = fold_loan(after, month_end(day)).position()

    assert later.principal_overdue == NOTHING
    assert later.interest_open + later.overdue_interest_open == NOTHING
    assert later.late_interest_open == NOTHING
