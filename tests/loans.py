"""Loans told as cases of section 11, at rates whose day a person can work out.

100 million at 7.3 % bear 100,000,000 × 7.3 % / 365 = 20,000 đồng a day in term, and 1.5 times
that, 30,000, once overdue.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.history import History, read_history
from loanfund.domain.simulation import simulate

Json = dict[str, Any]

TERMS: Mapping[str, Any] = {
    "amount": 100_000_000,
    "annual_rate": "7.3",
    "term_months": 12,
    "repayment_method": "principal_at_maturity",
}


def happened(what: str, day: str, /, **fields: Any) -> Json:
    return {"type": what, "date": day, **fields}


def lent(day: str, amount: int = 100_000_000) -> Json:
    return happened("disbursement", day, amount=amount)


def paid(day: str, amount: int, **fields: Any) -> Json:
    return happened("repayment", day, amount=amount, **fields)


def plan(*rows: tuple[str, int]) -> list[Json]:
    return [{"date": day, "amount": amount} for day, amount in rows]


def numbered(events: Sequence[Json]) -> list[Json]:
    """The events with ids e1, e2, … unless they bring their own."""
    return [{"id": f"e{place}", **event} for place, event in enumerate(events, start=1)]


def told(*events: Json, as_of: str, known_on: str | None = None, **terms: Any) -> Json:
    """What `simulate` answers for a loan of 100 million at 7.3 % over a year, terms changed."""
    return simulate(
        {
            "terms": {**TERMS, **terms},
            "events": numbered(events),
            "as_of": as_of,
            "known_on": known_on,
        }
    )


def position(*events: Json, as_of: str, **terms: Any) -> Json:
    place: Json = told(*events, as_of=as_of, **terms)["position"]
    return place


def refused(*events: Json, as_of: str = "2030-12-31", **terms: Any) -> tuple[str, str | None]:
    """The code of a refusal and the event that it names."""
    with pytest.raises(RuleViolationError) as refusal:
        told(*events, as_of=as_of, **terms)
    return refusal.value.code, refusal.value.event


def history(*events: Json, **terms: Any) -> History:
    recorded = [parse_event(event) for event in numbered(events)]
    return read_history(parse_terms({**TERMS, **terms}), recorded)


def folded(*events: Json, as_of: str, **terms: Any) -> FoldedLoan:
    return fold_loan(history(*events, **terms), date.fromisoformat(as_of))


def columns(rows: Sequence[Json], *names: str) -> list[tuple[Any, ...]]:
    """The named columns of some rows, to compare with a table."""
    return [tuple(row[name] for name in names) for row in rows]
