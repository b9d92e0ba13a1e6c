"""Hypothesis: believable contracts with histories of every kind, as cases of section 11.

Most cases are possible, some are refused. `cases()` is what most tests want.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.oracle import simulate
from tests.oracle.dates import add_months
from tests.oracle.histories import RATES, disbursement, histories, one_in

Json = dict[str, Any]

METHODS = ("principal_at_maturity", "equal_principal", "annuity", "custom")
KINDS = ("principal", "interest", "overdue_interest", "late_interest")
STARTS = (
    date(2023, 1, 31),
    date(2023, 2, 28),
    date(2023, 11, 30),
    date(2023, 12, 31),
    date(2024, 2, 29),
    date(2024, 1, 15),
    date(2024, 12, 1),
    date(2025, 3, 30),
)
AMOUNTS = (300_000_000, 120_000_000, 500_000, 99_999_989, 12_345)
FIRST_DAY, LAST_DAY = date(2022, 6, 1), date(2026, 6, 30)


def starts() -> st.SearchStrategy[date]:
    """Days of a first disbursement, many near the end of a month."""
    return st.one_of(st.sampled_from(STARTS), st.dates(FIRST_DAY, LAST_DAY))


def amounts() -> st.SearchStrategy[int]:
    return st.one_of(
        st.sampled_from(AMOUNTS),
        st.integers(1_000, 1_000_000),
        st.integers(1_000_000, 5_000_000_000),
        st.integers(1_000_000, 5_000_000_000),
        st.integers(1, 1_000),
    )


def rates(most: int = 20) -> st.SearchStrategy[str]:
    """Percent a year with up to four decimals."""
    exact = st.integers(0, most * 10_000).map(lambda ppm: f"{ppm // 10_000}.{ppm % 10_000:04d}")
    return st.one_of(st.sampled_from(RATES), exact.map(shortest))


def shortest(text: str) -> str:
    return text.rstrip("0").rstrip(".")


def options() -> dict[str, st.SearchStrategy[Any]]:
    """The fields of the terms that may be left out, plan and holidays aside."""
    orders = st.one_of(st.none(), st.permutations(KINDS).map(list))
    return {
        "interest_day": st.one_of(st.none(), st.integers(1, 31), st.sampled_from([29, 30, 31])),
        "interest_every_months": st.sampled_from([1, 1, 1, 2, 3, 6]),
        "principal_every_months": st.sampled_from([None, 1, 1, 2, 3, 6]),
        "principal_grace_months": st.sampled_from([0, 0, 0, 1, 3, 6]),
        "principal_rounding": st.sampled_from([1, 1, 1, 100, 1_000]),
        "day_count": st.sampled_from(["actual/365", "actual/360", "actual/actual", "30E/360"]),
        "overdue_rate_multiplier": st.sampled_from(["1.5", "1.3", "1", "1.125", "0"]),
        "late_interest_rate": st.one_of(st.sampled_from(["0", "10", "10"]), rates(most=9)),
        "prepayment": st.sampled_from(["next_first", "last_first"]),
        "surplus": st.sampled_from(["credit", "principal"]),
        "tolerance": st.one_of(st.sampled_from([0, 1, 1_000]), st.integers(0, 10_000_000)),
        "allocation_order": orders,
        "allocation_order_overdue": orders,
        "debt_rule_set": st.sampled_from(["mfi", "bank"]),
        "edition": st.sampled_from([2, 2, 2, 1]),
    }


@st.composite
def terms(draw: st.DrawFn, start: date) -> Json:
    """Terms of a loan first disbursed on the day."""
    method = draw(st.sampled_from(METHODS))
    raw: Json = {"amount": draw(amounts()), "annual_rate": draw(rates())}
    raw["repayment_method"] = method
    if method == "custom":
        raw["principal_plan"] = draw(plans(start, raw["amount"]))
    else:
        raw["term_months"] = draw(st.one_of(st.integers(1, 12), st.integers(13, 30)))
    raw |= draw(st.fixed_dictionaries({}, optional=options()))
    if raw.get("edition") != 1 and not draw(one_in(20)):
        raw |= in_periods(raw)
    if draw(st.booleans()):
        raw |= {"working_day_rule": "following", "holidays": draw(holidays(start))}
    return raw


def in_periods(raw: Json) -> Json:
    """The months of principal as multiples of those of interest."""
    every = raw.get("interest_every_months", 1)
    names = ("principal_every_months", "principal_grace_months")
    return {name: raw[name] * every for name in names if raw.get(name) is not None}


@st.composite
def plans(draw: st.DrawFn, start: date, amount: int) -> list[Json]:
    """Up to five instalments, whose amounts nearly always sum to that of the loan."""
    most = min(amount, 5)
    offsets = draw(st.sets(st.integers(1, 700), min_size=1, max_size=most))
    days = [start + timedelta(days=offset) for offset in sorted(offsets)]
    cuts = draw(st.sets(st.integers(1, max(amount - 1, 1)), max_size=len(days) - 1))
    ends = [*sorted(cuts - {amount}), amount]
    parts = [end - begin for begin, end in pairwise([0, *ends])]
    if draw(one_in(20)):
        parts[-1] += 1
    days = days[-len(parts) :]
    shown = zip(days, parts, strict=True)
    return [{"date": day.isoformat(), "amount": part} for day, part in shown]


@st.composite
def holidays(draw: st.DrawFn, start: date) -> list[str]:
    """Runs of holidays, many about days on which something falls due."""
    days: set[date] = set()
    for _ in range(draw(st.integers(0, 4))):
        about = add_months(start, draw(st.integers(0, 24)))
        first = about + timedelta(days=draw(st.integers(-3, 3)))
        length = draw(st.integers(1, 9))
        days |= {first + timedelta(days=offset) for offset in range(length)}
    return [day.isoformat() for day in sorted(days)]


@st.composite
def cases(draw: st.DrawFn) -> Json:
    """A case of section 11; most are possible."""
    start = draw(starts())
    raw = draw(terms(start))
    case: Json = {"terms": raw, "events": draw(histories(raw, start))}
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        case = after_correction(draw, case)
    if draw(one_in(4)):
        case = draw(known_cases(case))
    case["as_of"] = draw(days_asked(case, start)).isoformat()
    if draw(one_in(15)):
        case = draw(spoilt(case))
    return case


def last_day(case: Json) -> date:
    return max(date.fromisoformat(event["date"]) for event in case["events"])


@st.composite
def days_asked(draw: st.DrawFn, case: Json, start: date) -> date:
    """The day of an event or about it, a day after all of them, rarely one before all."""
    event = date.fromisoformat(draw(st.sampled_from(case["events"]))["date"])
    last = last_day(case)
    return draw(
        st.one_of(
            st.just(last),
            st.integers(0, 120).map(lambda days: last + timedelta(days=days)),
            st.integers(0, 13).map(lambda months: add_months(last, months)),
            st.integers(-1, 45).map(lambda days: event + timedelta(days=days)),
            st.dates(start - timedelta(days=2), last),
        )
    )


# Corrections: what is written down after the history, on an earlier day or about an event.


def after_correction(draw: st.DrawFn, case: Json) -> Json:
    """The case with one more event recorded; a history it breaks is kept only rarely."""
    kind = draw(st.sampled_from(["reversal", "reversal", "amend", "backdated", "backdated"]))
    event = {"id": f"c{len(case['events'])}", **draw(CORRECTIONS[kind](case))}
    corrected = {**case, "events": [*case["events"], event]}
    result = simulate({**corrected, "as_of": last_day(corrected).isoformat()})
    return case if "error" in result and not draw(one_in(10)) else corrected


@st.composite
def reversals(draw: st.DrawFn, case: Json) -> Json:
    """Mostly of a later event; one of the first disbursement seldom leaves a history."""
    target = draw(st.sampled_from([*case["events"], *case["events"][1:] * 3]))
    return {"type": "reversal", "date": last_day(case).isoformat(), "of": target["id"]}


@st.composite
def amendments(draw: st.DrawFn, case: Json) -> Json:
    changes = options() | {"annual_rate": rates()}
    name = draw(st.sampled_from(sorted(changes)))
    value = draw(changes[name])
    if name != "annual_rate" and draw(one_in(5)):
        value = None
    return {"type": "amend", "date": last_day(case).isoformat(), "terms": {name: value}}


@st.composite
def backdated_events(draw: st.DrawFn, case: Json) -> Json:
    start = date.fromisoformat(case["events"][0]["date"])
    day = draw(st.dates(start, last_day(case)))
    amount = draw(st.integers(1, max(case["terms"]["amount"] // 3, 1)))
    events: list[Json] = [
        {"type": "repayment", "amount": amount},
        {"type": "repayment", "amount": amount, "surplus": "principal"},
        {"type": "rate_change", "annual_rate": "5.5"},
        {"type": "freeze", "until": (day + timedelta(days=20)).isoformat()},
        {"type": "disbursement", "amount": amount},
    ]
    return {**draw(st.sampled_from(events)), "date": day.isoformat()}


CORRECTIONS: dict[str, Callable[[Json], st.SearchStrategy[Json]]] = {
    "reversal": reversals,
    "amend": amendments,
    "backdated": backdated_events,
}


@st.composite
def known_cases(draw: st.DrawFn, case: Json) -> Json:
    """The case with the days its events were recorded on, and perhaps a day it is known on."""
    events, recorded = deepcopy(case["events"]), date.min
    for event in events:
        lag = timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 5, 40])))
        recorded = max(recorded, date.fromisoformat(event["date"]) + lag)
        event["recorded_on"] = recorded.isoformat()
    known_on = draw(st.sampled_from([None, *(event["recorded_on"] for event in events)]))
    return {**case, "events": events, "known_on": known_on}


# What is refused: one thing wrong in a case.


def spoil_event(case: Json, **changes: Any) -> Json:
    """The case with its last event changed."""
    return {**case, "events": [*case["events"][:-1], {**case["events"][-1], **changes}]}


def add_event(case: Json, **event: Any) -> Json:
    last = {"id": "x", "date": last_day(case).isoformat(), **event}
    return {**case, "events": [*case["events"], last]}


def spoil_terms(case: Json, **changes: Any) -> Json:
    return {**case, "terms": {**case["terms"], **changes}}


@st.composite
def spoilt(draw: st.DrawFn, case: Json) -> Json:
    """The case with one thing wrong, which may lie out of its view."""
    day = last_day(case)
    before = date.fromisoformat(case["events"][0]["date"]) - timedelta(days=1)
    ways: list[Callable[[], Json]] = [
        lambda: spoil_event(case, type="gift"),
        lambda: spoil_event(case, type="repayment", amount=0),
        lambda: spoil_event(case, type="freeze", until=case["events"][-1]["date"]),
        lambda: add_event(case, id="e1", type="write_off"),
        lambda: add_event(case, type="reversal", of="nobody"),
        lambda: add_event(case, type="reversal", of="x"),
        lambda: add_event(case, type="repayment", amount=5, date=before.isoformat()),
        lambda: add_event(case, type="repayment", amount=5, split={"principal": 4}),
        lambda: add_event(case, type="credit_refund", amount=10**12),
        lambda: add_event(case, type="recovery", amount=10**12),
        lambda: add_event(case, type="interest_waiver", amount=10**12, of="any"),
        lambda: {
            **case,
            "events": [*case["events"], disbursement("x", day, case["terms"]["amount"] + 1)],
        },
        lambda: spoil_terms(case, overdue_rate_multiplier="1.5001"),
        lambda: spoil_terms(case, late_interest_rate="10.5"),
        lambda: spoil_terms(case, annual_rate="4.80001"),
        lambda: spoil_terms(case, interest_day=32),
        lambda: spoil_terms(case, principal_rounding=10**12),
    ]
    return draw(st.sampled_from(ways))()


# Malformed cases: any value may be anything that JSON can say.

JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 7, 1201, 10**9, 1.5, "", "x", "7", "0.5", "-3", " 7", "7.", "1e2"),
    *("2024-02-30", "2024-03-01", "1899-12-31", "3000-01-01", "20240301"),
    *("interest", "principal", "custom", "adjust", "bank", "e1", "write_off"),
    *([], {}, [{}], ["interest"], {"interest": 5}, [{"date": "2030-01-01", "amount": 5}]),
)
FIELDS = (
    *("amount", "annual_rate", "term_months", "repayment_method", "principal_plan", "holidays"),
    *(
        "interest_day",
        "allocation_order",
        "late_interest_rate",
        "day_count",
        "working_day_rule",
    ),
    *("id", "type", "date", "recorded_on", "replaces", "split", "surplus", "method", "note"),
    *("kind", "plan", "unpaid_interest_due", "keeps_debt_group", "until", "of", "terms"),
)


@st.composite
def mangled_cases(draw: st.DrawFn) -> Json:
    """A case with one or two values, somewhere in its terms or events, replaced or left out."""
    case = deepcopy(draw(cases()))
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        places = [case["terms"], *case["events"]]
        places += [inner for place in places for inner in parts_of(place)]
        place = draw(st.sampled_from(places))
        name = draw(st.sampled_from(sorted({*place, *FIELDS})))
        if draw(one_in(5)):
            place.pop(name, None)
        else:
            place[name] = deepcopy(draw(st.sampled_from(JUNK)))
    return case


def parts_of(place: Json) -> list[Json]:
    """The objects within one: a split, amended terms, the rows of a plan."""
    lists = [value for value in place.values() if isinstance(value, list)]
    rows = [row for rows in lists for row in rows if isinstance(row, dict)]
    return [*(value for value in place.values() if isinstance(value, dict)), *rows]
