"""Accounts that somebody else could have opened: they approve nothing until they are confirmed.

Whoever is shown a link may choose the password behind it. So two people must not follow from
one: the account may work, but what it approves waits until a manager has met its person.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.domain.account_mail import MailKind
from loanfund.domain.permission import STAFF, Actor, Role
from loanfund.models.user import User
from loanfund.services._account_line import note_account
from loanfund.services._account_mail import put_into_outbox
from loanfund.store.user import has_active_manager, managers, told_of


def opened_by_hand(session: Session, user: User, actor: Actor, now: datetime) -> None:
    """Note that the actor saw the link of a person of the fund, and tell all managers.

    A command confirms whom nobody could: the person of a fund without an active manager.
    """
    if user.role not in STAFF:
        return
    if actor.role is Role.CLI and not has_active_manager(session, but=user.id):
        user.unconfirmed_since = None
        note_confirmed(session, user, actor, now)
        return
    user.unconfirmed_since = user.unconfirmed_since or now
    tell_managers(session, MailKind.OPENED_BY_HAND, user, actor, now)


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
