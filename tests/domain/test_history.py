"""Which events count, in which order (section 2)."""

import pytest

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import (
    InvalidEventError,
    InvalidTermsError,
    RuleViolationError,
    UnknownReversalError,
)
from loanfund.domain.history import History, read_history
from tests.loans import TERMS, Json, happened, lent, numbered, paid, position, refused, told


def read(*events: Json) -> History:
    return read_history(parse_terms(TERMS), [parse_event(event) for event in numbered(events)])


def ids(*events: Json) -> list[str]:
    return [event.id for event in read(*events).events]


def reversal(of: str) -> Json:
    return {"type": "reversal", "of": of}


def amendment(**terms: object) -> Json:
    return {"type": "amend", "terms": terms}


def test_events_count_by_value_date_and_within_a_day_as_recorded() -> None:
    assert ids(
        lent("2025-01-15"),
        paid("2025-03-15", 5),
        paid("2025-02-15", 5),
        paid("2025-03-15", 6),
        paid("2025-02-15", 6),
    ) == ["e1", "e3", "e5", "e2", "e4"]


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    # e2 is reversed and recorded again as e5: before e3 of the same day, not after it.
    assert ids(
        lent("2025-01-15"),
        paid("2025-02-15", 5),
        paid("2025-02-15", 6),
        reversal("e2"),
        {**paid("2025-02-15", 7), "replaces": "e2"},
    ) == ["e1", "e5", "e3"]


def test_a_correction_of_a_correction_takes_the_first_place() -> None:
    assert ids(
        lent("2025-01-15"),
        paid("2025-02-15", 5),
        paid("2025-02-15", 6),
        reversal("e2"),
        {**paid("2025-02-15", 7), "replaces": "e2"},
        reversal("e5"),
        {**paid("2025-02-15", 8), "replaces": "e5"},
    ) == ["e1", "e7", "e3"]


def test_a_reversed_event_never_happened() -> None:
    assert ids(lent("2025-01-15"), paid("2025-02-15", 5), reversal("e2")) == ["e1"]


@pytest.mark.parametrize(
    "events",
    [
        (reversal("e9"),),
        (reversal("e3"), paid("2025-02-15", 5)),  # recorded only later
        (paid("2025-02-15", 5), reversal("e2"), reversal("e2")),
        (paid("2025-02-15", 5), reversal("e2"), reversal("e3")),
    ],
    ids=["unknown", "not yet", "twice", "a reversal"],
)
def test_an_unknown_reversal_names_no_event(events: tuple[Json, ...]) -> None:
    with pytest.raises(UnknownReversalError) as refusal:
        read(lent("2025-01-15"), *events)

    assert refusal.value.event is None


def test_an_id_is_given_once() -> None:
    with pytest.raises(InvalidEventError) as refusal:
        read(lent("2025-01-15"), {**paid("2025-02-15", 5), "id": "e1"})

    assert refusal.value.event == "e1"


def test_amendments_follow_each_other_and_null_restores_the_default() -> None:
    terms = read(
        lent("2025-01-15"),
        amendment(interest_day=25, annual_rate="6"),
        amendment(interest_day=None, day_count="actual/360"),
    ).terms

    assert terms.interest_day is None
    assert terms.annual_rate.text == "6"
    assert terms.day_count == "actual/360"


def test_a_reversed_amendment_never_was() -> None:
    terms = read(lent("2025-01-15"), amendment(annual_rate="6"), reversal("e2")).terms

    assert terms.annual_rate.text == "7.3"


def test_an_amendment_that_leaves_impossible_terms_is_refused_and_named() -> None:
    with pytest.raises(InvalidTermsError) as refusal:
        read(lent("2025-01-15"), amendment(repayment_method="custom"))

    assert refusal.value.event == "e2"
    assert refusal.value.facts["field"] == "principal_plan"


def test_an_amended_rate_holds_from_the_start() -> None:
    # 100 million at 14.6 %: 40,000 a day, for the 31 days that were charged at 20,000 before.
    events = (lent("2025-01-15"), amendment(annual_rate="14.6"))

    assert position(*events, as_of="2025-02-15")["interest_open"] == 1_240_000


def test_an_amendment_may_make_the_history_impossible() -> None:
    # Half the money cannot have been lent.
    assert refused(lent("2025-01-15"), amendment(amount=50_000_000)) == (
        "over_disbursement",
        "e1",
    )


def test_what_was_recorded_later_is_not_known_earlier() -> None:
    events = (
        {**lent("2025-01-15"), "recorded_on": "2025-01-15"},
        {**paid("2025-02-15", 620_000), "recorded_on": "2025-03-01"},
        {"type": "gift", "date": "2025-02-20", "recorded_on": "2025-03-02"},
    )

    known = told(*events, as_of="2025-02-20", known_on="2025-02-28")

    assert known["position"]["interest_open"] == 620_000
    assert told(*events[:2], as_of="2025-02-20")["position"]["interest_open"] == 0


@pytest.mark.parametrize(
    "events",
    [
        (paid("2025-01-14", 5), lent("2025-01-15")),
        (paid("2025-01-15", 5), lent("2025-01-15")),  # the same day, recorded before it
        (paid("2025-01-15", 5),),
    ],
)
def test_nothing_happens_before_the_first_disbursement(events: tuple[Json, ...]) -> None:
    assert refused(*events) == ("invalid_event", "e1")


def test_an_event_after_the_day_asked_about_may_be_impossible() -> None:
    events = (lent("2025-01-15"), happened("credit_refund", "2025-02-15", amount=5))

    assert position(*events, as_of="2025-02-14")["status"] == "active"
    with pytest.raises(RuleViolationError):
        position(*events, as_of="2025-02-15")


def test_an_event_after_the_day_asked_about_must_be_well_formed() -> None:
    events = (lent("2025-01-15"), paid("2025-02-15", 0))

    assert refused(*events, as_of="2025-02-14") == ("invalid_event", "e2")


@pytest.mark.parametrize(
    "split",
    [{"interest": 4}, {"interest": 6}, {"interest": 6, "principal": -1}, {"interest": 0}],
)
def test_a_split_must_add_up_whatever_its_day(split: dict[str, int]) -> None:
    events = (lent("2025-01-15"), paid("2025-02-15", 5, split=split))

    assert refused(*events, as_of="2025-02-14") == ("split_mismatch", "e2")


def test_what_is_malformed_is_refused_before_what_comes_too_late() -> None:
    settled = (lent("2025-01-15"), paid("2025-02-15", 100_620_000))
    late = ({"interest": 4}, "split_mismatch"), ({"interest": 5}, "loan_closed")

    for split, code in late:
        assert refused(*settled, paid("2025-03-15", 5, split=split)) == (code, "e3")


def test_an_empty_split_is_none() -> None:
    place = position(lent("2025-01-15"), paid("2025-02-15", 5, split={}), as_of="2025-02-15")

    assert place["interest_open"] == 619_995
