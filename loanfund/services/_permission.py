"""Who may do it: alone, or as the maker whom another person approved."""

from __future__ import annotations

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.permission import Action, Actor, Grant, check


def allow(actor: Actor, action: Action, approver: Actor | None = None) -> None:
    """Refuse unless the actor may act alone, or may propose and another person approves."""
    if approver is None:
        check(actor, action)
        return
    check(actor, action, Grant.DOES, Grant.PROPOSES)
    check(approver, action, Grant.APPROVES)
    if approver.user_id == actor.user_id:
        raise PermissionDeniedError("maker_is_checker", action=action.value)
