"""The function of section 2: terms, events and a day in, the result of section 11 out."""

from datetime import date
from typing import Any

from tests.oracle import result
from tests.oracle.change import PLAN_CHANGING
from tests.oracle.history import Event, read_history
from tests.oracle.refusal import Refused
from tests.oracle.terms import Terms
from tests.oracle.walk import walk


def simulate(case: dict[str, Any]) -> dict[str, Any]:
    """The result of a case, or the error that refuses it."""
    try:
        terms, events = read_history(case)
        as_of = date.fromisoformat(case["as_of"])
        seen = [event for event in events if event.day <= as_of]
        refuse_before_first_disbursement(seen)
        return account(terms, seen, as_of) if seen else quote(terms, as_of)
    except Refused as refusal:
        return {"error": {"code": refusal.code, "event": refusal.event}}


def refuse_before_first_disbursement(events: list[Event]) -> None:
    """Nothing may happen before the first disbursement (section 8)."""
    if events and events[0].type != "disbursement":
        raise Refused("invalid_event", events[0].id)


def account(terms: Terms, events: list[Event], as_of: date) -> dict[str, Any]:
    loan = walk(terms, events, as_of)
    is_active = result.status(loan, as_of) == "active"
    return {
        "schedule": schedule_in_force(terms, events) if is_active else [],
        "charges": result.charges(loan, as_of),
        "transactions": [result.row_json(row) for row in loan.rows],
        "position": result.position(loan, as_of),
    }


def schedule_in_force(terms: Terms, events: list[Event]) -> list[dict[str, Any]]:
    """The version made by the last plan-changing event, at the end of its day (section 11)."""
    day = max(event.day for event in events if event.type in PLAN_CHANGING)
    return result.schedule(walk(terms, [event for event in events if event.day <= day], day))


def quote(terms: Terms, as_of: date) -> dict[str, Any]:
    """As if the loan were disbursed in full on the day (section 2)."""
    data = {"amount": terms.amount}
    try:
        loan = walk(terms, [Event("", "disbursement", as_of, data)], as_of)
    except Refused as refusal:
        raise Refused(refusal.code) from refusal
    return {
        "schedule": result.schedule(loan),
        "charges": [],
        "transactions": [],
        "position": result.quoted_position(loan, as_of),
    }
