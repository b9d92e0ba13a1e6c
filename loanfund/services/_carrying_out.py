"""How what was proposed is carried out once it is approved, and when it could not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.errors import ConflictError, PermissionDeniedError
from loanfund.domain.locked import Locked
from loanfund.domain.permission import Action, Actor
from loanfund.domain.proposal import ProposalKind, makers_of
from loanfund.services import _loan_change
from loanfund.services._book_import import carry_out_import
from loanfund.services._capital import (
    check_movement,
    check_standing,
    undo_movement,
    write_movement,
)
from loanfund.services._contract import Decide, approve
from loanfund.services._link import check_link
from loanfund.services._period import check_closable, close_books
from loanfund.services._person import GiveRole, write_role
from loanfund.services._present_rules import carry_out_renewals, check_renewals
from loanfund.services._proposable import (
    Proposed,
    read_loan_change,
    read_movement,
    read_settings,
    read_undoing,
)
from loanfund.services._setting import write_setting
from loanfund.services.second_factor import check_turning_off, turn_off


@dataclass(frozen=True, slots=True)
class Decision:
    """Who proposed, who approves, and which version and books of the subject both saw."""

    maker: Actor
    approver: Actor
    version: int | None
    locked: Locked | None = None


def check_possible(session: Session, proposed: Proposed, maker: Actor, clock: Clock) -> None:
    """Refuse what could not be as things stand; changes of loans are planned instead."""
    if proposed.kind is ProposalKind.CLOSE:
        check_closable(session, date.fromisoformat(proposed.payload["month_end"]), clock)
    elif proposed.kind is ProposalKind.CAPITAL_MOVEMENT:
        _check_capital(session, proposed.payload, clock)
    elif proposed.kind is ProposalKind.PRESENT_RULES:
        check_renewals(session, proposed.payload, clock.today())
    elif proposed.kind is ProposalKind.LINK:
        check_link(session, proposed.payload, maker)
    elif proposed.kind is ProposalKind.FACTOR_OFF:
        check_turning_off(session, proposed.payload, maker)


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
    """Do what was proposed, as its maker, inside the caller's unit of work.

    It happens where it is approved.
    """
    maker = replace(decision.maker, network=decision.approver.network)
    decision = replace(decision, maker=maker)
    return _CARRY_OUT[kind](session, payload, decision, clock)


def check_maker(actor: Actor, action: Action) -> None:
    """Refuse whoever may not propose this."""
    if actor.role not in makers_of(action):
        raise PermissionDeniedError("role", role=actor.role.value, action=action.value)


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
        row = undo_movement(session, read_undoing(payload), *people)
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


def _turn_off_factor(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    user = check_turning_off(session, payload, decision.maker, decision.approver)
    turn_off(session, user, decision.maker, clock.now(), payload["reason"])
    return {"user": user.id}


def _import(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    return carry_out_import(session, payload, decision.maker, clock, decision.approver)


def _amend_all(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    return carry_out_renewals(session, payload, decision.maker, clock, decision.approver)


def _close(
    session: Session, payload: Mapping[str, Any], decision: Decision, clock: Clock
) -> dict[str, Any]:
    """Lock what the maker saw and nothing else: another position sends the proposal back."""
    day = date.fromisoformat(payload["month_end"])
    check_closable(session, day, clock)
    closed = close_books(session, day, decision.maker, clock, decision.approver)
    if closed.locked != decision.locked:
        raise ConflictError("stale")
    return {"loans": len(closed.locked.loans)}


_CarryOut = Callable[[Session, Mapping[str, Any], Decision, Clock], dict[str, Any]]
_CARRY_OUT: Mapping[ProposalKind, _CarryOut] = {
    ProposalKind.LOAN_CHANGE: _change_loan,
    ProposalKind.CONTRACT: _approve_contract,
    ProposalKind.CAPITAL_MOVEMENT: _move_capital,
    ProposalKind.SETTINGS: _set,
    ProposalKind.ROLE: _give_role,
    ProposalKind.LINK: _give_link,
    ProposalKind.FACTOR_OFF: _turn_off_factor,
    ProposalKind.CLOSE: _close,
    ProposalKind.IMPORT: _import,
    ProposalKind.PRESENT_RULES: _amend_all,
}
