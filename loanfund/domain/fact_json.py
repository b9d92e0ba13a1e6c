"""Facts of a sentence or figure as plain JSON, each with its kind, and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from loanfund.domain.money import Money, Rate


def dump_facts(facts: Mapping[str, object]) -> dict[str, Any]:
    """Give the facts as plain JSON, each with its kind."""
    return {name: dump_fact(fact) for name, fact in facts.items()}


def load_facts(stored: Mapping[str, Any]) -> dict[str, object]:
    """Give the facts that `dump_facts` stored."""
    return {name: load_fact(fact) for name, fact in stored.items()}


def dump_fact(fact: object) -> Any:
    """Give one fact as plain JSON: what JSON has no kind for as a mapping from its kind."""
    if isinstance(fact, Money):
        return {"money": fact.dong}
    if isinstance(fact, Rate):
        return {"rate": fact.text}
    return {"day": fact.isoformat()} if isinstance(fact, date) else fact


def load_fact(stored: Any) -> Any:
    """Give the fact that `dump_fact` stored."""
    if not isinstance(stored, dict):
        return stored
    ((kind, value),) = stored.items()
    return _READ[kind](value)


_READ: Mapping[str, Callable[[Any], object]] = {
    "money": Money,
    "rate": Rate.percent,
    "day": date.fromisoformat,
}
