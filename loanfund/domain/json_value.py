"""One value of the plain JSON of rules §11: what fields of terms, events and settings hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from loanfund.domain.money import Money, Rate, decimal_units
from loanfund.domain.terms import Component, PlannedInstalment

MULTIPLIER_DECIMALS = 3
FIRST_YEAR, LAST_YEAR = 1900, 2999  # so that no reckoning leaves the calendar
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def dump_value(value: Any) -> Any:
    """Give a field's plain JSON value."""
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, Rate):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return dump_plan(value)
    if isinstance(value, Mapping):
        return {str(key): dump_value(part) for key, part in value.items()}
    return value.value if isinstance(value, StrEnum) else value


def dump_plan(plan: tuple[PlannedInstalment, ...]) -> list[dict[str, Any]]:
    """Give a plan as JSON; `parse_plan` reads it back."""
    return [{"date": row.due_date.isoformat(), "amount": row.amount.dong} for row in plan]


def parse_day(given: Any) -> date:
    """Read yyyy-mm-dd of a year that a loan may see, and nothing else; ValueError."""
    if not isinstance(given, str) or not ISO_DATE.fullmatch(given):
        message = f"not a date: {given!r}"
        raise ValueError(message)
    day = date.fromisoformat(given)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        message = f"not a day of a loan: {given!r}"
        raise ValueError(message)
    return day


def parse_whole(given: Any) -> int:
    """Take a whole number; TypeError."""
    if type(given) is not int:
        message = f"not a whole number: {given!r}"
        raise TypeError(message)
    return given


def parse_money(given: Any) -> Money:
    """Take an amount of whole đồng; TypeError."""
    return Money(parse_whole(given))


def parse_rate(given: Any) -> Rate:
    """Read a yearly rate in percent; ValueError, TypeError."""
    return Rate.percent(parse_text(given))


def parse_decimal(given: Any, *, decimals: int) -> int:
    """Read a decimal as a whole number of its last place; ValueError, TypeError."""
    return decimal_units(parse_text(given), decimals=decimals)


def parse_thousandths(given: Any) -> int:
    """Read a factor with at most three decimals; ValueError, TypeError."""
    return parse_decimal(given, decimals=MULTIPLIER_DECIMALS)


def parse_yes_or_no(given: Any) -> bool:
    """Take true or false; TypeError."""
    if not isinstance(given, bool):
        message = f"not true or false: {given!r}"
        raise TypeError(message)
    return given


def parse_text(given: Any) -> str:
    """Take a text; TypeError."""
    if not isinstance(given, str):
        message = f"not a text: {given!r}"
        raise TypeError(message)
    return given


def parse_listed(given: Any) -> list[Any]:
    """Take a list; TypeError."""
    if not isinstance(given, list | tuple):
        message = f"not a list: {given!r}"
        raise TypeError(message)
    return list(given)


def parse_plan(given: Any) -> tuple[PlannedInstalment, ...]:
    """Read a plan; ValueError, TypeError."""
    return tuple(_plan_row(row) for row in parse_listed(given))


def _plan_row(given: Any) -> PlannedInstalment:
    if not isinstance(given, Mapping) or set(given) != {"date", "amount"}:
        message = f"not a planned instalment: {given!r}"
        raise TypeError(message)
    return PlannedInstalment(parse_day(given["date"]), parse_money(given["amount"]))


def parse_days(given: Any) -> frozenset[date]:
    """Read a list of days; ValueError, TypeError."""
    return frozenset(parse_day(day) for day in parse_listed(given))


def parse_order(given: Any) -> tuple[Component, ...]:
    """Take an order of allocation; ValueError, TypeError."""
    return tuple(Component(part) for part in parse_listed(given))


def parse_split(given: Any) -> dict[Component, Money]:
    """Read the parts of a repayment; ValueError, TypeError."""
    if not isinstance(given, Mapping):
        message = f"not a split: {given!r}"
        raise TypeError(message)
    return {Component(name): parse_money(part) for name, part in given.items()}
