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
            terms = read_terms(raw)
    dated = [event for event in standing if event.type not in TIMELESS]
    return terms, sorted(dated, key=lambda event: event.day)


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
    day = read_date(raw.get("date"))
    recorded = raw.get("recorded_on")
    is_well_formed = WELL_FORMED.get(str(raw.get("type")))
    if day is None or is_well_formed is None:
        raise Refused("invalid_event", name)
    if recorded is not None and read_date(recorded) is None:
        raise Refused("invalid_event", name)
    if not is_well_formed(raw, day):
        raise Refused("invalid_event", name)
    if raw["type"] == "reschedule" and not has_a_plan_after(raw, day):
        raise Refused("plan_mismatch", name)
    return Event(name, raw["type"], day, raw)


def has_amount(raw: dict[str, Any], _: date) -> bool:
    return is_whole(raw.get("amount")) and raw["amount"] > 0


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
        and all(is_whole(part) and part >= 0 for part in split.values())
    )


def is_rate_change(raw: dict[str, Any], _: date) -> bool:
    return read_rate(raw.get("annual_rate"), 4) is not None


def is_reschedule(raw: dict[str, Any], day: date) -> bool:
    due = raw.get("unpaid_interest_due")
    return (
        raw.get("kind") in ("adjust", "extend")
        and (due is None or is_after(due, day))
        and is_flag(raw.get("keeps_debt_group"))
    )


def has_a_plan_after(raw: dict[str, Any], day: date) -> bool:
    """Dates strictly increasing and after the day, amounts above 0 (section 8)."""
    plan = read_plan(raw.get("plan"))
    return plan is not None and plan[0][0] > day


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


WELL_FORMED: dict[str, Callable[[dict[str, Any], date], bool]] = {
    "disbursement": has_amount,
    "repayment": is_repayment,
    "rate_change": is_rate_change,
    "reschedule": is_reschedule,
    "freeze": is_freeze,
    "interest_waiver": is_waiver,
    "write_off": is_write_off,
    "recovery": has_amount,
    "credit_refund": has_amount,
    "amend": is_amend,
    "reversal": is_reversal,
}
