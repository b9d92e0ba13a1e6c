"""`loanfund simulate`: one JSON case in, one JSON result out, with no database (rules §11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any

from loanfund.domain import account
from loanfund.domain.codec import parse_day, parse_event, parse_terms
from loanfund.domain.errors import InvalidEventError, InvalidInputError
from loanfund.domain.event import Event, check_event
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.history import read_history
from loanfund.domain.money import Money
from loanfund.domain.projection import ScheduleRow

CASE_FIELDS = frozenset({"terms", "events", "as_of", "known_on"})


def simulate(case: Any) -> dict[str, Any]:
    """Give the result of a case as plain JSON; RuleViolationError for a refused one."""
    if not isinstance(case, Mapping) or set(case) - CASE_FIELDS:
        raise InvalidInputError("case")
    terms = parse_terms(case.get("terms"))  # type: ignore[arg-type]
    as_of = _day(case, "as_of")
    recorded = _known_events(case)
    return view(fold_loan(read_history(terms, recorded), as_of))


def view(folded: FoldedLoan) -> dict[str, Any]:
    """Give schedule, charges, transactions and position of a folded loan as plain JSON."""
    return {
        "schedule": [schedule_json(row) for row in folded.schedule()],
        "charges": [charge_json(one) for one in folded.charges()],
        "transactions": [transaction_json(one) for one in folded.transactions()],
        "position": position_json(folded.position()),
    }


def _known_events(case: Mapping[str, Any]) -> list[Event]:
    """Give the events known on the case's day; what was recorded later is not looked at."""
    known_on = _day(case, "known_on") if case.get("known_on") is not None else None
    given = case.get("events")
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InvalidEventError("not_a_list")
    known = []
    for data in given:
        if _is_known(data, known_on):
            known.append(parse_event(data))
            check_event(known[-1])
    return known


def _is_known(data: Any, known_on: date | None) -> bool:
    """Tell whether to look at an event; one that does not say when it was recorded is known."""
    if known_on is None or not isinstance(data, Mapping):
        return True
    try:
        return parse_day(data.get("recorded_on")) <= known_on
    except ValueError:
        return True


def _day(case: Mapping[str, Any], field: str) -> date:
    try:
        return parse_day(case.get(field))
    except ValueError as wrong:
        raise InvalidInputError("day", field=field) from wrong


def schedule_json(row: ScheduleRow) -> dict[str, Any]:
    """Give a schedule row as plain JSON."""
    return _plain(row)


def charge_json(charge: account.Charge) -> dict[str, Any]:
    """Give a charge as plain JSON; its period is called from and to."""
    result = _plain(charge)
    lines = [_plain(line) for line in charge.lines]
    result["lines"] = [_with_period(line) for line in lines]
    return _with_period(result)


def transaction_json(row: account.Transaction) -> dict[str, Any]:
    """Give a transaction as plain JSON."""
    result = _plain(row)
    return {
        "id": result.pop("event"),
        "type": result.pop("type"),
        "date": result.pop("value_date"),
        **result,
    }


def position_json(place: account.Position) -> dict[str, Any]:
    """Give a position as plain JSON."""
    result = _plain(place)
    if place.next_due is not None:
        due = _plain(place.next_due)
        result["next_due"] = {"date": due.pop("due_date"), **due}
    return result


def _with_period(result: dict[str, Any]) -> dict[str, Any]:
    renamed = {"start": "from", "end": "to"}
    return {renamed.get(name, name): value for name, value in result.items()}


def _plain(value: Any) -> dict[str, Any]:
    return {field.name: _scalar(getattr(value, field.name)) for field in fields(value)}


def _scalar(value: Any) -> Any:
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
