"""What must hold of every history that the rules allow."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from loanfund.domain.errors import RuleViolationError
from loanfund.domain.simulation import simulate
from tests.loans import TERMS, Json, happened, lent, numbered
from tests.strategies import cases, last_day

pytestmark = pytest.mark.slow

SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
PARTS = ("principal", "interest", "overdue_interest", "late_interest")
MONEY_IN = {"repayment", "recovery"}  # what exceeds all that is owed is credit (rules §§7, 8)
BEYOND_THE_WRITTEN_OFF = {
    "terms": TERMS,
    "events": numbered(
        [
            lent("2025-01-15"),
            happened("write_off", "2025-01-15"),
            happened("recovery", "2025-01-16", amount=100_000_001),
        ]
    ),
    "as_of": "2025-01-16",
}


def answer(case: Mapping[str, Any], **changes: Any) -> Json | None:
    """What the program answers; None where the rules refuse the case."""
    try:
        return simulate({**case, **changes})
    except RuleViolationError:
        return None


@SOME
@given(case=cases())
def test_outstanding_is_disbursed_less_repaid_less_written_off(case: Json) -> None:
    found = answer(case)

    if found is not None:
        place = found["position"]
        left = place["principal_disbursed"] - place["principal_repaid"]
        assert place["principal_outstanding"] == left - place["written_off_principal"] >= 0
        assert 0 <= place["principal_overdue"] <= place["principal_outstanding"]
        assert place["credit"] >= 0


@SOME
@given(case=cases())
@example(case=BEYOND_THE_WRITTEN_OFF)
def test_every_row_says_where_all_of_its_money_went(case: Json) -> None:
    for row in (answer(case) or {"transactions": []})["transactions"]:
        parts = sum(row[part] for part in PARTS)
        if row["type"] == "credit_refund":
            assert (parts, row["credit"]) == (0, -row["amount"])
        elif row["type"] == "credit_applied":
            assert (parts, row["credit"]) == (row["amount"], -row["amount"])
        else:
            assert parts + row["credit"] == row["amount"]
            assert row["credit"] == 0 or row["type"] in MONEY_IN
        assert row["principal_balance"] >= 0


@SOME
@given(case=cases())
def test_every_charge_is_paid_waived_written_off_or_open(case: Json) -> None:
    for charge in (answer(case) or {"charges": []})["charges"]:
        parts = [charge[part] for part in ("paid", "waived", "written_off", "open")]
        assert sum(parts) == charge["amount"] > 0
        assert min(parts) >= 0
        # The lines explain the charge to within what two decimals hide.
        cents = sum(int(line["amount"].replace(".", "")) for line in charge["lines"])
        assert abs(cents - 100 * charge["amount"]) <= 50 + len(charge["lines"])


@SOME
@given(case=cases())
def test_a_schedule_comes_to_an_end(case: Json) -> None:
    rows = (answer(case) or {"schedule": []})["schedule"]

    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(a["due_date"] < b["due_date"] for a, b in pairwise(rows))
    assert all(row["total"] == row["principal"] + row["interest"] for row in rows)
    for before, after in pairwise(rows):
        assert after["principal_balance"] == before["principal_balance"] - after["principal"]
    assert not rows or rows[-1]["principal_balance"] == 0


@SOME
@given(case=cases())
def test_paying_what_settles_closes_the_loan(case: Json) -> None:
    case = {**case, "known_on": None, "as_of": last_day(case).isoformat()}
    place = (answer(case) or {"position": {"status": "refused"}})["position"]
    if place["status"] != "active" or not place["settlement_amount"]:
        return
    settling = {
        "id": "settling",
        "type": "repayment",
        "date": case["as_of"],
        "amount": place["settlement_amount"],
    }

    after = answer(case, events=[*case["events"], settling])

    assert after is not None
    assert (after["position"]["status"], after["position"]["credit"]) == ("closed", 0)
    assert after["position"]["interest_deferred"] == 0


@SOME
@given(case=cases(), amount=st.integers(1, 10**9))
def test_a_reversal_restores_everything(case: Json, amount: int) -> None:
    day = last_day(case).isoformat()
    case = {**case, "known_on": None}
    mistake = {"id": "mistake", "type": "repayment", "date": day, "amount": amount}
    undone = {"id": "undone", "type": "reversal", "date": day, "of": "mistake"}

    before, after = answer(case), answer(case, events=[*case["events"], mistake, undone])

    assert after == before


@SOME
@given(case=cases(), data=st.data())
def test_events_of_different_days_may_be_typed_in_any_order(
    case: Json, data: st.DataObject
) -> None:
    days = [event["date"] for event in case["events"]]
    if any(event["type"] in {"reversal", "amend"} for event in case["events"]):
        return
    order = data.draw(st.permutations(sorted(set(days))))
    shuffled = sorted(case["events"], key=lambda event: order.index(event["date"]))

    assert answer(case, events=shuffled) == answer(case)


@SOME
@given(case=cases())
def test_what_happens_later_changes_no_answer(case: Json) -> None:
    types = {event["type"] for event in case["events"]}
    if types & {"reversal", "amend"} or answer(case) is None:
        return
    until_then = [event for event in case["events"] if event["date"] <= case["as_of"]]

    assert answer(case, events=until_then) == answer(case)
