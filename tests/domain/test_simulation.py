"""`simulate`: the worked cases, the shape of section 11, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from loanfund.domain.errors import InvalidInputError, RuleViolationError
from loanfund.domain.simulation import simulate
from tests.loans import TERMS, Json, columns, lent, paid, position, refused, told
from tests.worked import PARAMETERS, as_worked

S = "2025-01-15"
DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize("worked", PARAMETERS)
def test_a_worked_case_comes_out_to_the_dong(worked: Json) -> None:
    expected = dict(worked["expected"])
    try:
        found = as_worked(simulate(worked["case"]))
    except RuleViolationError as refusal:
        found = {"error": {"code": refusal.code, "event": refusal.event}}

    assert found == expected


def test_the_answer_is_plain_json() -> None:
    answer = told(lent(S), paid("2025-02-15", 620_000), as_of="2025-03-20")

    assert json.loads(json.dumps(answer)) == answer


def test_the_example_of_section_11() -> None:
    # 300 million at 4.8 % over two years; the first month paid; five days later.
    answer = told(
        lent("2024-01-15", 300_000_000),
        paid("2024-02-15", 1_223_014),
        as_of="2024-02-20",
        amount=300_000_000,
        annual_rate="4.8",
        term_months=24,
    )

    assert answer["charges"] == [
        {
            "kind": "interest",
            "from": "2024-01-15",
            "to": "2024-02-15",
            "due_date": "2024-02-15",
            "amount": 1_223_014,
            "paid": 1_223_014,
            "waived": 0,
            "written_off": 0,
            "open": 0,
            "lines": [
                {
                    "from": "2024-01-15",
                    "to": "2024-02-15",
                    "days": 31,
                    "balance": 300_000_000,
                    "annual_rate": "4.8",
                    "amount": "1223013.70",
                }
            ],
        }
    ]
    assert answer["transactions"][1] == {
        "id": "e2",
        "type": "repayment",
        "date": "2024-02-15",
        "amount": 1_223_014,
        "principal": 0,
        "interest": 1_223_014,
        "overdue_interest": 0,
        "late_interest": 0,
        "credit": 0,
        "principal_balance": 300_000_000,
    }
    assert answer["schedule"][0] == {
        "number": 1,
        "due_date": "2024-02-15",
        "principal": 0,
        "interest": 1_223_014,
        "total": 1_223_014,
        "principal_balance": 300_000_000,
    }
    assert answer["position"] == {
        "as_of": "2024-02-20",
        "status": "active",
        "principal_disbursed": 300_000_000,
        "principal_repaid": 0,
        "principal_outstanding": 300_000_000,
        "principal_overdue": 0,
        "interest_open": 0,
        "interest_deferred": 0,
        "overdue_interest_open": 0,
        "late_interest_open": 0,
        "accrued_interest": 197_260,  # 300,000,000 × 4.8 % × 5 / 365 = 197,260.27
        "accrued_overdue_interest": 0,
        "accrued_late_interest": 0,
        "credit": 0,
        "settlement_amount": 300_197_260,
        "days_past_due": 0,
        "maturity_date": "2026-01-15",
        "next_due": {"date": "2024-03-15", "principal": 0, "interest": 1_144_110},
        "debt_group": 1,
        "written_off_principal": 0,
        "written_off_interest": 0,
        "recovered": 0,
    }


# The quote.


def test_without_events_the_terms_are_quoted_as_of_the_day() -> None:
    answer = told(as_of=S)

    assert answer["position"]["status"] == "approved"
    assert answer["position"]["maturity_date"] == "2026-01-15"
    assert answer["position"]["debt_group"] is None
    assert answer["position"]["next_due"] is None
    assert (answer["charges"], answer["transactions"]) == ([], [])
    assert answer["schedule"] == told(lent(S), as_of=S)["schedule"]
    numbers = [value for value in answer["position"].values() if isinstance(value, int)]
    assert set(numbers) == {0}


def test_before_the_first_disbursement_it_is_still_a_quote() -> None:
    answer = told(lent(S), as_of="2025-01-01")

    assert answer["position"]["status"] == "approved"
    assert answer["schedule"][0]["due_date"] == "2025-02-01"


def test_an_impossible_quote_names_no_event() -> None:
    assert refused(
        as_of=S, repayment_method="equal_principal", principal_rounding=1_000_000_000
    ) == ("invalid_terms", None)


# What falls due next.


@pytest.mark.parametrize(
    ("events", "as_of", "expected"),
    [
        ((), "2025-01-20", ("2025-02-15", 25_000_000, 620_000)),
        ((paid("2025-02-15", 25_620_000),), "2025-02-15", ("2025-03-15", 25_000_000, 420_000)),
        # March's instalment is paid ahead: 28 days at 10,000 are due then.
        (
            (paid("2025-02-15", 50_620_000, surplus="principal"),),
            "2025-02-15",
            ("2025-03-15", 0, 280_000),
        ),
        # All principal paid ahead: its five days of interest are due in March, then nothing.
        (
            (
                paid("2025-02-15", 25_620_000),
                paid("2025-02-20", 75_074_999, surplus="principal"),
            ),
            "2025-02-20",
            ("2025-03-15", 0, 75_000),
        ),
    ],
)
def test_what_falls_due_next(
    events: tuple[Json, ...], as_of: str, expected: tuple[str, int, int]
) -> None:
    place = position(
        lent(S), *events, as_of=as_of, term_months=4, repayment_method="equal_principal"
    )

    assert columns([place["next_due"]], "date", "principal", "interest") == [expected]


def test_a_day_on_which_the_interest_rounds_to_nothing_is_passed_over() -> None:
    # 10 đồng at 7.3 %: 0.002 a day, nothing before the principal comes back.
    place = position(lent(S, 10), as_of=S, amount=10)

    assert place["next_due"] == {"date": "2026-01-15", "principal": 10, "interest": 0}


def test_nothing_more_falls_due_once_all_of_it_has() -> None:
    # Everything was due on 15 February; what accrues on it are penalties.
    assert position(lent(S), as_of="2025-02-20", term_months=1)["next_due"] is None


# The schedule in force.


def test_the_schedule_is_the_last_version_and_counts_what_was_due_as_paid() -> None:
    # Nothing is paid; a new rate on 20 February makes the version: 25 million of February count
    # as paid, five days at 15,000 and 23 at 30,000 fall due in March.
    rate_change = {"type": "rate_change", "date": "2025-02-20", "annual_rate": "14.6"}

    answer = told(
        lent(S),
        rate_change,
        as_of="2025-04-20",
        term_months=4,
        repayment_method="equal_principal",
    )

    rows = columns(answer["schedule"], "number", "due_date", "principal", "interest")
    assert rows[0] == (1, "2025-03-15", 25_000_000, 75_000 + 690_000)
    assert len(rows) == 3


@pytest.mark.parametrize(
    "events",
    [
        (paid("2025-02-15", 100_620_000),),
        ({"type": "write_off", "date": "2025-02-15"},),
    ],
)
def test_a_closed_or_written_off_loan_has_no_schedule(events: tuple[Json, ...]) -> None:
    assert told(lent(S), *events, as_of="2025-03-01")["schedule"] == []


# What is no case.


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (None, "case"),
        ([], "case"),
        ({"terms": TERMS, "events": [], "as_of": S, "colour": "red"}, "case"),
        ({"terms": TERMS, "events": []}, "day"),
        ({"terms": TERMS, "events": [], "as_of": "15/01/2025"}, "day"),
        ({"terms": TERMS, "events": [], "as_of": S, "known_on": "later"}, "day"),
    ],
)
def test_what_is_no_case_is_refused(case: Any, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        simulate(case)

    assert refusal.value.reason == reason


@pytest.mark.parametrize("events", [None, "e1", {"id": "e1"}, 5])
def test_events_are_a_list(events: Any) -> None:
    with pytest.raises(RuleViolationError) as refusal:
        simulate({"terms": TERMS, "events": events, "as_of": S})

    assert (refusal.value.code, refusal.value.event) == ("invalid_event", None)


def test_a_malformed_event_hides_behind_no_later_knowledge() -> None:
    # Without `known_on` everything counts; an event that is no object is always looked at.
    case = {"terms": TERMS, "events": [lent(S) | {"id": "e1"}, 5], "as_of": S, "known_on": S}

    with pytest.raises(RuleViolationError):
        simulate(case)
