"""A contract's way from draft to cancelled, and the terms that settings fill in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from loanfund.domain.codec import parse_terms
from loanfund.domain.errors import ConflictError
from loanfund.domain.setting import GROUPS, SettingBook, SettingGroup
from loanfund.domain.terms import Terms


class ContractState(StrEnum):
    """What people decided; active, closed and written off are what the events came to."""

    DRAFT = "draft"
    APPROVED = "approved"
    CANCELLED = "cancelled"


class ContractAct(StrEnum):
    """What people can decide about a contract."""

    APPROVE = "approve"
    CANCEL = "cancel"


TRANSITIONS: Mapping[tuple[ContractState, ContractAct], ContractState] = {
    (ContractState.DRAFT, ContractAct.APPROVE): ContractState.APPROVED,
    (ContractState.DRAFT, ContractAct.CANCEL): ContractState.CANCELLED,
    (ContractState.APPROVED, ContractAct.CANCEL): ContractState.CANCELLED,
}

# What a contract takes from the settings of its signing day where it says nothing itself.
FROM_SETTINGS = GROUPS[SettingGroup.CONTRACT]


def next_state(state: ContractState, act: ContractAct) -> ContractState:
    """Give the state after an act; ConflictError where the act does not fit the state."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        raise ConflictError("contract_state", state=state.value, act=act.value)
    return found


def complete_terms(
    given: Mapping[str, Any], settings: SettingBook, signed_on: date, source: int
) -> Terms:
    """Give the terms as signed: what the contract says, else that day's settings."""
    defaults = {key: settings.get(key, signed_on, source) for key in FROM_SETTINGS}
    said = {key: value for key, value in given.items() if value is not None}
    return parse_terms({**defaults, **said})
