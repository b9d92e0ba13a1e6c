"""Accounts that one person alone could have opened: they approve nothing until confirmed.

Whoever is shown a link may choose the password behind it, and whoever enables an account may
know its password. So two people must not follow from one: the account may work, but what it
approves waits until a manager has met its person.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.permission import Actor, Role
from loanfund.models.user import User
from loanfund.services._account_line import note_account
from loanfund.services._account_mail import put_into_outbox
from loanfund.store.user import has_active_manager, managers, told_of

LONGEST_REASON = 200


def leave_unconfirmed(
    session: Session, user: User, actor: Actor, now: datetime, kind: MailKind
) -> None:
    """Let a person of the fund wait for a manager to confirm them, and tell all managers why.

    A command confirms whom nobody could: the person of a fund without an active manager.
    """
    if actor.role is Role.CLI and not has_active_manager(session, but=user.id):
        user.unconfirmed_since = None
        note_confirmed(session, user, actor, now)
        return
    user.unconfirmed_since = user.unconfirmed_since or now
    tell_managers(session, kind, user, actor, now)


def checked_reason(reason: str) -> str:
    """Give a reason without the space around it; what is done to a person has one."""
    if not reason.strip():
        raise InvalidInputError("empty", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInputError("text_long", field="reason", most=LONGEST_REASON)
    return reason.strip()


def note_confirmed(session: Session, user: User, actor: Actor, now: datetime) -> None:
    """Write down who vouched for a person."""
    note_account(session, "confirm_user", user.id, actor, now, facts=told_of(user))


def tell_managers(
    session: Session, kind: MailKind, user: User, actor: Actor, now: datetime, **more: str
) -> None:
    """Let all managers know by mail what was done about a person's account, and by whom."""
    facts = {"name": user.name, "account": user.email, "by": actor.name, **more}
    for one in managers(session):
        put_into_outbox(session, one.email, kind, now, facts)
