"""Sign in and out, keep what a session remembers, choose, change and confirm a password.

Hashing a password takes a tenth of a second and more. So that nobody else waits, it happens
between transactions: a try is counted as failed first, and forgiven when it succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from loanfund.clock import office_day
from loanfund.db import unit_of_work
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.password import composed
from loanfund.domain.permission import Actor, Role
from loanfund.models.user import SecondFactor, User, UserSession
from loanfund.seal import Seal
from loanfund.services._account_line import note_visit
from loanfund.services._account_mail import put_into_outbox
from loanfund.services._factor import prove_code
from loanfund.services._session import note_sign_in, open_session
from loanfund.services._tries import (
    audit_refusal,
    count_try,
    forgive,
    forgive_account,
    looked_at,
    tries_of_session,
    tries_of_visitor,
)
from loanfund.services.hashing import STRONG, hashed
from loanfund.services.password import check_password
from loanfund.store.user import (
    end_sessions,
    find_user,
    hash_of,
    holder_of,
    known_words,
    new_token,
    spend_link,
    was_used,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What somebody typed, from which network address, in which browser.

    `browser` names one that signed in to this account before; empty for every other.
    """

    email: str
    password: str
    address: str
    agent: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """A password chosen with the secret of a link; `address` is empty where a command does."""

    link: str
    password: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """A new password for who knows the present one; `token` is the session that goes on."""

    current: str
    password: str
    token: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPassword:
    """The own password once more, in the session of `token`; `code` of who has a factor."""

    password: str
    token: str
    address: str
    code: str = ""


def sign_in(
    session: Session, request: SignIn, *, now: datetime, hasher: PasswordHasher = STRONG
) -> str:
    """Give the token of a new session; unknown, wrong and disabled are one refusal.

    The session of who has a second factor is worth nothing until `second_factor.prove`.
    """
    token = new_token()
    counting = count_try(
        session, tries_of_visitor(request.email, request.address, request.browser), now
    )
    user = find_user(session, request.email)
    session.rollback()
    stored = user.password_hash if user and not user.disabled_at else None
    better = looked_at(session, counting, stored, request.password, hasher)
    if user is None or better is None:
        audit_refusal(session, "refuse_sign_in", user, request.address, now)
        raise PermissionDeniedError("sign_in")
    with unit_of_work(session):
        user = session.get_one(User, user.id, with_for_update={"of": User})
        if user.disabled_at or user.password_hash != stored:
            raise PermissionDeniedError("sign_in")  # changed while we were looking
        user.password_hash = better
        forgive(session, counting)
        open_session(session, user, token, now, agent=request.agent, confirmed_at=now)
        if user.factor is None:
            note_sign_in(session, user, request.address, now)
        else:
            note_visit(
                session, "prove_password", user.id, by=None, network=request.address, at=now
            )
    return token


def sign_out(session: Session, token: str) -> None:
    """End the session of a token."""
    with unit_of_work(session):
        session.execute(delete(UserSession).where(UserSession.token_hash == hash_of(token)))


def keep_session(session: Session, token: str, data: dict[str, Any], *, now: datetime) -> None:
    """Store what a session remembers and that it was used; one that ended stays ended."""
    with unit_of_work(session):
        session.execute(
            update(UserSession)
            .where(UserSession.token_hash == hash_of(token))
            .values(data=data, last_used_at=now)
        )


def set_password(
    session: Session, request: SetPassword, *, now: datetime, hasher: PasswordHasher = STRONG
) -> str:
    """Set the password of who holds a link, which is used up; all their sessions end.

    Give the address of whose password it is.
    """
    user = _holder(session, request.link, now)
    _check_new(session, user, request.password, now)
    session.rollback()
    new = hashed(request.password, hasher)
    with unit_of_work(session):
        user = _holder(session, request.link, now)
        spend_link(session, user, request.link, now)
        _replace(session, user, new, request.address, now)
        forgive_account(session, user.email)
        end_sessions(session, user)
    return user.email


def change_password(
    session: Session,
    request: ChangePassword,
    actor: Actor,
    *,
    now: datetime,
    hasher: PasswordHasher = STRONG,
) -> None:
    """Change the own password; every other session of this person ends."""
    proof = ConfirmPassword(
        password=request.current, token=request.token, address=request.address
    )
    stored = _proved(session, proof, actor, now, hasher)
    if composed(request.password) == composed(request.current):
        raise InvalidInputError("password_same")
    _check_new(session, session.get_one(User, actor.user_id), request.password, now)
    session.rollback()
    new = hashed(request.password, hasher)
    with unit_of_work(session):
        user = _unchanged(session, actor, stored)
        _replace(session, user, new, request.address, now)
        end_sessions(session, user, but=hash_of(request.token))


def confirm_password(  # noqa: PLR0913 -- who, what, and by which means it is looked at
    session: Session,
    request: ConfirmPassword,
    actor: Actor,
    *,
    seal: Seal,
    now: datetime,
    hasher: PasswordHasher = STRONG,
) -> None:
    """Note that who uses a session proved anew who it is; tries are counted (S-15)."""
    stored = _proved(session, request, actor, now, hasher)
    if session.get(SecondFactor, actor.user_id) is not None:
        session.rollback()
        prove_code(
            session,
            actor.user_id,
            request.code,
            seal=seal,
            address=request.address,
            now=now,
        )
    with unit_of_work(session):
        user = _unchanged(session, actor, stored)
        session.execute(
            update(UserSession)
            .where(UserSession.token_hash == hash_of(request.token))
            .values(confirmed_at=now)
        )
        note_visit(
            session, "confirm_password", user.id, by=user.id, network=request.address, at=now
        )


def _proved(
    session: Session,
    request: ConfirmPassword,
    actor: Actor,
    now: datetime,
    hasher: PasswordHasher,
) -> str:
    """Give the stored hash that a person's own password fits; tries are counted."""
    counting = count_try(session, tries_of_session(request.token), now)
    user = session.get_one(User, actor.user_id)
    stored = user.password_hash
    session.rollback()
    if stored is None or not looked_at(session, counting, stored, request.password, hasher):
        audit_refusal(session, "refuse_password", user, request.address, now)
        raise PermissionDeniedError("current_password")
    with unit_of_work(session):
        forgive(session, counting)
    return stored


def _unchanged(session: Session, actor: Actor, stored: str) -> User:
    """Give a person, locked, whose password is what it was while we were looking."""
    user = session.get_one(User, actor.user_id, with_for_update={"of": User})
    if user.password_hash != stored:
        raise PermissionDeniedError("current_password")
    return user


def _holder(session: Session, link: str, now: datetime) -> User:
    """Give who may use a link; a used one is told from those expired, ended or invented."""
    user = holder_of(session, link, now)
    if user is None:
        raise ConflictError("link_used") if was_used(session, link) else NotFoundError("link")
    return user


def _check_new(session: Session, user: User, password: str, now: datetime) -> None:
    known = known_words(session, user, office_day(now))
    check_password(password, borrower=user.role == Role.COOPERATIVE, known=known)


def _replace(session: Session, user: User, hashed: str, address: str, now: datetime) -> None:
    """Give a person another password; tell who has mail unless it is their first (S-09)."""
    if user.password_hash is not None and is_mail_address(user.email):
        put_into_outbox(session, user.email, MailKind.CHANGED, now)
    user.password_hash = hashed
    note_visit(session, "set_password", user.id, by=user.id, network=address, at=now)
