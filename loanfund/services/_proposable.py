"""What can be proposed: each kind of request as plain JSON, and read back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.setting import check_setting
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.services._capital import (
    MoveCapital,
    UndoCapital,
)
from loanfund.services._loan_change import PROPOSED_AS, LoanChange
from loanfund.services._person import GiveRole, check_role
from loanfund.services._setting import SetSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A request as it is stored: plain JSON, about one subject, at the version seen.

    Of a close `shown` is the fingerprint of the table that its maker saw.
    """

    kind: ProposalKind
    action: Action
    subject: tuple[str, str]
    payload: dict[str, Any]
    version: int | None = None
    shown: str | None = None


def loan_change(change: LoanChange) -> Proposed:
    """Propose that something happens to a loan.

    A reversal is proposed where its month is closed, and of all that is no receipt; a receipt
    of an open month is taken back by one person.
    """
    facts = asdict(change)
    payload = {name: facts[name] for name in _CHANGE_FIELDS}
    payload |= {name: True for name in _CHECKED_AGAIN if getattr(change, name)}
    return Proposed(
        kind=ProposalKind.LOAN_CHANGE,
        action=PROPOSED_AS.get(change.action, change.action),
        subject=("loan", change.contract_number),
        payload={
            **payload,
            **({"meant": change.meant} if change.meant else {}),
            "action": change.action.value,
            "events": list(change.events),
        },
        version=change.version,
    )


def contract(contract_number: str, version: int, terms: dict[str, Any]) -> Proposed:
    """Submit a draft; `terms` are shown and fingerprinted, the version holds them fast."""
    return Proposed(
        kind=ProposalKind.CONTRACT,
        action=Action.APPROVE_CONTRACT,
        subject=("loan", contract_number),
        payload={"contract_number": contract_number, "terms": terms},
        version=version,
    )


def capital_movement(request: MoveCapital) -> Proposed:
    """Propose a contribution or a withdrawal."""
    payload = {
        **asdict(request),
        "value_date": request.value_date.isoformat(),
        "amount": request.amount.dong,
    }
    return Proposed(
        kind=ProposalKind.CAPITAL_MOVEMENT,
        action=Action.MOVE_CAPITAL,
        subject=("capital_source", request.source_code),
        payload=payload,
    )


def capital_reversal(request: UndoCapital, source_code: str) -> Proposed:
    """Propose to take a movement back."""
    return Proposed(
        kind=ProposalKind.CAPITAL_MOVEMENT,
        action=Action.MOVE_CAPITAL,
        subject=("capital_source", source_code),
        payload={"reverses": request.movement_id, "reason": request.reason},
    )


def settings(requests: tuple[SetSetting, ...]) -> Proposed:
    """Propose values that come into force together or not at all."""
    for one in requests:
        check_setting(one.key, one.value)
    values = [{**asdict(one), "valid_from": one.valid_from.isoformat()} for one in requests]
    return Proposed(
        kind=ProposalKind.SETTINGS,
        action=Action.CHANGE_SETTINGS,
        subject=("setting", ", ".join(sorted({one.key for one in requests}))),
        payload={"settings": values},
    )


def role_change(request: GiveRole, maker: Actor) -> Proposed:
    """Propose a role for a person, who may be new; the one they have is InvalidInputError."""
    check_role(request, maker)
    if request.role == request.was:
        raise InvalidInputError("same_role")
    return Proposed(
        kind=ProposalKind.ROLE,
        action=Action.GIVE_ROLE,
        subject=("user", fold_sign_in_name(request.email)),
        payload=asdict(request),
    )


def link_for(email: str) -> Proposed:
    """Propose that the maker is handed the link of a person of the fund, who reads no mail."""
    folded = fold_sign_in_name(email)
    return Proposed(
        kind=ProposalKind.LINK,
        action=Action.GIVE_LINK,
        subject=("user", folded),
        payload={"email": folded},
    )


def factor_off(email: str, reason: str) -> Proposed:
    """Propose to switch a person's second factor off, who lost what proves it."""
    folded = fold_sign_in_name(email)
    return Proposed(
        kind=ProposalKind.FACTOR_OFF,
        action=Action.TURN_OFF_FACTOR,
        subject=("user", folded),
        payload={"email": folded, "reason": reason},
    )


def closing(month_end: date, shown: str) -> Proposed:
    """Propose to close a month on the table that the maker saw."""
    day = month_end.isoformat()
    return Proposed(
        kind=ProposalKind.CLOSE,
        action=Action.CLOSE_MONTH,
        subject=("period", day),
        payload={"month_end": day},
        shown=shown,
    )


def read_loan_change(payload: Mapping[str, Any], version: int | None) -> LoanChange:
    """Give the change that a stored payload asks for."""
    facts = {name: payload[name] for name in _CHANGE_FIELDS}
    return LoanChange(
        **facts,
        **{name: payload.get(name, False) for name in _CHECKED_AGAIN},
        action=Action(payload["action"]),
        events=tuple(payload["events"]),
        version=version,
        meant=payload.get("meant"),
    )


def read_settings(payload: Mapping[str, Any]) -> list[SetSetting]:
    """Give the values that a stored payload asks for."""
    return [
        SetSetting(**{**one, "valid_from": date.fromisoformat(one["valid_from"])})
        for one in payload["settings"]
    ]


def read_movement(payload: Mapping[str, Any]) -> MoveCapital:
    """Give the movement that a stored payload asks for."""
    day, amount = date.fromisoformat(payload["value_date"]), Money(payload["amount"])
    return MoveCapital(**{**payload, "value_date": day, "amount": amount})


def read_undoing(payload: Mapping[str, Any]) -> UndoCapital:
    """Give what a stored payload takes back; one of before does not say why."""
    return UndoCapital(movement_id=payload["reverses"], reason=payload.get("reason", ""))


_CHECKED_AGAIN = ("must_decide", "must_be_meant")  # when it is approved
_CHANGE_FIELDS = ("contract_number", "payer", "reference", "note", "reason")
