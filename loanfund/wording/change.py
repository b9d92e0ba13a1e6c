"""What a line of the audit log says, in words: each fact by its name, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from loanfund.wording.figures import dmy, vnd
from loanfund.wording.texts import text

AMOUNTS = frozenset(
    {
        "amount",
        "outstanding",
        "provisions",
        "principal",
        "deductible_collateral",
        "tolerance",
        "total",
    }
)
# Where a fact that is stored as a code has its text: what the keys begin with.
CODED = {
    "action": ("action.",),
    "allocation_order": ("component.",),
    "allocation_order_overdue": ("component.",),
    "contacts": ("audit.fact.",),
    "day_count": ("contract.day_count.",),
    "job": ("jobs_page.name.",),
    "prepayment": ("contract.prepayment.",),
    "repayment_method": ("loan_page.method.",),
    "role": ("role.",),
    "subject": ("audit.object.", "setting.key."),
    "surplus": ("loan_page.surplus.",),
    "type": ("event.",),
    "was": ("role.",),
    "working_day_rule": ("contract.working_day_rule.",),
}
BEFORE = "before"
NOTHING: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as people read it; `before` is None where only what is new is known."""

    name: str
    after: str
    before: str | None = None


def named(kind: str, name: str, language: str) -> str:
    """Give the text of an action, object or fact; one without a text stands as it is stored."""
    try:
        return text(f"audit.{kind}.{name}", language)
    except KeyError:
        return name.replace("_", " ")


def facts_in_words(facts: Mapping[str, Any], language: str) -> tuple[Fact, ...]:
    """Give every fact of a line that says anything, with what it was before where known."""
    was = dict(_flat(facts.get(BEFORE) or {}))
    now = dict(_flat({name: one for name, one in facts.items() if name != BEFORE}))
    return tuple(
        Fact(
            named("fact", name.rpartition(".")[2], language),
            _words(name, value, language),
            _words(name, was[name], language) if name in was else None,
        )
        for name, value in now.items()
        if name in was or value not in NOTHING
    )


def _flat(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Give nested facts under their full names."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _words(name: str, value: Any, language: str) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return text(f"audit.{'yes' if value else 'no'}", language)
    if isinstance(value, int) and name.rpartition(".")[2] in AMOUNTS:
        return vnd(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_words(name, one, language) for one in value)
    if isinstance(value, Mapping):
        pairs = (
            f"{named('fact', key, language)}: {_words(key, one, language)}"
            for key, one in value.items()
            if key != "id"  # the place among the loan's events, known from their order
        )
        return "; ".join(pairs)
    return _coded(name.rpartition(".")[2], str(value), language)


def _coded(name: str, value: str, language: str) -> str:
    for prefix in CODED.get(name, ()):
        try:
            return text(prefix + value, language)
        except KeyError:
            continue
    return _day(value)


def _day(value: str) -> str:
    try:
        return dmy(date.fromisoformat(value))
    except ValueError:
        return value
