"""What a link to choose a password opens, for who holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.user import PasswordLink, User
from loanfund.store.user import hash_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLink:
    """A link to choose a password: it holds, was used, or is gone (too old, ended, invented).

    `borrower` is the cooperative's name, empty for people of the fund.
    """

    state: str
    email: str = ""
    person: str = ""
    role: Role | None = None
    borrower: str = ""


def link_of(session: Session, link: str, *, now: datetime) -> KnownLink:
    """Give what a link opens; only of one that holds, whose account."""
    found = session.get(PasswordLink, hash_of(link))
    if found is None or (found.used_at is None and found.expires_at <= now):
        return KnownLink(state="gone")
    if found.used_at is not None:
        return KnownLink(state="used")
    user = session.get_one(User, found.user_id)
    own = user.cooperative
    return KnownLink(
        state="holds",
        email=user.email,
        person=user.name,
        role=Role(user.role),
        borrower=session.get_one(Borrower, own.borrower_id).name if own else "",
    )
