"""What fell due in a month and what came in for it, worked by hand (rules §10)."""

from datetime import date
from typing import Any

import pytest

from loanfund.domain.collection import Collection, month_collection
from loanfund.domain.money import NOTHING, Money
from tests.statements import a_history

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
    total = found.on_time + found.late + found.ahead + found.returned - found.advanced
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


def test_money_that_was_paid_back_is_not_ahead() -> None:
    """490 411 too much came on 10/02; 400 000 of it is paid back, in that month or the next."""
    paid = repayment("2020-02-10", 900_000 + FEBRUARY - 409_589)
    back = {"id": "e3", "type": "credit_refund", "amount": 400_000}

    at_once = collected(END_OF_FEBRUARY, paid, {**back, "date": "2020-02-20"})
    march = collected(END_OF_MARCH, paid, {**back, "date": "2020-03-05"})

    assert (at_once.received, at_once.returned) == (Money(1_000_000), Money(400_000))
    assert at_once.ahead == Money(90_411)
    assert (march.received, march.returned, march.ahead) == (NOTHING, NOTHING, NOTHING)
    assert march.advanced == march.on_time == Money(90_411)


def test_of_the_interest_due_what_delay_costs_is_told_apart() -> None:
    """On 10/03 overdue interest on nothing: only unpaid interest; at 10 % late, 29 days."""
    march = collected(END_OF_MARCH, late_interest_rate="10")

    late = Money(4_049)  # 509 589 × 10 % × 29 / 365 = 4 048.79
    assert (march.due_in_term, march.due_penalties) == (Money(MARCH), late)
    assert march.due == Money(MARCH) + late


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
