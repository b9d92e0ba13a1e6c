"""What is to be paid on a day, and what of it is what: by hand, and beside the oracle."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from loanfund.domain.money import NOTHING, Money
from loanfund.domain.to_pay import ToPay
from tests import oracle
from tests.loans import Json, folded, happened, lent, paid, plan
from tests.strategies import cases, last_day

# 100 million at 7.3 % from 15/01: 20 000 a day in term, 30 000 once overdue.
S = "2025-01-15"
FEBRUARY, MARCH = 31 * 20_000, 28 * 20_000


def to_pay(*events: Json, as_of: str, **terms: Any) -> ToPay:
    return folded(*events, as_of=as_of, **terms).to_pay()


def test_before_anything_is_due_nothing_is_to_be_paid_and_the_next_due_is_known() -> None:
    found = to_pay(lent(S), as_of="2025-02-14")

    assert (found.amount, found.next_amount) == (NOTHING, Money(FEBRUARY))
    assert found.next_due is not None
    assert found.next_due.due_date == date(2025, 2, 15)


def test_what_falls_due_on_the_day_is_todays_and_on_the_morrow_arrears() -> None:
    today, tomorrow = (to_pay(lent(S), as_of=f"2025-02-{day}") for day in (15, 16))

    assert (today.today_interest, today.arrears) == (Money(FEBRUARY), NOTHING)
    assert (tomorrow.today, tomorrow.arrears_interest) == (NOTHING, Money(FEBRUARY))
    assert today.amount == tomorrow.amount == Money(FEBRUARY)
    assert today.next_amount == Money(MARCH)


def test_penalties_are_what_was_charged_with_what_has_accrued_since() -> None:
    """50 million of principal due on 15/02: overdue at 15 000 a day, charged on 15/03."""
    halves = plan(("2025-02-15", 50_000_000), ("2026-01-15", 50_000_000))
    terms = {"repayment_method": "custom", "principal_plan": halves}

    found = to_pay(lent(S), as_of="2025-03-20", **terms)

    assert found.arrears_principal == Money(50_000_000)
    assert found.arrears_interest == Money(FEBRUARY + 28 * 10_000)
    assert (found.overdue_interest, found.late_interest) == (Money(33 * 15_000), NOTHING)
    assert found.amount == Money(50_000_000 + FEBRUARY + 280_000 + 495_000)


def test_what_a_part_payment_charges_is_no_due_of_the_day() -> None:
    """Ten days overdue, the principal alone is paid: its overdue interest is left, charged."""
    terms = {"repayment_method": "custom", "principal_plan": plan(("2025-02-15", 100_000_000))}

    found = to_pay(
        lent(S), paid("2025-02-25", 100_000_000 + FEBRUARY), as_of="2025-02-25", **terms
    )

    assert (found.arrears, found.today) == (NOTHING, NOTHING)
    assert found.amount == found.overdue_interest == Money(300_000)


def test_credit_is_taken_off_what_falls_due_next() -> None:
    part, whole = (
        to_pay(lent(S), paid("2025-02-15", FEBRUARY + more), as_of="2025-02-20")
        for more in (60_000, 700_000)
    )

    assert (part.amount, part.next_amount) == (NOTHING, Money(MARCH - 60_000))
    assert (whole.next_from_credit, whole.next_amount) == (Money(MARCH), NOTHING)


def test_credit_settles_what_is_the_last_due() -> None:
    """An amount beyond the interest due is paid by agreement before its day: credit waits."""
    terms = {"repayment_method": "custom", "principal_plan": plan(("2025-02-15", 100_000_000))}
    ahead = paid("2025-01-20", 99_000_000)
    split = paid("2025-02-14", 100_000, split={"interest": 100_000})

    found = to_pay(lent(S), ahead, split, as_of="2025-02-14", **terms)

    # 30 days of interest were charged, of which 100 000 are paid: 500 000 are due, and the
    # credit of 99 million is only applied on the 15th: what is due is to be paid by itself.
    assert (found.today_interest, found.credit) == (Money(500_000), Money(99_000_000))
    assert (found.from_credit, found.amount) == (NOTHING, Money(500_000))
    assert found.next_amount == Money(1_000_000 + 20_000)


@pytest.mark.parametrize(
    "end", [paid("2025-02-15", 100_620_000), happened("write_off", "2025-02-20")]
)
def test_what_is_over_asks_for_nothing(end: Json) -> None:
    assert to_pay(lent(S), end, as_of="2025-03-01") == ToPay(day=date(2025, 3, 1))


def test_before_the_first_disbursement_nothing_is_to_be_paid() -> None:
    assert to_pay(lent(S), as_of="2025-01-14") == ToPay(day=date(2025, 1, 14))


KINDS = ("interest", "overdue_interest", "late_interest")


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_it_is_what_the_oracle_finds_and_paying_it_leaves_nothing_due(case: Json) -> None:
    """Of any life of a loan, on a day after which nothing was recorded."""
    day = max(date.fromisoformat(case["as_of"]), last_day(case))
    case = {"terms": case["terms"], "events": case["events"], "as_of": day.isoformat()}
    known = oracle.simulate(case)
    if "error" in known:
        return
    place = known["position"]
    is_active = place["status"] == "active"
    owed = place["principal_overdue"] + sum(place[f"{kind}_open"] for kind in KINDS)
    owed += place["accrued_overdue_interest"] + place["accrued_late_interest"]
    amount = min(owed, place["settlement_amount"]) if is_active else 0

    found = folded(*case["events"], as_of=case["as_of"], **case["terms"]).to_pay()

    assert found.amount == Money(amount)
    assert found.next_amount == Money(after_credit(place, owed - amount))
    if amount:
        pay_it(case, day, amount)


def after_credit(place: Json, used: int) -> int:
    """What falls due next, less the credit that is left."""
    due = place["next_due"]
    return max(0, due["principal"] + due["interest"] - place["credit"] + used) if due else 0


def pay_it(case: Json, day: date, amount: int) -> None:
    """Pay the amount by the oracle: neither that evening nor on the morrow anything is due."""
    payment = {"id": "paid", "type": "repayment", "date": day.isoformat(), "amount": amount}
    later = {**case, "events": [*case["events"], payment]}
    evening, morrow = (
        oracle.simulate({**later, "as_of": (day + timedelta(days=days)).isoformat()})[
            "position"
        ]
        for days in (0, 1)
    )
    assert evening["principal_overdue"] == 0
    assert [evening[f"{kind}_open"] for kind in KINDS] == [0, 0, 0]
    assert evening["accrued_overdue_interest"] + evening["accrued_late_interest"] == 0
    assert (evening["days_past_due"], morrow["days_past_due"]) == (0, 0)
