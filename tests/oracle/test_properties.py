"""What must hold of every case, so that oracle and strategies can be trusted."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.oracle import simulate
from tests.strategies import cases

FEW = settings(max_examples=10, deadline=None)


@pytest.mark.slow
@FEW
@given(case=cases())
def test_principal_is_outstanding_repaid_or_written_off(case: dict[str, Any]) -> None:
    position = simulate(case).get("position")

    if position is not None:
        assert position["principal_disbursed"] == (
            position["principal_outstanding"]
            + position["principal_repaid"]
            + position["written_off_principal"]
        )


@pytest.mark.slow
@FEW
@given(case=cases())
def test_paying_the_settlement_amount_closes_the_loan(case: dict[str, Any]) -> None:
    position = simulate(case).get("position", {"status": "refused"})

    if position["status"] == "active" and position["settlement_amount"]:
        settling = {
            "id": "settling",
            "type": "repayment",
            "date": case["as_of"],
            "amount": position["settlement_amount"],
        }
        after = simulate({**case, "events": [*case["events"], settling]})["position"]
        assert (after["status"], after["credit"]) == ("closed", 0)
