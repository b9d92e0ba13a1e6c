"""What can be proposed: each kind of request as plain JSON, and how it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.errors import ConflictError, PermissionDeniedError
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.proposal import ProposalKind, makers_of
from loanfund.domain.setting import check_setting
from loanfund.services import _loan_change
from loanfund.services._book_import import carry_out_import
from loanfund.services._capital import (
    MoveCapital,
    check_movement,
    check_standing,
    undo_movement,
    write_movement,
)
from loanfund.services._contract import Decide, approve
from loanfund.services._link import check_link
from loanfund.services._loan_change import LoanChange
from loanfund.services._period import check_closable, close_books
from loanfund.services._person import GiveRole, check_role, write_role
from loanfund.services._setting import SetSetting, write_setting
from loanfund.store.user import fold_email


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A request as it is stored: plain JSON, about one subject, at the version seen."""

    kind: ProposalKind
    action: Action
    subject: tuple[str, str]
    payload: dict[str, Any]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Who proposed, who approves, and which version of the subject both saw."""

    maker: Actor
    approver: Actor
    version: int | None


def loan_change(change: LoanChange) -> Proposed:
    """Propose that something happens to a loan.

    A reversal is proposed where its month is closed; elsewhere whoever may does it alone.
    """
    facts = asdict(change)
    payload = {name: facts[name] for name in _CHANGE_FIELDS}
    return Proposed(
        kind=ProposalKind.LOAN_CHANGE,
        action=_PROPOSED_AS.get(change.action, change.action),
        subject=("loan", change.contract_number),
        payload={**payload, "action": change.action.value, "events": list(change.events)},
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


def capital_reversal(movement_id: int, source_code: str) -> Proposed:
    """Propose to take a movement back."""
    return Proposed(
        kind=ProposalKind.CAPITAL_MOVEMENT,
        action=Action.MOVE_CAPITAL,
        subject=("capital_source", source_code),
        payload={"reverses": movement_id},
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
    """Propose a role for a person, who may be new."""
    check_role(request, maker)
    return Proposed(
        kind=ProposalKind.ROLE,
        action=Action.GIVE_ROLE,
        subject=("user", fold_email(request.email)),
        payload=asdict(request),
    )


def link_for(email: str) -> Proposed:
    """Propose that the maker is handed the link of a person of the fund, who reads no mail."""
    folded = fold_email(email)
    return Proposed(
        kind=ProposalKind.LINK,
        action=Action.GIVE_LINK,
        subject=("user", folded),
        payload={"email": folded},
    )


def closing(month_end: date, outstanding: Money, provisions: Money) -> Proposed:
    """Propose to close a month on the totals that the maker saw."""
    day = month_end.isoformat()
    totals = {"outstanding": outstanding.dong, "provisions": provisions.dong}
    return Proposed(
        kind=ProposalKind.CLOSE,
        action=Action.CLOSE_MONTH,
        subject=("period", day),
        payload={"month_end": day, **totals},
    )


def read_loan_change(payload: Mapping[str, Any], version: int | None) -> LoanChange:
    """Give the change that a stored payload asks for."""
    facts = {name: payload[name] for name in _CHANGE_FIELDS}
    return LoanChange(
        **facts,
        action=Action(payload["action"]),
        events=tuple(payload["events"]),
        version=version,
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


def check_possible(session: Session, proposed: Proposed, maker: Actor, clock: Clock) -> None:
    """Refuse what could not be as things stand; changes of loans are planned instead."""
    if proposed.kind is ProposalKind.CLOSE:
        check_closable(session, date.fromisoformat(proposed.payload["month_end"]), clock)
    elif proposed.kind is ProposalKind.CAPITAL_MOVEMENT:
        _check_capital(session, proposed.payload, clock)
    elif proposed.kind is ProposalKind.LINK:
        check_link(session, proposed.payload, maker)


def _check_capital(session: Session, payload: Mapping[str, Any], clock: Clock) -> None:
    if "reverses" in payload:
        check_standing(session, payload["reverses"])
    else:
        check_movement(session, read_movement(payload), clock)


def carry_out(
    session: Session,
    kind: ProposalKind,
    payload: Mapping[str, Any],
    decision: Decision,
    clock: Clock,
) -> dict[str, Any]:
    """Do what was proposed, as its maker, inside the caller's unit of work."""
    return _CARRY_OUT[kind](session, payload, decision, clock)


def check_maker(actor: Actor, action: Action) -> None:
    """Refuse whoever may not propose this."""
    if actor.role not in makers_of(action):
        raise PermissionDeniedError("role", role=actor.role.value, action=action.value)


_PROPOSED_AS = {Action.REVERSE: Action.REVERSE_IN_CLOSED_MONTH}
_CHANGE_FIELDS = ("contract_number", "payer", "reference", "note", "reason")


def _change_loan(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    change = read_loan_change(payload, decision.version)
    people = (decision.maker, clock, decision.approver)
    return _loan_change.carry_out(session, change, *people).result


def _approve_contract(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    request = Decide(contract_number=payload["contract_number"], version=decision.version)
    approve(session, request, decision.approver, clock)
    return {}


def _move_capital(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    people = (decision.maker, clock, decision.approver)
    if "reverses" in payload:
        row = undo_movement(session, payload["reverses"], *people)
    else:
        row = write_movement(session, read_movement(payload), *people)
    return {"movement": row.id}


def _set(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    for request in read_settings(payload):
        write_setting(session, request, decision.maker, clock, decision.approver)
    return {}


def _give_role(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    request = GiveRole(**payload)
    user = write_role(session, request, decision.maker, clock, decision.approver)
    return {"user": user.id}


def _give_link(
    session: Session, payload: Mapping[str, Any], decision: Decision, _clock: Clock
) -> dict[str, Any]:
    """Let the maker collect it; nothing is made until then."""
    return {"user": check_link(session, payload, decision.maker, decision.approver).id}


def _import(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    return carry_out_import(session, payload, decision.maker, clock, decision.approver)


def _close(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    """Lock what the maker saw and nothing else: other totals send the proposal back."""
    day = date.fromisoformat(payload["month_end"])
    check_closable(session, day, clock)
    closed = close_books(session, day, decision.maker, clock, decision.approver)
    seen = (Money(payload["outstanding"]), Money(payload["provisions"]))
    if (closed.outstanding, closed.provisions) != seen:
        raise ConflictError("stale")
    return {"loans": closed.loans}


_CarryOut = Callable[[Session, Mapping[str, Any], Decision, Clock], dict[str, Any]]
_CARRY_OUT: Mapping[ProposalKind, _CarryOut] = {
    ProposalKind.LOAN_CHANGE: _change_loan,
    ProposalKind.CONTRACT: _approve_contract,
    ProposalKind.CAPITAL_MOVEMENT: _move_capital,
    ProposalKind.SETTINGS: _set,
    ProposalKind.ROLE: _give_role,
    ProposalKind.LINK: _give_link,
    ProposalKind.CLOSE: _close,
    ProposalKind.IMPORT: _import,
}
