"""Links to choose a password that people of the fund are handed: by two people, confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.account_mail import LINK_LIVES, MailKind
from loanfund.domain.errors import ConflictError, NotFoundError, PermissionDeniedError
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.models.audit import RequestKey
from loanfund.models.proposal import Proposal
from loanfund.services._confirmation import note_confirmed
from loanfund.services._link import hand_over
from loanfund.services.user import Link
from loanfund.store.request_key import KeyedRequest, ProgramKey, first_result, keep_result
from loanfund.store.user import user_of

COLLECTED_WITHIN = timedelta(hours=24)  # of the approval; then it takes another one


def collect_link(session: Session, proposal_id: int, actor: Actor, *, now: datetime) -> Link:
    """Give the link that a manager approved to who had proposed it, once."""
    with unit_of_work(session):
        row = session.get(Proposal, proposal_id, with_for_update=True)
        if row is None or row.kind != ProposalKind.LINK or row.proposed_by != actor.user_id:
            raise NotFoundError("proposal")
        keyed = _once(row, actor)
        is_late = row.decided_at is not None and now - row.decided_at >= COLLECTED_WITHIN
        if row.state != ProposalState.APPROVED or is_late or first_result(session, keyed):
            raise ConflictError("link_collected")
        user = user_of(session, row.payload["email"])
        secret = hand_over(session, user, actor, now)
        keep_result(session, keyed, {"user": user.id}, now)
    lives = LINK_LIVES[MailKind.INVITATION]
    return Link(email=user.email, secret=secret, ends_at=now + lives)


def approved_link(session: Session, email: str, actor: Actor, *, now: datetime) -> int | None:
    """Give the proposal of this maker whose link can be collected now; None where none can."""
    query = select(Proposal.id).where(
        Proposal.kind == ProposalKind.LINK.value,
        Proposal.subject_id == fold_sign_in_name(email),
        Proposal.proposed_by == actor.user_id,
        Proposal.state == ProposalState.APPROVED.value,
        Proposal.decided_at > now - COLLECTED_WITHIN,
    )
    for number in session.scalars(query.order_by(Proposal.id.desc())):
        if session.get(RequestKey, _key(number)) is None:
            return number
    return None


def confirm_user(session: Session, email: str, actor: Actor, *, now: datetime) -> bool:
    """Vouch, as a manager, that a person opened their account themselves; not one's own.

    Say whether they waited for it.
    """
    check(actor, Action.CONFIRM_USER, Grant.APPROVES)
    with unit_of_work(session):
        user = user_of(session, email)
        if user.id == actor.user_id:
            raise PermissionDeniedError("yourself_confirm")
        if user.unconfirmed_since is None:
            return False
        user.unconfirmed_since = None
        note_confirmed(session, user, actor, now)
        return True


def _once(row: Proposal, actor: Actor) -> KeyedRequest:
    return KeyedRequest(_key(row.id), Action.GIVE_LINK.value, row.payload, actor.user_id)


def _key(proposal_id: int) -> ProgramKey:
    return ProgramKey.of("link", proposal_id)
