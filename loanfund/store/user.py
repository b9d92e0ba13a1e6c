"""Rows of people and their sessions as values, and the hashing of what only they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Actor, Role
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.domain.typed_code import ALPHABET
from loanfund.models.borrower import Borrower
from loanfund.models.user import PasswordLink, User, UserSession
from loanfund.store.setting import load_settings

MARK_LENGTH = 16
ACCOUNT_MARK_LENGTH = 12
FUND_WORDS = ("fund_name", "fund_phone", "fund_tax_code", "fund_place")


def new_token() -> str:
    """Give 256 random bits as text."""
    return secrets.token_urlsafe(32)


def new_code(length: int) -> str:
    """Give so many random letters that people can type, five bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def hash_of(token: str) -> str:
    """Give what is stored of a token; it is random, so a quick hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def account_mark(name: str) -> str:
    """Give what tells accounts from each other in the program's log, whether there or not."""
    return hash_of(fold_sign_in_name(name))[:ACCOUNT_MARK_LENGTH]


def mark_of(token_hash: str) -> str:
    """Give what tells a session from the others of its owner in a page."""
    return token_hash[:MARK_LENGTH]


def as_actor(user: User) -> Actor:
    """Give the person as services and pages know them."""
    return Actor(
        user_id=user.id,
        email=user.email,
        name=user.name,
        role=Role(user.role),
        borrower_id=user.cooperative.borrower_id if user.cooperative else None,
        is_confirmed=user.unconfirmed_since is None,
    )


def told_of(user: User) -> dict[str, Any]:
    """Give what an audit line tells of a person beside the id.

    Nobody can take a line back: a cooperative's person is no staff, their address stays out.
    """
    told = {"role": user.role, **({"unconfirmed": True} if user.unconfirmed_since else {})}
    return told if user.role == Role.COOPERATIVE else {"email": user.email, **told}


def told_in_full(session: Session, user: User) -> dict[str, Any]:
    """Give the same with the code of the cooperative whose figures a person sees."""
    if user.cooperative is None:
        return told_of(user)
    borrower = session.get_one(Borrower, user.cooperative.borrower_id)
    return {**told_of(user), "borrower": borrower.code}


def find_user(session: Session, email: str) -> User | None:
    """Give the person who signs in by this name, however it is written."""
    return session.scalar(select(User).where(User.email == fold_sign_in_name(email)))


def user_of(session: Session, email: str) -> User:
    """Give the person with this address, or refuse."""
    user = find_user(session, email)
    if user is None:
        raise NotFoundError("user")
    return user


def managers(session: Session) -> list[User]:
    """Give the managers who are not disabled, by address."""
    return list(session.scalars(_managers()))


def has_active_manager(session: Session, *, but: int | None = None) -> bool:
    """Say whether a manager other than this one can sign in and approve."""
    return any(_can_approve(one) for one in managers(session) if one.id != but)


def is_last_manager(session: Session, user: User, *, lock: bool = False) -> bool:
    """Say whether this is the only person who can sign in and approve.

    `lock` holds all managers, so that of two who are disabled at once one comes second.
    """
    query = _managers().with_for_update(of=User) if lock else _managers()
    able = [one.id for one in session.scalars(query) if _can_approve(one)]
    return able == [user.id]


def _managers() -> Select[User]:
    query = select(User).where(User.role == Role.MANAGER.value, User.disabled_at.is_(None))
    return query.order_by(User.email)


def _can_approve(manager: User) -> bool:
    return manager.password_hash is not None and manager.unconfirmed_since is None


def was_used(session: Session, link: str) -> bool:
    """Say whether somebody chose a password with this link, and no later one."""
    found = session.get(PasswordLink, hash_of(link))
    return found is not None and found.used_at is not None


