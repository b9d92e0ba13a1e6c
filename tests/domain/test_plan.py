"""What new events would do to a loan before they are posted."""

from collections.abc import Sequence
from datetime import date

import pytest

from loanfund.domain.account import LoanStatus
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import InvalidEventError, SplitMismatchError
from loanfund.domain.event import Event
from loanfund.domain.money import Money
from loanfund.domain.plan import Contract, Plan, plan_events
from tests.loans import TERMS, Json, lent, numbered, paid

S = "2025-01-15"
TODAY = date(2025, 3, 20)


def read(events: Sequence[Json]) -> list[Event]:
    return [parse_event(event) for event in events]


def planned(*recorded: Json, new: Sequence[Json], today: date = TODAY) -> Plan:
    contract = Contract(parse_terms(TERMS), read(numbered(recorded)))
    return plan_events(contract, read(new), today)


def new(event: Json, name: str = "n1") -> Json:
    return {**event, "id": name}


def test_a_plan_shows_the_loan_before_and_after_and_the_new_rows() -> None:
    plan = planned(lent(S), new=[new(paid("2025-02-15", 620_000))])

    assert plan.position_before.interest_open == Money(1_180_000)
    assert plan.position_after.interest_open == Money(560_000)
    assert [(row.event, row.interest) for row in plan.rows] == [("n1", Money(620_000))]
    assert plan.resplit == ()


def test_a_backdated_payment_splits_later_ones_anew() -> None:
    # 1,180,000 on 15 March paid February and March; now half of it is left over.
    plan = planned(
        lent(S), paid("2025-03-15", 1_180_000), new=[new(paid("2025-02-15", 620_000))]
    )

    (changed,) = plan.resplit
    assert changed.before is not None
    assert changed.after is not None
    assert changed.before.event == changed.after.event == "e2"
    assert (changed.before.interest, changed.before.credit) == (Money(1_180_000), Money(0))
    assert (changed.after.interest, changed.after.credit) == (Money(560_000), Money(620_000))


def test_applied_credit_may_come_and_go() -> None:
    # Half a million too much in February is applied in March; with March paid ahead it is not.
    coming = planned(lent(S), new=[new(paid("2025-02-15", 1_120_000))])
    going = planned(
        lent(S), paid("2025-02-15", 1_120_000), new=[new({"type": "reversal", "of": "e2"})]
    )

    assert [(row.before, row.after is not None) for row in coming.resplit] == [(None, True)]
    assert [(row.before is not None, row.after) for row in going.resplit] == [
        (True, None),
        (True, None),
    ]


def test_events_after_the_business_date_wait() -> None:
    with pytest.raises(InvalidEventError) as refusal:
        planned(lent(S), new=[new(paid("2025-03-21", 5))])

    assert (refusal.value.reason, refusal.value.event) == ("after_business_date", "n1")


def test_a_refusal_names_the_later_event_that_became_impossible() -> None:
    split = paid("2025-02-20", 720_000, split={"interest": 720_000})

    with pytest.raises(SplitMismatchError) as refusal:
        planned(lent(S), split, new=[new(paid("2025-02-15", 620_000))])

    assert refusal.value.event == "e2"
    assert refusal.value.facts["later"] == "e2"


def test_a_refusal_of_the_new_event_names_no_later_one() -> None:
    with pytest.raises(SplitMismatchError) as refusal:
        planned(lent(S), new=[new(paid("2025-02-15", 5, split={"interest": 4}))])

    assert refusal.value.event == "n1"
    assert "later" not in refusal.value.facts


def test_the_first_disbursement_is_planned_from_a_quote() -> None:
    plan = planned(new=[new(lent(S))])

    assert plan.position_before.status is LoanStatus.APPROVED
    assert plan.position_after.principal_outstanding == Money(100_000_000)
