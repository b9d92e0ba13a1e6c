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
    "by": ("audit.by.",),
    "day_count": ("contract.day_count.",),
    "debt_rule_set": ("setting.debt_rule_set.",),
    "job": ("jobs_page.name.",),
    "kind": ("audit.kind.",),
    "method": ("repayment_page.method.",),
    "of": ("component.", "audit.of."),
    "overdue_method": ("setting.overdue_method.",),
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
FINGERPRINT = 12  # letters of a hash that tell one workbook from another
NOTHING: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as people read it; `before` is None where only what is new is known."""

    name: str
    after: str
    before: str | None = None


def named(kind: str, name: str, language: str) -> str:
    """Give the text of an action, object or fact; one without a text stands as it is stored."""
    return known_name(kind, name, language) or name.replace("_", " ")


def known_name(kind: str, name: str, language: str) -> str | None:
    """Give that text, None without one; some facts are called what other pages call them."""
    elsewhere = ("component.", "account.") if kind == "fact" else ()
    for prefix in (f"audit.{kind}.", *elsewhere):
        try:
            return text(prefix + name, language)
        except KeyError:
            continue
    return None


def object_in_words(kind: str, key: str | None, name: str, language: str) -> str:
    """Say what a line is about: a person by name, a loan with its borrower, a month as one."""
    if key is None:
        return ""
    if kind == "user":
        return name or key
    if kind == "job_run" and name:
        return text(f"jobs_page.name.{name}", language)
    if kind == "setting":
        return ", ".join(_coded("subject", one, language) for one in key.split(", "))
    if kind == "workbook":
        return key[:FINGERPRINT]
    said = key if kind == "proposal" else _day(key)
    return f"{said} – {name}" if name else said


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