def add_link(
    session: Session,
    user: User,
    lives: timedelta,
    now: datetime,
    *,
    code_hash: str | None = None,
) -> str:
    """Give the secret of one more link with which this person sets a password once.

    Those that ran out are cleared away. A letter's has a code beside it that stands in for it.
    """
    over = PasswordLink.user_id == user.id, PasswordLink.expires_at <= now
    session.execute(delete(PasswordLink).where(*over, PasswordLink.used_at.is_(None)))
    secret = new_token()
    row = PasswordLink(link_hash=hash_of(secret), user_id=user.id, expires_at=now + lives)
    row.code_hash = code_hash
    session.add(row)
    return secret


def holder_of(session: Session, link: str, now: datetime) -> User | None:
    """Give whose link this is, locked, so that of two who use it at once one comes second."""
    hashed = hash_of(link)
    whose = session.scalar(select(PasswordLink.user_id).where(PasswordLink.link_hash == hashed))
    if whose is None:
        return None
    user = session.get_one(User, whose, with_for_update={"of": User})
    found = session.get(PasswordLink, hashed, populate_existing=True)
    holds = found is not None and found.used_at is None and found.expires_at > now
    return user if holds and not user.disabled_at else None


def holder_of_code(
    session: Session, email: str, hashes: Sequence[str], now: datetime
) -> User | None:
    """Give who was sent a letter with this code, hashed under any of the program's keys."""
    query = _letters(email, hashes).where(PasswordLink.used_at.is_(None))
    found = session.execute(query.where(PasswordLink.expires_at > now)).first()
    return found.User if found else None


def used_code(
    session: Session, email: str, hashes: Sequence[str]
) -> tuple[User, datetime] | None:
    """Give whose letter with this code was used, and when."""
    query = _letters(email, hashes).where(PasswordLink.used_at.is_not(None))
    found = session.execute(query.order_by(PasswordLink.used_at.desc())).first()
    return (found.User, found.used_at) if found else None


def _letters(email: str, hashes: Sequence[str]) -> Select[User, datetime | None]:
    """Ask for the letters with a code, of who is let in."""
    return (
        select(User, PasswordLink.used_at)
        .join(PasswordLink, PasswordLink.user_id == User.id)
        .where(User.email == fold_sign_in_name(email), User.disabled_at.is_(None))
        .where(PasswordLink.code_hash.in_(hashes))
    )


def spend_link(session: Session, user: User, link: str, now: datetime) -> None:
    """Use a link up; with it end all others of this person.

    A letter's stays as one that was used: its code opened the link, or opens nothing any more.
    """
    used = session.get_one(PasswordLink, hash_of(link))
    used.used_at = now
    session.flush()
    unused = PasswordLink.user_id == user.id, PasswordLink.used_at.is_(None)
    has_code = PasswordLink.code_hash.is_not(None)
    session.execute(update(PasswordLink).where(*unused, has_code).values(used_at=now))
    others = PasswordLink.user_id == user.id, PasswordLink.link_hash != used.link_hash
    session.execute(delete(PasswordLink).where(*others, PasswordLink.code_hash.is_(None)))


def end_links(session: Session, user: User) -> None:
    """Let the links of a person that nobody used open nothing any more."""
    unused = PasswordLink.user_id == user.id, PasswordLink.used_at.is_(None)
    session.execute(delete(PasswordLink).where(*unused))


def known_words(session: Session, user: User, day: date) -> list[str]:
    """Give what others know of a person and of the fund, and would try as a password."""
    fund = load_settings(session, keys=FUND_WORDS)
    words = [user.name, user.email, *(fund.get(key, day) for key in FUND_WORDS)]
    if user.cooperative:
        borrower = session.get_one(Borrower, user.cooperative.borrower_id)
        words += [borrower.name, borrower.code, borrower.tax_code or "", borrower.phone or ""]
    return words


def end_sessions(session: Session, user: User, *, but: str | None = None) -> None:
    """Sign a person out everywhere, or everywhere but in the session with this hash."""
    others = delete(UserSession).where(UserSession.user_id == user.id)
    session.execute(others.where(UserSession.token_hash != but) if but else others)
