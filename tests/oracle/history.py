"""The events of a case: well-formed, known, not reversed, in order (sections 2, 8 and 11)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.oracle.refusal import Refused
from tests.oracle.terms import (
    DEFAULTS,
    KINDS,
    REQUIRED,
    Terms,
    is_a_plan,
    is_whole,
    read_date,
    read_plan,
    read_rate,
    read_terms,
)

TIMELESS = ("reversal", "amend")


@dataclass(frozen=True)
class Event:
    id: str
    type: str
    day: date
    data: dict[str, Any]

    @property
    def amount(self) -> int:
        return int(self.data["amount"])


def read_history(case: dict[str, Any]) -> tuple[Terms, list[Event]]:
    """The terms in force and the events that stand, in the order of section 2."""
    terms = read_terms(case["terms"])
    events = [read_event(raw) for raw in case["events"] if is_known(raw, case)]
    refuse_repeated_ids(events)
    reversed_ids = read_reversals(events)
    standing = [event for event in events if event.id not in reversed_ids]
    raw = dict(case["terms"])
    for event in standing:
        if event.type == "amend":
            raw |= event.data["terms"]
            terms = read_amended(raw, event)
    dated = [event for event in standing if event.type not in TIMELESS]
    return terms, sorted(dated, key=lambda event: event.day)


def read_amended(raw: dict[str, Any], event: Event) -> Terms:
    """The terms after an amendment, which is named if it leaves impossible ones."""
    try:
        return read_terms(raw)
    except Refused as refusal:
        raise Refused(refusal.code, event.id) from refusal


def is_known(raw: dict[str, Any], case: dict[str, Any]) -> bool:
    """With `known_on`, events recorded later are ignored (section 11)."""
    known_on, recorded_on = read_date(case.get("known_on")), read_date(raw.get("recorded_on"))
    return known_on is None or recorded_on is None or recorded_on <= known_on


def refuse_repeated_ids(events: list[Event]) -> None:
    """An id is given once (section 2)."""
    ids = [event.id for event in events]
    for place, event in enumerate(events):
        if event.id in ids[:place]:
            raise Refused("invalid_event", event.id)


def read_reversals(events: list[Event]) -> set[str]:
    """What is reversed: a known event, no reversal, and only once (section 8)."""
    done: set[str] = set()
    for place, event in enumerate(events):
        if event.type == "reversal":
            targets = {e.id for e in events[:place] if e.type != "reversal"} - done
            if event.data["of"] not in targets:
                raise Refused("unknown_reversal")
            done.add(event.data["of"])
    return done


def read_event(raw: dict[str, Any]) -> Event:
    """A well-formed event, whatever its date (sections 2 and 8)."""
    name = raw.get("id")
    if not isinstance(name, str) or not name:
        raise Refused("invalid_event")
    if not is_well_formed(raw):
        raise Refused("invalid_event", name)
    day = read_date(raw.get("date")) or date.min
    if raw["type"] == "reschedule" and not has_a_plan_after(raw, day):
        raise Refused("plan_mismatch", name)
    if raw["type"] == "repayment" and not adds_up(raw):
        raise Refused("split_mismatch", name)
    return Event(name, raw["type"], day, raw)


def is_well_formed(raw: dict[str, Any]) -> bool:
    """Of a known type, with no other fields than its own, each of its kind."""
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in WELL_FORMED:
        return False
    check, fields = WELL_FORMED[kind]
    if not set(raw) <= {"id", "type", "date", "recorded_on", "replaces", *fields}:
        return False
    if any(raw.get(name) is not None and not read_date(raw[name]) for name in DATES):
        return False
    if not isinstance(raw.get("replaces", ""), str | None):
        return False
    day = read_date(raw.get("date"))
    return (day is not None or kind in TIMELESS) and check(raw, day or date.min)


def has_amount(raw: dict[str, Any], _: date) -> bool:
    is_method = raw.get("method") in (None, "cash", "bank")
    return is_method and is_whole(raw.get("amount")) and raw["amount"] > 0


def is_repayment(raw: dict[str, Any], day: date) -> bool:
    surplus = raw.get("surplus")
    return (
        has_amount(raw, day)
        and surplus in (None, "credit", "principal")
        and (raw.get("split") is None or is_split(raw["split"]))
    )


def is_split(split: Any) -> bool:
    return (
        isinstance(split, dict)
        and set(split) <= set(KINDS)
        and all(is_whole(part) for part in split.values())
    )


def adds_up(raw: dict[str, Any]) -> bool:
    """Whether a given split has no negative part and sums to the amount (section 8)."""
    parts = list((raw.get("split") or {}).values())
    return not parts or (min(parts) >= 0 and sum(parts) == raw["amount"])


def is_rate_change(raw: dict[str, Any], _: date) -> bool:
    return read_rate(raw.get("annual_rate"), 4) is not None


def is_reschedule(raw: dict[str, Any], day: date) -> bool:
    due = raw.get("unpaid_interest_due")
    return (
        raw.get("kind") in ("adjust", "extend")
        and read_plan(raw.get("plan")) is not None
        and (due is None or is_after(due, day))
        and is_flag(raw.get("keeps_debt_group"))
    )


def has_a_plan_after(raw: dict[str, Any], day: date) -> bool:
    """Dates strictly increasing and after the day, amounts above 0 (section 8)."""
    plan = read_plan(raw["plan"])
    return plan is not None and is_a_plan(plan) and plan[0][0] > day


def is_freeze(raw: dict[str, Any], day: date) -> bool:
    return is_after(raw.get("until"), day)


def is_waiver(raw: dict[str, Any], day: date) -> bool:
    return (
        has_amount(raw, day)
        and raw.get("of") in ("interest", "overdue_interest", "late_interest", "any")
        and is_flag(raw.get("keeps_debt_group"))
    )


def is_after(text: Any, day: date) -> bool:
    read = read_date(text)
    return read is not None and read > day


def is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def is_write_off(_: dict[str, Any], __: date) -> bool:
    return True


def is_reversal(raw: dict[str, Any], _: date) -> bool:
    return isinstance(raw.get("of"), str)


def is_amend(raw: dict[str, Any], _: date) -> bool:
    terms = raw.get("terms")
    return isinstance(terms, dict) and set(terms) <= {*REQUIRED, *DEFAULTS}


DATES = ("date", "recorded_on")
MONEY = ("amount", "method")
Check = Callable[[dict[str, Any], date], bool]
WELL_FORMED: dict[str, tuple[Check, tuple[str, ...]]] = {
    "disbursement": (has_amount, MONEY),
    "repayment": (is_repayment, (*MONEY, "split", "surplus")),
    "rate_change": (is_rate_change, ("annual_rate",)),
    "reschedule": (
        is_reschedule,
        ("kind", "plan", "unpaid_interest_due", "keeps_debt_group"),
    ),
    "freeze": (is_freeze, ("until",)),
    "interest_waiver": (is_waiver, ("amount", "of", "keeps_debt_group")),
    "write_off": (is_write_off, ()),
    "recovery": (has_amount, MONEY),
    "credit_refund": (has_amount, MONEY),
    "amend": (is_amend, ("terms",)),
    "reversal": (is_reversal, ("of",)),
}
