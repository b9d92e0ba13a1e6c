"""Values that pages write in the reader's language: figures as they are, the rest by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from loanfund.domain.money import Money, Rate
from loanfund.domain.report import Said

Value = Money | Rate | date | int | str | Said | tuple["Value", ...] | None
"""What stands in a cell; a tuple is a list, and None is a dash."""

_NAMED = {
    "repayment_method": "loan_page.method.",
    "surplus": "loan_page.surplus.",
    "day_count": "contract.day_count.",
    "prepayment": "contract.prepayment.",
    "working_day_rule": "contract.working_day_rule.",
}
_MONTHS = frozenset(
    {
        "term_months",
        "interest_every_months",
        "principal_every_months",
        "principal_grace_months",
    }
)


def said_term(name: str, value: Any) -> Value:
    """Give a term of rules §11 as it is said; its plain JSON is read."""
    if value is None:
        return None
    if name in _NAMED:
        return Said(_NAMED[name] + value)
    if name in _MONTHS:
        return Said("loan_page.months", {"count": value})
    return _READ[name](value) if name in _READ else str(value)


def said_instalment(row: Mapping[str, Any]) -> Said:
    """Give one row of a plan."""
    facts = {"day": date.fromisoformat(row["date"]), "amount": Money(row["amount"])}
    return Said("term.instalment", facts)


def _components(parts: Iterable[str]) -> Value:
    return tuple(Said(f"component.{part}") for part in parts)


_READ: Mapping[str, Callable[[Any], Value]] = {
    "amount": Money,
    "annual_rate": Rate.percent,
    "late_interest_rate": Rate.percent,
    "principal_rounding": Money,
    "tolerance": Money,
    "principal_plan": lambda rows: tuple(said_instalment(row) for row in rows),
    "holidays": tuple,
    "overdue_rate_multiplier": lambda factor: str(factor).replace(".", ","),
    "allocation_order": _components,
    "allocation_order_overdue": _components,
}
