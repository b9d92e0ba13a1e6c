"""What one person proposes and another decides: its kinds, its states, who may decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from loanfund.domain.errors import ConflictError, PermissionDeniedError
from loanfund.domain.permission import Action, Actor, Grant, Role, check, grant

# The program's own reasons of what came to nothing.
MOVED = "moved"  # sent back: the subject is not what it was
FLIPPED = "flipped"  # sent back: a check answers otherwise
REFUSED = "refused"  # sent back: what it asks for is refused; `result` keeps the words
UNSEEN = "unseen"  # sent back: nobody saw what it would lock
ADOPTED = "adopted"  # taken back: another person proposed it anew


class ProposalKind(StrEnum):
    """What a stored request asks for, and so how it is carried out once approved."""

    LOAN_CHANGE = "loan_change"
    CONTRACT = "contract"
    CAPITAL_MOVEMENT = "capital_movement"
    SETTINGS = "settings"
    ROLE = "role"
    LINK = "link"
    FACTOR_OFF = "factor_off"
    CLOSE = "close"
    IMPORT = "import"
    PRESENT_RULES = "present_rules"


class ProposalState(StrEnum):
    """Where a proposal stands; only a waiting one can still become anything else."""

    WAITING = "waiting"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


# What ended without being carried out, so that its maker may change it and send it again.
ENDED_OPEN = (ProposalState.RETURNED, ProposalState.WITHDRAWN)


class ProposalAct(StrEnum):
    """What people do with a waiting proposal."""

    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[ProposalState, ProposalAct], ProposalState] = {
    (ProposalState.WAITING, ProposalAct.APPROVE): ProposalState.APPROVED,
    (ProposalState.WAITING, ProposalAct.RETURN): ProposalState.RETURNED,
    (ProposalState.WAITING, ProposalAct.WITHDRAW): ProposalState.WITHDRAWN,
}


@cache
def makers_of(action: Action) -> frozenset[Role]:
    """Give the roles that propose something; a contract is submitted by who may draft one.

    The program itself proposes settings: each year's public holidays.
    """
    if action is Action.CHANGE_SETTINGS:
        return _going(action, Grant.PROPOSES) | {Role.CLI}
    if action is Action.APPROVE_CONTRACT:
        return _going(Action.DRAFT_CONTRACT, Grant.DOES)
    return _going(action, Grant.PROPOSES)


def _going(action: Action, far: Grant) -> frozenset[Role]:
    return frozenset(role for role in Role if grant(role, action) is far)


def next_state(state: ProposalState, act: ProposalAct) -> ProposalState:
    """Give the state after an act; ConflictError where the proposal was decided before."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        raise ConflictError("proposal_decided", state=state.value)
    return found


def check_decider(actor: Actor, action: Action, proposed_by: int) -> None:
    """Refuse whoever may not approve such a thing, and the maker in every role."""
    check(actor, action, Grant.APPROVES)
    if actor.user_id == proposed_by:
        raise PermissionDeniedError("maker_is_checker", action=action.value)
