"""A link to choose a password in somebody else's hands: for whom, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.account_mail import LINK_LIVES, MailKind
from loanfund.domain.errors import ConflictError, InvalidInputError, PermissionDeniedError
from loanfund.domain.permission import STAFF, Actor, Role
from loanfund.models.user import User
from loanfund.services._account_line import note_account
from loanfund.services._confirmation import leave_unconfirmed, tell_managers
from loanfund.store.user import add_link, end_links, has_active_manager, told_of, user_of


def check_first(session: Session, user: User, actor: Actor) -> None:
    """Refuse to show a link of a person of the fund who has a password: mail it, or propose it.

    A command may where no other manager could approve it, and a cooperative's: officers, who
    see its loans anyway, print its letter; an administrator sees none and must not by its link.
    """
    if user.role not in STAFF:
        if actor.role is not Role.CLI:
            raise PermissionDeniedError("cooperative_link")
        return
    if user.password_hash is None:
        return
    if actor.role is Role.CLI and not has_active_manager(session, but=user.id):
        return
    raise PermissionDeniedError("has_password")


def check_link(session: Session, payload: Mapping[str, Any], *people: Actor) -> User:
    """Give for whom a link is asked; refuse one's own, a cooperative's and who is disabled."""
    user = user_of(session, payload["email"])
    if user.id in {one.user_id for one in people}:
        raise PermissionDeniedError("own_link")
    if user.role not in STAFF:
        raise InvalidInputError("user")
    if user.disabled_at:
        raise ConflictError("subject_disabled")
    return user


def hand_over(session: Session, user: User, actor: Actor, now: datetime) -> str:
    """Give the secret of a link to who asks for it; those of before end."""
    if user.disabled_at:
        raise PermissionDeniedError("disabled")
    end_links(session, user)
    secret = add_link(session, user, LINK_LIVES[MailKind.INVITATION], now)
    if user.role in STAFF:
        leave_unconfirmed(session, user, actor, now, MailKind.OPENED_BY_HAND)
    else:
        tell_managers(session, MailKind.LINK_SEEN, user, actor, now)
    note_account(session, "issue_link", user.id, actor, now, facts=told_of(user))
    return secret
