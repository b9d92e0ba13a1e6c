"""Propose what needs two people, and decide about it (house rules §7, S-19).

A proposal keeps the request, its fingerprint and the version that the maker saw. Approving does
it as the maker, with the approver beside; what moved meanwhile sends it back instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import Action, Actor, Role
from loanfund.domain.proposal import (
    ProposalAct,
    ProposalKind,
    ProposalState,
    check_decider,
    makers_of,
    next_state,
)
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.services import _loan_change
from loanfund.services._carrying_out import Decision, carry_out, check_maker, check_possible
from loanfund.services._contract import check_submittable
from loanfund.services._loan_change import Preview
from loanfund.services._proposable import Proposed, read_loan_change
from loanfund.store.audit import write_audit
from loanfund.store.request_key import (
    KeyedRequest,
    fingerprint,
    first_result,
    keep_result,
    new_key,
)
from loanfund.store.user import as_actor

MOVED = "moved"  # the reason of a proposal that went back because its subject had changed
ADOPTED = "adopted"  # of one that another person proposed anew
STALE = frozenset({"stale", "stale_preview"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """What is proposed, why, and the key that makes it count once."""

    proposed: Proposed
    note: str | None = None
    key: str = field(default_factory=new_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """A decision about the proposal with this content; a reason where it is sent back."""

    proposal_id: int
    payload_hash: str
    reason: str | None = None


def propose(session: Session, request: Propose, actor: Actor, clock: Clock) -> int:
    """Store a request for somebody else's decision and give its id; refuse what cannot be."""
    with unit_of_work(session):
        keyed = _keyed(request, actor)
        known = first_result(session, keyed)
        if known is not None:
            return int(known["proposal"])
        row = _add(session, request, actor, clock)
        keep_result(session, keyed, {"proposal": row.id}, clock.now())
        return row.id


def approve(session: Session, request: Decide, actor: Actor, clock: Clock) -> dict[str, Any]:
    """Do what was proposed; `{"returned": "moved"}` where its subject had changed meanwhile."""
    try:
        with unit_of_work(session):
            row = _waiting(session, request, ProposalAct.APPROVE)
            check_decider(actor, Action(row.action), row.proposed_by)
            maker = _maker(session, row)
            decision = Decision(maker, actor, row.version)
            kind = ProposalKind(row.kind)
            row.result = carry_out(session, kind, row.payload, decision, clock)
            _decide(session, row, ProposalAct.APPROVE, actor, clock)
            return dict(row.result)
    except ConflictError as error:
        if error.reason not in STALE:
            raise
    send_back(session, _because_it_moved(request), actor, clock)
    return {"returned": MOVED}


def send_back(session: Session, request: Decide, actor: Actor, clock: Clock) -> None:
    """Return a proposal to its maker with a reason; nothing is done."""
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.RETURN)
        check_decider(actor, Action(row.action), row.proposed_by)
        if not request.reason:
            raise InvalidInputError("empty", field="reason")
        row.reason = request.reason
        _decide(session, row, ProposalAct.RETURN, actor, clock)


def withdraw(session: Session, request: Decide, actor: Actor, clock: Clock) -> None:
    """Take one's own proposal back."""
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.WITHDRAW)
        if row.proposed_by != actor.user_id:
            raise PermissionDeniedError("not_the_maker")
        row.reason = request.reason
        _decide(session, row, ProposalAct.WITHDRAW, actor, clock)


def adopt(session: Session, request: Decide, actor: Actor, clock: Clock) -> int:
    """Propose in one's own name what waits without its maker; give the new proposal's id.

    It is checked as anything that is proposed, and refused where its loan has moved since.
    """
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.WITHDRAW)
        check_maker(actor, Action(row.action))
        if not _is_orphan(session, row):
            raise ConflictError("maker_is_there")
        row.reason = ADOPTED
        _decide(session, row, ProposalAct.WITHDRAW, actor, clock)
        proposed = Proposed(
            kind=ProposalKind(row.kind),
            action=Action(row.action),
            subject=(row.subject_type, row.subject_id),
            payload=row.payload,
            version=row.version if row.loan_id else None,
        )
        return _add(session, Propose(proposed=proposed, note=row.note), actor, clock).id


def preview_proposal(
    session: Session, proposal_id: int, clock: Clock, *, as_shown: bool = False
) -> Preview | None:
    """Show what approving would do to the loan now, or `as_shown` when it was proposed.

    None for a proposal about anything but a loan's history.
    """
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFoundError("proposal")
    if row.kind != ProposalKind.LOAN_CHANGE.value:
        return None
    change = read_loan_change(row.payload, row.version)
    return _loan_change.preview(session, change, clock, as_shown=as_shown)


