"""The program against the oracle: two readings of docs/rules.md that share no code."""

import os
from datetime import date, timedelta
from inspect import signature
from time import monotonic
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.debt_group import group_by_days
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.folded import FoldedLoan, fold_loan, positions
from loanfund.domain.history import History, read_history
from loanfund.domain.simulation import simulate
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.surplus import surplus_choice
from tests import oracle
from tests.strategies import cases, last_day, mangled_cases

pytestmark = pytest.mark.slow

Json = dict[str, Any]
MINUTES = float(os.environ.get("LOANFUND_TEST_SOAK_MINUTES", "10"))
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]


def examples(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=SLOW_IS_FINE)


def answer(case: Json) -> Json:
    """The program's result, a refusal as its code and the event it names."""
    try:
        return simulate(case)
    except RuleViolationError as refusal:
        return {"error": {"code": refusal.code, "event": refusal.event}}


@examples(30)
@given(case=cases())
def test_the_program_answers_as_the_oracle_does(case: Json) -> None:
    assert answer(case) == oracle.simulate(case)


@examples(20)
@given(case=mangled_cases())
def test_what_is_malformed_is_refused_as_the_oracle_refuses_it(case: Json) -> None:
    assert answer(case) == oracle.simulate(case)


@pytest.mark.soak
def test_they_agree_for_as_long_as_one_cares_to_wait() -> None:
    many = settings(examples(500), phases=[Phase.generate, Phase.shrink])
    end = monotonic() + MINUTES * 60

    @many
    @given(case=st.one_of(cases(), cases(), cases(), mangled_cases()))
    def they_agree(case: Json) -> None:
        assert answer(case) == oracle.simulate(case)

    while monotonic() < end:
        they_agree()


@examples(30)
@given(case=cases())
def test_a_surplus_is_a_decision_where_the_position_says_so(case: Json) -> None:
    """What is left is the credit that it becomes; the position tells the rest (section 7)."""
    plain = [
        place
        for place, event in enumerate(case["events"])
        if event["type"] == "repayment" and not event.get("split")
    ]
    if not plain:
        return
    last = {**case["events"][plain[-1]], "surplus": "credit"}
    events = [*case["events"][: plain[-1]], last]
    kept = oracle.simulate({**case, "events": events, "as_of": last["date"], "known_on": None})
    row = next((one for one in kept.get("transactions", ()) if one["id"] == last["id"]), None)
    if row is None:
        return

    choice = surplus_choice(folded_case({**case, "events": events}, last["date"]), last["id"])

    place = kept["position"]
    if place["status"] != "active" or row["credit"] <= 0:
        assert choice is None
        return
    due = place["next_due"] or {"principal": 0, "interest": 0}
    next_due = due["principal"] + due["interest"]
    is_decision = row["credit"] > next_due or place["settlement_amount"] < next_due
    assert choice is not None
    assert (choice.amount.dong, choice.is_decision) == (row["credit"], is_decision)
    assert choice.saved.dong >= 0


def folded_case(case: Json, day: str) -> FoldedLoan:
    history = read_history(
        parse_terms(case["terms"]), [parse_event(event) for event in case["events"]]
    )
    return fold_loan(history, date.fromisoformat(day))


# One fold answers for many days, and a snapshot for every day of its span.


def possible_history(case: Json) -> History | None:
    """The history of a case through its last event; None where the rules refuse it."""
    try:
        terms = parse_terms(case["terms"])
        history = read_history(terms, [parse_event(event) for event in case["events"]])
        fold_loan(history, last_day(case))
    except RuleViolationError:
        return None
    return history


@examples(30)
@given(case=cases(), data=st.data())
def test_a_day_of_the_past_does_not_know_the_future(case: Json, data: st.DataObject) -> None:
    history = possible_history(case)
    if history is None:
        return
    last = last_day(case) + timedelta(days=60)
    first = min(event.value_date for event in history.events) if history.events else last
    days = sorted(data.draw(st.sets(st.dates(first - timedelta(days=2), last), max_size=8)))

    at_once = list(positions(history, [*days, last]))[:-1]

    alone = [fold_loan(history, day) for day in days]
    assert at_once == [
        folded.position() if folded.state is not None else None for folded in alone
    ]


@examples(30)
@given(case=cases(), data=st.data())
def test_a_snapshot_holds_for_each_day_of_its_span(case: Json, data: st.DataObject) -> None:
    history = possible_history(case)
    if history is None or not history.events:
        return
    first = history.events[0].value_date
    as_of = data.draw(st.dates(first, last_day(case) + timedelta(days=60)))

    snapshot = fold_loan(history, as_of).snapshot()

    assert snapshot is not None
    assert snapshot.valid_through >= as_of
    for day in some_days(as_of, snapshot.valid_through):
        assert_speaks_for(snapshot, history, day)


def some_days(first: date, last: date) -> list[date]:
    """Both ends of a span, days about its start, and the thresholds of days past due."""
    steps = (0, 1, 2, 9, 10, 29, 30, 31, 89, 90, 91, 179, 180, 360, 361)
    most = (last - first).days
    return [first + timedelta(days=step) for step in {*steps, most} if step <= most]


def assert_speaks_for(snapshot: Snapshot, history: History, day: date) -> None:
    fresh = fold_loan(history, day)
    position = fresh.position()
    rule_set = history.terms.debt_rule_set
    shared = set(type(snapshot).__slots__) & set(type(position).__slots__) - {
        "as_of",
        "days_past_due",
    }

    assert {name: getattr(snapshot, name) for name in shared} == {
        name: getattr(position, name) for name in shared
    }
    assert snapshot.days_past_due(day) == position.days_past_due
    assert snapshot.to_pay(day) == fresh.to_pay()
    assert snapshot.settlement(day) == position.settlement_amount
    assert snapshot.accrued(day) == (
        position.accrued_interest,
        position.accrued_overdue_interest,
        position.accrued_late_interest,
    )
    assert snapshot.own_group(day, rule_set) == position.debt_group
    if position.next_due is None:
        assert snapshot.next_due_date is None
    else:
        assert snapshot.next_due_date == position.next_due.due_date
        assert snapshot.next_due_principal == position.next_due.principal
        assert snapshot.next_due_interest == position.next_due.interest
    if position.debt_group is not None:
        assert position.debt_group >= group_by_days(rule_set, position.days_past_due)


@pytest.mark.soak
@pytest.mark.parametrize(
    "property_of_a_case",
    [
        test_a_surplus_is_a_decision_where_the_position_says_so,
        test_a_day_of_the_past_does_not_know_the_future,
        test_a_snapshot_holds_for_each_day_of_its_span,
    ],
)
def test_it_holds_for_many_more_cases(property_of_a_case: Any) -> None:
    inner = property_of_a_case.hypothesis.inner_test
    drawn: dict[str, Any] = {"case": cases()}
    if "data" in signature(inner).parameters:
        drawn["data"] = st.data()
    examples(1_000)(given(**drawn)(inner))()
