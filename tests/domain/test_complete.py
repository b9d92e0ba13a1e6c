"""A new event type, rule set, method or term without all its parts fails here, by its name."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, get_args

import pytest

from loanfund.domain import event as events
from loanfund.domain.codec import (
    EVENT_FIELDS,
    TERM_FIELDS,
    dump_stored,
    dump_terms,
    parse_terms,
)
from loanfund.domain.debt_group import FIRST_DAYS, FLOORS_OF_ONE
from loanfund.domain.errors import InvalidEventError
from loanfund.domain.event import Repayment, RescheduleKind
from loanfund.domain.fold import HANDLERS
from loanfund.domain.money import Money
from loanfund.domain.movement import Move
from loanfund.domain.provision import GENERAL_BASIS_POINTS, SPECIFIC_PERCENT
from loanfund.domain.terms import DebtRuleSet, RepaymentMethod, Terms
from loanfund.domain.wanted import _RULES
from tests.loans import TERMS, lent, plan, told

TYPES = {
    kind.type: kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, events.Event) and "type" in vars(kind)
}
UNDATED = {"amend", "reversal"}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_event_can_be_read_and_happens(name: str) -> None:
    make, _ = EVENT_FIELDS[name]

    assert make is TYPES[name]
    assert (name in HANDLERS) is (name not in UNDATED)


def test_nothing_else_is_read_or_happens() -> None:
    assert set(EVENT_FIELDS) == set(TYPES)
    assert set(HANDLERS) == set(TYPES) - UNDATED


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_event_is_among_those_that_a_match_must_speak_of(name: str) -> None:
    """mypy holds every `assert_never` against this union."""
    assert TYPES[name] in get_args(events.AnyEvent)


@pytest.mark.parametrize("move", Move)
def test_every_movement_is_posted(move: Move) -> None:
    assert move in _RULES


@pytest.mark.parametrize("rule_set", DebtRuleSet)
def test_every_rule_set_has_its_groups_floors_and_rates(rule_set: DebtRuleSet) -> None:
    assert len(FIRST_DAYS[rule_set]) == 4
    assert all((rule_set, kind) in FLOORS_OF_ONE for kind in RescheduleKind)
    assert set(SPECIFIC_PERCENT[rule_set]) == {1, 2, 3, 4, 5}
    assert rule_set in GENERAL_BASIS_POINTS


@pytest.mark.parametrize("method", RepaymentMethod)
def test_every_method_has_a_schedule_of_all_that_is_lent(method: RepaymentMethod) -> None:
    agreed = plan(("2025-06-15", 40_000_000), ("2025-12-15", 60_000_000))
    found = told(
        lent("2025-01-15"), as_of="2025-01-15", repayment_method=method, principal_plan=agreed
    )

    assert sum(row["principal"] for row in found["schedule"]) == 100_000_000


@pytest.mark.parametrize("term", [one.name for one in fields(Terms)])
def test_every_term_is_written_and_read(term: str) -> None:
    read = {attribute: name for name, (attribute, _, _) in TERM_FIELDS.items()}

    assert term in read
    assert read[term] in dump_terms(parse_terms(dict(TERMS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Repayment):
    """Of a type that is stored as another one."""


def test_an_event_that_would_not_be_read_back_is_not_stored() -> None:
    facts: dict[str, Any] = {"id": "2", "value_date": date(2025, 2, 15), "amount": Money(5)}

    assert dump_stored(Repayment(**facts))["type"] == "repayment"
    with pytest.raises(InvalidEventError) as refusal:
        dump_stored(Gift(**facts))
    assert refusal.value.reason == "not_read_back"
