"""Propose what needs two people, and decide about it (house rules §7, S-19).

A proposal keeps the request, what the maker saw beside it, the version of its loan, and one
fingerprint of all. Approving does it as the maker, with the approver beside; a loan that moved,
a check that flipped or a month that stands otherwise sends it back instead, with both pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock, FixedClock, office_day
from loanfund.db import unit_of_work
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    LoanFundError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)
from loanfund.domain.permission import Action, Actor
from loanfund.domain.proposal import (
    ADOPTED,
    MOVED,
    REFUSED,
    ProposalAct,
    ProposalKind,
    ProposalState,
    check_decider,
    next_state,
)
from loanfund.domain.seen import Compared, compared, compared_then, dump_now
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.services import _loan_change
from loanfund.services._carrying_out import Decision, carry_out, check_maker
from loanfund.services._loan_change import Preview
from loanfund.services._present_rules import Renewal, renewals
from loanfund.services._proposable import Proposed, read_loan_change
from loanfund.services._proposal import (
    beside_of,
    day_of_decision,
    is_orphan,
    new_row,
    refused,
    seen_of,
    stood_now,
    table_seen,
    why_back,
)
from loanfund.services._seen import look
from loanfund.store.audit import write_audit
from loanfund.store.fingerprint import content_hash
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.store.user import as_actor

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


class _CarryingOutRefusedError(Exception):
    """Takes back what an approval began; nobody but this module sees it."""

    def __init__(self, why: LoanFundError) -> None:
        super().__init__(str(why))
        self.why = why


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
    """Do what was proposed, or send it back where it is no longer what was seen.

    `{"returned": why}` then: its subject had moved, a check flipped, nobody had seen it, or
    what it asks for is refused, whatever the refusal; its words stay with the proposal.
    """
    try:
        with unit_of_work(session):
            row = _waiting(session, request, ProposalAct.APPROVE)
            check_decider(actor, Action(row.action), row.proposed_by)
            maker = _maker(session, row)
            then, now = seen_of(row), look(beside_of(session, row, maker, clock))
            row.stood = dump_now(now, compared(then or now, now))
            row.reason = why_back(session, row, then, now)
            if row.reason:
                _decide(session, row, ProposalAct.RETURN, actor, clock)
                return {"returned": row.reason}
            decision = Decision(maker, actor, row.version, now.locked)
            kind = ProposalKind(row.kind)
            row.result = _carried_out(session, kind, row.payload, decision, clock)
            _decide(session, row, ProposalAct.APPROVE, actor, clock)
            return dict(row.result)
    except _CarryingOutRefusedError as error:
        is_stale = isinstance(error.why, ConflictError) and error.why.reason in STALE
        reason, result = (MOVED, {}) if is_stale else (REFUSED, refused(error.why))
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.RETURN)
        row.reason, row.result = reason, result
        row.stood = stood_now(session, row, clock)
        _decide(session, row, ProposalAct.RETURN, actor, clock)
    return {"returned": reason}


def send_back(session: Session, request: Decide, actor: Actor, clock: Clock) -> None:
    """Return a proposal to its maker with a reason; nothing is done."""
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.RETURN)
        check_decider(actor, Action(row.action), row.proposed_by)
        if not request.reason:
            raise InvalidInputError("empty", field="reason")
        row.reason = request.reason
        row.stood = stood_now(session, row, clock)
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

    It is checked as anything that is proposed, and refused where its loan, or what a close
    would lock, has moved since.
    """
    with unit_of_work(session):
        row = _waiting(session, request, ProposalAct.WITHDRAW)
        check_maker(actor, Action(row.action))
        if not is_orphan(session, row):
            raise ConflictError("maker_is_there")
        row.reason = ADOPTED
        _decide(session, row, ProposalAct.WITHDRAW, actor, clock)
        proposed = Proposed(
            kind=ProposalKind(row.kind),
            action=Action(row.action),
            subject=(row.subject_type, row.subject_id),
            payload=row.payload,
            version=row.version if row.loan_id else None,
            shown=table_seen(row),
        )
        return _add(session, Propose(proposed=proposed, note=row.note), actor, clock).id