def _add(session: Session, request: Propose, actor: Actor, clock: Clock) -> Proposal:
    """Add a proposal of who may make it."""
    check_maker(actor, request.proposed.action)
    row = _row(session, request, actor, clock)
    session.add(row)
    session.flush()
    _audit(session, "propose", row, actor, clock)
    return row


def _row(session: Session, request: Propose, actor: Actor, clock: Clock) -> Proposal:
    """Give the row of a new proposal, at the version that stands where none was seen."""
    proposed = request.proposed
    _check_first(session, proposed)
    check_possible(session, proposed, actor, clock)
    action, version, loan_id = proposed.action, proposed.version, None
    if proposed.subject[0] == "loan":
        loan = session.scalar(select(Loan).where(Loan.contract_number == proposed.subject[1]))
        if loan is None:
            raise NotFoundError("loan", contract=proposed.subject[1])
        if version is not None and version != loan.version:
            raise ConflictError("stale_preview", shown=version, stands=loan.version)
        loan_id, version = loan.id, loan.version
        if proposed.kind is ProposalKind.LOAN_CHANGE:
            action = _possible(session, proposed, loan, clock)
            check_maker(actor, action)
        else:
            check_submittable(session, loan, clock)
    return Proposal(
        kind=proposed.kind.value,
        action=action.value,
        subject_type=proposed.subject[0],
        subject_id=proposed.subject[1],
        loan_id=loan_id,
        payload=proposed.payload,
        payload_hash=fingerprint(proposed.payload),
        version=version,
        note=request.note,
        state=ProposalState.WAITING.value,
        proposed_at=clock.now(),
        proposed_by=actor.user_id,
        result={},
    )


def _check_first(session: Session, proposed: Proposed) -> None:
    """Refuse what already waits just so; two equal changes of a loan may both be meant.

    A month is closed once, whatever its totals are by now.
    """
    if proposed.kind is ProposalKind.LOAN_CHANGE:
        return
    known = select(Proposal.id).where(
        Proposal.state == ProposalState.WAITING.value,
        Proposal.kind == proposed.kind.value,
        Proposal.subject_id == proposed.subject[1],
    )
    if proposed.kind is not ProposalKind.CLOSE:
        known = known.where(Proposal.payload_hash == fingerprint(proposed.payload))
    if session.scalar(known.limit(1)) is not None:
        raise ConflictError("proposal_waiting")


def _possible(session: Session, proposed: Proposed, loan: Loan, clock: Clock) -> Action:
    """Refuse what could not happen as things stand; give the permission that it needs."""
    change = read_loan_change(proposed.payload, loan.version)
    seen = _loan_change.preview(session, change, clock)
    return _loan_change.needed_action(session, loan, change, seen.closed_through)


def _waiting(session: Session, request: Decide, act: ProposalAct) -> Proposal:
    """Hold a proposal that can still be decided, with the content that was shown."""
    row = session.get(Proposal, request.proposal_id, with_for_update=True)
    if row is None:
        raise NotFoundError("proposal")
    next_state(ProposalState(row.state), act)
    if row.payload_hash != request.payload_hash or fingerprint(row.payload) != row.payload_hash:
        raise ConflictError("proposal_changed")
    return row


def _maker(session: Session, row: Proposal) -> Actor:
    """Give who proposed it; who is disabled, or may no more, has nothing done in their name."""
    if _is_orphan(session, row):
        raise ConflictError("maker_is_gone")
    return as_actor(session.get_one(User, row.proposed_by))


def _is_orphan(session: Session, row: Proposal) -> bool:
    maker = session.get_one(User, row.proposed_by)
    return bool(maker.disabled_at) or Role(maker.role) not in makers_of(Action(row.action))


def _decide(
    session: Session, row: Proposal, act: ProposalAct, actor: Actor, clock: Clock
) -> None:
    row.state = next_state(ProposalState(row.state), act).value
    row.decided_at, row.decided_by = clock.now(), actor.user_id
    session.flush()
    _audit(session, f"{act.value}_proposal", row, actor, clock)


def _because_it_moved(request: Decide) -> Decide:
    return Decide(
        proposal_id=request.proposal_id, payload_hash=request.payload_hash, reason=MOVED
    )


def _keyed(request: Propose, actor: Actor) -> KeyedRequest:
    payload = {"payload": request.proposed.payload, "note": request.note}
    action = f"propose_{request.proposed.action.value}"
    return KeyedRequest(request.key, action, payload, actor.user_id)


def _audit(session: Session, action: str, row: Proposal, actor: Actor, clock: Clock) -> None:
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("proposal", row.id),
        facts={
            "action": row.action,
            "subject": [row.subject_type, row.subject_id],
            "payload_hash": row.payload_hash,
            "reason": row.reason,
        },
    )
