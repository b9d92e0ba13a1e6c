"""Events to and from JSON; what is malformed is refused whatever the loan."""

from typing import Any

import pytest

from loanfund.domain.codec import dump_event, parse_event
from loanfund.domain.errors import InvalidEventError, PlanMismatchError
from loanfund.domain.event import check_event
from tests.loans import Json, happened, lent, paid, plan

DAY = "2025-02-15"
RESCHEDULE = happened("reschedule", DAY, kind="extend", plan=plan(("2025-06-15", 5)))

WELL_FORMED: list[Json] = [
    lent(DAY),
    {**lent(DAY), "method": "cash"},
    paid(DAY, 5),
    paid(DAY, 5, surplus="principal"),
    paid(DAY, 5, split={"interest": 2, "principal": 3}),
    paid(DAY, 5, split={"interest": 0, "late_interest": 5}, method="cash"),
    happened("rate_change", DAY, annual_rate="6.5"),
    RESCHEDULE,
    {**RESCHEDULE, "unpaid_interest_due": "2025-05-15", "keeps_debt_group": True},
    happened("freeze", DAY, until="2025-02-16"),
    happened("interest_waiver", DAY, amount=5, of="any"),
    happened("interest_waiver", DAY, amount=5, of="interest", keeps_debt_group=True),
    happened("write_off", DAY),
    happened("recovery", DAY, amount=5),
    happened("credit_refund", DAY, amount=5),
    {"type": "amend", "terms": {"annual_rate": "6", "interest_day": None}},
    {"type": "reversal", "of": "e1"},
    {**paid(DAY, 5), "replaces": "e0"},
]


@pytest.mark.parametrize("event", WELL_FORMED, ids=lambda event: str(event["type"]))
def test_an_event_reads_back_as_it_was_written(event: Json) -> None:
    read = parse_event({"id": "e1", **event})

    check_event(read)
    assert parse_event(dump_event(read)) == read
    assert dump_event(read) == {"id": "e1", **event}


def test_defaults_and_nulls_are_not_written() -> None:
    event = {"id": "e1", **paid(DAY, 5, split=None, surplus=None, method="bank")}

    assert dump_event(parse_event(event)) == {"id": "e1", **paid(DAY, 5)}


def test_what_only_says_when_it_was_written_down_is_not_kept() -> None:
    event = {"id": "e2", "type": "reversal", "of": "e1", "date": DAY, "recorded_on": DAY}

    assert dump_event(parse_event(event)) == {"id": "e2", "type": "reversal", "of": "e1"}


MALFORMED: list[tuple[str, Any]] = [
    ("no object", "repayment"),
    ("no type", {"date": DAY, "amount": 5}),
    ("unknown type", happened("gift", DAY, amount=5)),
    ("a type that is no text", {"type": ["repayment"], "date": DAY}),
    ("no date", {"type": "repayment", "amount": 5}),
    ("no such day", paid("2025-02-29", 5)),
    ("a day written otherwise", paid("15/02/2025", 5)),
    ("a year no loan sees", paid("3000-01-01", 5)),
    ("no amount", happened("repayment", DAY)),
    ("an amount of nothing", paid(DAY, 0)),
    ("a negative amount", paid(DAY, -5)),
    ("a broken amount", paid(DAY, 5.0)),  # type: ignore[arg-type]
    ("a field of another event", {**paid(DAY, 5), "until": "2025-03-01"}),
    ("an unknown method", paid(DAY, 5, method="gold")),
    ("an unknown surplus", paid(DAY, 5, surplus="tip")),
    ("a split of something else", paid(DAY, 5, split={"fees": 5})),
    ("a split that is a list", paid(DAY, 5, split=[5])),
    ("a rate as a number", happened("rate_change", DAY, annual_rate=6)),
    ("a rate below 0", happened("rate_change", DAY, annual_rate="-6")),
    ("a rate of five decimals", happened("rate_change", DAY, annual_rate="6.00001")),
    ("a freeze of no day", happened("freeze", DAY, until=DAY)),
    ("an unknown waiver", happened("interest_waiver", DAY, amount=5, of="principal")),
    ("a waiver of nothing", happened("interest_waiver", DAY, amount=0, of="any")),
    ("an unknown kind", {**RESCHEDULE, "kind": "forgive"}),
    ("interest due at once", {**RESCHEDULE, "unpaid_interest_due": DAY}),
    ("no plan", {**RESCHEDULE, "plan": None}),
    ("a plan without amounts", {**RESCHEDULE, "plan": [{"date": "2025-06-15"}]}),
    ("yes as a text", {**RESCHEDULE, "keeps_debt_group": "yes"}),
    ("amended terms that are none", {"type": "amend", "terms": {"colour": "red"}}),
    ("a reversal of nothing", {"type": "reversal"}),
    ("recorded on no day", paid(DAY, 5, recorded_on="yesterday")),
    ("replacing a number", paid(DAY, 5, replaces=7)),
]


@pytest.mark.parametrize(
    "event", [event for _, event in MALFORMED], ids=[name for name, _ in MALFORMED]
)
def test_a_malformed_event_is_refused(event: Any) -> None:
    given = {"id": "e7", **event} if isinstance(event, dict) else event

    with pytest.raises(InvalidEventError) as refusal:
        check_event(parse_event(given))

    assert refusal.value.event == ("e7" if isinstance(event, dict) else None)


@pytest.mark.parametrize("name", [None, "", 7])
def test_an_event_needs_an_id(name: Any) -> None:
    with pytest.raises(InvalidEventError) as refusal:
        parse_event({**paid(DAY, 5), "id": name})

    assert refusal.value.event is None


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (("2025-06-15", 0),),
        (("2025-06-15", 5), ("2025-06-15", 5)),
        ((DAY, 5),),
    ],
    ids=["empty", "an amount of nothing", "twice the same day", "not after the rescheduling"],
)
def test_a_plan_that_fits_no_loan_is_refused(rows: tuple[tuple[str, int], ...]) -> None:
    event = parse_event({"id": "e7", **RESCHEDULE, "plan": plan(*rows)})

    with pytest.raises(PlanMismatchError) as refusal:
        check_event(event)

    assert refusal.value.event == "e7"