def compare_proposal(session: Session, proposal_id: int, clock: Clock) -> Compared:
    """Set what the maker saw beside what stands: now, or when it was decided."""
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFoundError("proposal")
    then = seen_of(row)
    if row.state == ProposalState.WAITING.value:
        maker = as_actor(session.get_one(User, row.proposed_by))
        now = look(beside_of(session, row, maker, clock))
        return compared(then or now, now)
    if then is None:
        return Compared(then=office_day(row.proposed_at), now=office_day(row.proposed_at))
    return compared_then(then, row.stood) if row.stood else compared(then, then)


def preview_proposal(
    session: Session, proposal_id: int, clock: Clock, *, as_shown: bool = False
) -> Preview | None:
    """Show what approving would do to the loan now, or `as_shown` when it was proposed.

    Of what was decided it is the picture of that day.

    None for a proposal about anything but a loan's history.
    """
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFoundError("proposal")
    if row.kind != ProposalKind.LOAN_CHANGE.value:
        return None
    change = read_loan_change(row.payload, row.version)
    if row.decided_at is not None:
        clock = FixedClock(day_of_decision(row))
    return _loan_change.preview(session, change, clock, as_shown=as_shown)


def proposed_renewals(session: Session, proposal_id: int, clock: Clock) -> list[Renewal]:
    """Show what the present rules would make today of the contracts that are proposed."""
    row = session.get_one(Proposal, proposal_id)
    return renewals(session, clock.today(), *row.payload["contracts"])


def _add(session: Session, request: Propose, actor: Actor, clock: Clock) -> Proposal:
    """Add a proposal of who may make it."""
    check_maker(actor, request.proposed.action)
    row = new_row(session, request.proposed, request.note, actor, clock)
    session.add(row)
    session.flush()
    _audit(session, "propose", row, actor, row.proposed_at)
    return row


def _waiting(session: Session, request: Decide, act: ProposalAct) -> Proposal:
    """Hold a proposal that can still be decided, with the content that was shown."""
    row = session.get(Proposal, request.proposal_id, with_for_update=True)
    if row is None:
        raise NotFoundError("proposal")
    next_state(ProposalState(row.state), act)
    stored = content_hash(row.payload, row.seen, row.version)
    if row.payload_hash != request.payload_hash or stored != row.payload_hash:
        raise ConflictError("proposal_changed")
    return row


def _carried_out(
    session: Session,
    kind: ProposalKind,
    payload: Mapping[str, Any],
    decision: Decision,
    clock: Clock,
) -> dict[str, Any]:
    """Do what was proposed; a refusal of what was proposed sends it back."""
    try:
        return carry_out(session, kind, payload, decision, clock)
    except (UnavailableError, PermissionDeniedError):  # of who approves or the machine
        raise
    except LoanFundError as error:
        raise _CarryingOutRefusedError(error) from error


def _maker(session: Session, row: Proposal) -> Actor:
    """Give who proposed it; who is disabled, or may no more, has nothing done in their name."""
    if is_orphan(session, row):
        raise ConflictError("maker_is_gone")
    return as_actor(session.get_one(User, row.proposed_by))


def _decide(
    session: Session, row: Proposal, act: ProposalAct, actor: Actor, clock: Clock
) -> None:
    row.state = next_state(ProposalState(row.state), act).value
    row.decided_at, row.decided_by = clock.now(), actor.user_id
    session.flush()
    _audit(session, f"{act.value}_proposal", row, actor, row.decided_at)


def _keyed(request: Propose, actor: Actor) -> KeyedRequest:
    payload = {"payload": request.proposed.payload, "note": request.note}
    action = f"propose_{request.proposed.action.value}"
    return KeyedRequest(request.key, action, payload, actor.user_id)


def _audit(session: Session, action: str, row: Proposal, actor: Actor, at: datetime) -> None:
    write_audit(
        session,
        at=at,
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
