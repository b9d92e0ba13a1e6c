"""Sign in and out, keep what a session remembers, choose, change and confirm a password.

Hashing a password takes a tenth of a second and more. So that nobody else waits, it happens
between transactions: an attempt is counted as failed first, and forgiven when it succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import ConflictError, NotFoundError, PermissionDeniedError
from loanfund.domain.password import check_password
from loanfund.domain.permission import Actor, Role
from loanfund.domain.rate_limit import network_of
from loanfund.domain.throttle import ALLOWED_AN_ACCOUNT, ALLOWED_AN_ADDRESS, is_forgotten, wait
from loanfund.models.user import LoginFailure, User, UserSession
from loanfund.services._account_mail import put_into_outbox
from loanfund.store.audit import write_audit
from loanfund.store.counter import locked_counter
from loanfund.store.user import (
    end_sessions,
    find_user,
    fold_email,
    hash_of,
    holder_of,
    known_words,
    new_token,
    spend_link,
    user_of,
    was_used,
)

# RFC 9106's choice where memory is short; tests hand in a cheaper one.
STRONG = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
LONGEST_AGENT = 300
SESSION_LIVES = timedelta(hours=12)
ALLOWED = {"account": ALLOWED_AN_ACCOUNT, "address": ALLOWED_AN_ADDRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What somebody typed, and from which network address."""

    email: str
    password: str
    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """A password chosen with the secret of a link."""

    link: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """A new password for who knows the present one; `token` is the session that goes on."""

    current: str
    password: str
    token: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPassword:
    """The own password once more, in the session of `token`."""

    password: str
    token: str
    address: str


def sign_in(
    session: Session, request: SignIn, *, now: datetime, hasher: PasswordHasher = STRONG
) -> str:
    """Give the token of a new session; unknown, wrong and disabled are one refusal."""
    token = new_token()
    _attempt(session, request.email, request.address, now)
    user = find_user(session, request.email)
    session.rollback()
    stored = user.password_hash if user and not user.disabled_at else None
    if not _fits(stored, request.password, hasher) or user is None or stored is None:
        raise PermissionDeniedError("sign_in")
    better = hasher.hash(request.password) if hasher.check_needs_rehash(stored) else stored
    with unit_of_work(session):
        user = session.get_one(User, user.id, with_for_update={"of": User})
        if user.disabled_at or user.password_hash != stored:
            raise PermissionDeniedError("sign_in")  # changed while we were looking
        user.password_hash = better
        _forgive(session, user.email, request.address)
        user.signed_in_at = now
        _open(session, user, token, now, request.agent)
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
) -> None:
    """Set the password of who holds a link, which is used up; all their sessions end."""
    user = _holder(session, request.link, now)
    _check_new(session, user, request.password)
    session.rollback()
    hashed = hasher.hash(request.password)
    with unit_of_work(session):
        user = _holder(session, request.link, now)
        spend_link(session, user, request.link, now)
        _replace(session, user, hashed, now)
        _forgive_account(session, user.email)
        end_sessions(session, user)


def change_password(
    session: Session,
    request: ChangePassword,
    actor: Actor,
    *,
    now: datetime,
    hasher: PasswordHasher = STRONG,
) -> None:
    """Change the own password; every other session of this person ends."""
    typed = SignIn(email=actor.email, password=request.current, address=request.address)
    stored = _proved(session, typed, now, hasher)
    _check_new(session, session.get_one(User, actor.user_id), request.password)
    session.rollback()
    hashed = hasher.hash(request.password)
    with unit_of_work(session):
        user = _unchanged(session, actor, stored)
        _replace(session, user, hashed, now)
        _forgive(session, user.email, request.address)
        end_sessions(session, user, but=hash_of(request.token))


def confirm_password(
    session: Session,
    request: ConfirmPassword,
    actor: Actor,
    *,
    now: datetime,
    hasher: PasswordHasher = STRONG,
) -> None:
    """Note that who uses a session knows the password; tries are counted (S-15)."""
    typed = SignIn(email=actor.email, password=request.password, address=request.address)
    stored = _proved(session, typed, now, hasher)
    with unit_of_work(session):
        user = _unchanged(session, actor, stored)
        _forgive(session, user.email, request.address)
        session.execute(
            update(UserSession)
            .where(UserSession.token_hash == hash_of(request.token))
            .values(confirmed_at=now)
        )
        write_audit(
            session, at=now, actor=user.id, action="confirm_password", subject=("user", user.id)
        )


