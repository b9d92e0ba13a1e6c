"""Whose proposals somebody may read, make and decide, by the table of permissions."""

from __future__ import annotations

from loanfund.domain.permission import TABLE, Action, Actor, Grant, Role, grant
from loanfund.domain.proposal import makers_of


def approved_by(role: Role) -> list[str]:
    """Give the acts that people of a role approve."""
    return [action.value for action in TABLE if grant(role, action) is Grant.APPROVES]


def proposed_by(actor: Actor) -> list[str]:
    """Give the acts that somebody may propose."""
    return [action.value for action in TABLE if actor.role in makers_of(action)]


def reads_all(actor: Actor) -> bool:
    """Tell whether somebody reads every proposal, as who reads the audit log does."""
    return grant(actor.role, Action.READ_AUDIT) is Grant.DOES


def reads_loans(actor: Actor) -> bool:
    """Tell whether somebody reads what is proposed of loans."""
    return grant(actor.role, Action.SEE_LOANS) is Grant.DOES
