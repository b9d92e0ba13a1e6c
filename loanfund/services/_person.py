"""Give a person a role: what one proposes and another approves, for new people too."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    PermissionDeniedError,
)
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.permission import STAFF, Actor, Role
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.models.user import User
from loanfund.services._account_line import note_account
from loanfund.services._account_mail import put_into_outbox
from loanfund.store.user import end_sessions, find_user, told_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveRole:
    """A role for the person with this address; `was` is theirs as the maker saw it."""

    email: str
    name: str
    role: str
    was: str | None = None


def check_role(request: GiveRole, maker: Actor) -> None:
    """Refuse what no one could approve: half a person, a role of nobody, one's own.

    The role of a cooperative's person stays.
    """
    if not is_mail_address(fold_sign_in_name(request.email)):
        raise InvalidInputError("email")
    if not request.name.strip() or request.role not in STAFF:
        raise InvalidInputError("user")
    if fold_sign_in_name(request.email) == maker.email or request.was == Role.COOPERATIVE:
        raise PermissionDeniedError("own_role")


def refuse_known(session: Session, request: GiveRole) -> None:
    """Refuse to invite as new whoever has an account, however the address is written."""
    known = find_user(session, request.email)
    if known is not None and request.was is None:
        whose = "of_staff" if known.role in STAFF else "of_cooperative"
        raise InvalidInputError(f"known_{whose}", email=known.email, name=known.name)


def write_role(
    session: Session, request: GiveRole, maker: Actor, clock: Clock, approver: Actor
) -> User:
    """Give the role, to a new person, who is invited by mail, or to another one.

    With the role of before go all sessions.
    """
    check_role(request, maker)
    user = find_user(session, request.email)
    if (user.role if user else None) != request.was:
        raise ConflictError("stale")
    if user is None:
        user = User(
            email=fold_sign_in_name(request.email), language="vi", created_at=clock.now()
        )
        user.name = request.name.strip()
        session.add(user)
    elif user.id == approver.user_id:
        raise PermissionDeniedError("own_role")
    user.role = request.role
    session.flush()
    if request.was is None:
        put_into_outbox(session, user.email, MailKind.INVITATION, clock.now())
    end_sessions(session, user)
    facts = {**told_of(user), "was": request.was}
    note_account(session, "give_role", user.id, maker, clock.now(), facts=facts)
    return user