def _proved(session: Session, typed: SignIn, now: datetime, hasher: PasswordHasher) -> str:
    """Give the stored hash that a person's own password fits; tries are counted."""
    _attempt(session, typed.email, typed.address, now)
    stored = user_of(session, typed.email).password_hash
    session.rollback()
    if stored is None or not _fits(stored, typed.password, hasher):
        raise PermissionDeniedError("current_password")
    return stored


def _unchanged(session: Session, actor: Actor, stored: str) -> User:
    """Give a person, locked, whose password is what it was while we were looking."""
    user = session.get_one(User, actor.user_id, with_for_update={"of": User})
    if user.password_hash != stored:
        raise PermissionDeniedError("current_password")
    return user


def _fits(stored: str | None, password: str, hasher: PasswordHasher) -> bool:
    """Compare a password; where there is none to compare with, take as long."""
    if stored is None:
        hasher.hash(password)
        return False
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _holder(session: Session, link: str, now: datetime) -> User:
    """Give who may use a link; a used one is told from those expired, ended or invented."""
    user = holder_of(session, link, now)
    if user is None:
        raise ConflictError("link_used") if was_used(session, link) else NotFoundError("link")
    return user


def _check_new(session: Session, user: User, password: str) -> None:
    borrower = user.role == Role.COOPERATIVE
    check_password(password, borrower=borrower, known=known_words(session, user))


def _replace(session: Session, user: User, hashed: str, now: datetime) -> None:
    """Give a person another password; tell them by mail unless it is their first (S-09)."""
    if user.password_hash is not None:
        put_into_outbox(session, user.email, MailKind.CHANGED, now)
    user.password_hash = hashed
    write_audit(
        session, at=now, actor=user.id, action="set_password", subject=("user", user.id)
    )


def _open(session: Session, user: User, token: str, now: datetime, agent: str) -> None:
    """Begin a session, and clear away this person's that ran out."""
    ended = UserSession.user_id == user.id, UserSession.expires_at <= now
    session.execute(delete(UserSession).where(*ended))
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=now + SESSION_LIVES,
            confirmed_at=now,
            agent=agent[:LONGEST_AGENT] or None,
            data={},
        )
    )
    write_audit(session, at=now, actor=user.id, action="sign_in", subject=("user", user.id))


def _subjects(email: str, address: str) -> dict[str, str]:
    return {"account": hash_of(fold_email(email)), "address": hash_of(network_of(address))}


def _attempt(session: Session, email: str, address: str, now: datetime) -> None:
    """Count an attempt as failed, for account and address, unless it comes too soon."""
    with unit_of_work(session):
        rows = [
            _counter(session, *subject, now) for subject in _subjects(email, address).items()
        ]
        waits = [wait(row.failures, ALLOWED[row.kind], row.last_failed_at, now) for row in rows]
        if max(waits):
            raise PermissionDeniedError("locked", seconds=int(max(waits).total_seconds()) + 1)
        for row in rows:
            row.failures += 1
            row.last_failed_at = now


def _counter(session: Session, kind: str, subject: str, now: datetime) -> LoginFailure:
    """Give the locked counter of an account or address, at nothing when long quiet."""
    start = {"kind": kind, "subject_hash": subject, "failures": 0, "last_failed_at": now}
    row = locked_counter(session, LoginFailure, start)
    if is_forgotten(row.last_failed_at, now):
        row.failures = 0
    return row


def _forgive(session: Session, email: str, address: str) -> None:
    """Forget an account's failures, and of the address the one that was none."""
    _forgive_account(session, email)
    of_address = LoginFailure.subject_hash == _subjects(email, address)["address"]
    session.execute(
        update(LoginFailure)
        .where(of_address, LoginFailure.failures > 0)
        .values(failures=LoginFailure.failures - 1)
    )


def _forgive_account(session: Session, email: str) -> None:
    """Forget an account's failures: whoever fails in its name must not lock its owner out."""
    account = hash_of(fold_email(email))
    session.execute(delete(LoginFailure).where(LoginFailure.subject_hash == account))
