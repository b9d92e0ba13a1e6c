"""The second factor (S-07): set up, prove when signing in, renew its codes, switch it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import (
    ConflictError,
    PermissionDeniedError,
)
from loanfund.domain.permission import Action, Actor, Role, check
from loanfund.domain.typed_code import folded
from loanfund.models.user import SecondFactor, User, UserSession
from loanfund.seal import Seal
from loanfund.services import _factor
from loanfund.services._account_line import note_account
from loanfund.services._confirmation import checked_reason, tell_managers
from loanfund.services._session import note_sign_in, open_session
from loanfund.services._tries import audit_refusal, count_try, forgive, tries_of_session
from loanfund.store.user import end_sessions, hash_of, new_token, user_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """A secret that an app took, with a code the app makes of it, in the session of `token`."""

    secret: str
    code: str
    token: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The token of the session that goes on, and the one-time codes, shown this once."""

    token: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """A code of the app or a one-time one, in the session of `token`."""

    code: str
    token: str
    address: str


def new_secret() -> str:
    """Give a secret for an app, as it is typed where no picture can be read."""
    return pyotp.random_base32()


def address_of(secret: str, email: str, host: str) -> str:
    """Give what the picture for an app says: whose account it is, and where one signs in.

    A fund's name in Vietnamese would make it too fine to be read from a screen.
    """
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=host)


def enrol(
    session: Session, request: Enrol, actor: Actor, *, seal: Seal, now: datetime
) -> Enrolled:
    """Turn a person's second factor on, in the place of one they had; other sessions end."""
    counting = count_try(session, tries_of_session(request.token), now)
    step = _factor.taken_step(request.secret, folded(request.code), now)
    if step is None:
        audit_refusal(session, "refuse_factor", _person(session, actor), request.address, now)
        raise PermissionDeniedError("factor_code")
    with unit_of_work(session):
        forgive(session, counting)
        user = session.get_one(User, actor.user_id, with_for_update={"of": User})
        factor = user.factor or SecondFactor(user_id=user.id)
        factor.secret, factor.enrolled_at = seal.close(request.secret), now
        factor.last_step = step
        user.factor = factor
        codes = _factor.new_codes(session, user)
        _factor.note_factor(session, user, actor, now, is_on=True)
        return Enrolled(token=_go_on(session, user, request.token, now), codes=codes)


def prove(session: Session, request: Prove, *, seal: Seal, now: datetime) -> str:
    """Give the token of a whole session in the place of one that only had the password."""
    half = session.get(UserSession, hash_of(request.token))
    if half is None or half.expires_at <= now:
        raise PermissionDeniedError("factor_code")
    user_id = half.user_id
    session.rollback()
    _factor.prove_code(
        session, user_id, request.code, seal=seal, address=request.address, now=now
    )
    with unit_of_work(session):
        user = session.get_one(User, user_id)
        note_sign_in(session, user, request.address, now)
        return _go_on(session, user, request.token, now, alone=False)


def renew_codes(session: Session, actor: Actor, *, now: datetime) -> tuple[str, ...]:
    """Give new one-time codes; those of before end."""
    with unit_of_work(session):
        user = session.get_one(User, actor.user_id, with_for_update={"of": User})
        if user.factor is None:
            raise ConflictError("no_factor")
        note_account(session, "renew_codes", user.id, actor, now)
        return _factor.new_codes(session, user)


def turn_off_own(session: Session, actor: Actor, *, now: datetime) -> None:
    """Go on with the password only; for whom no rule asks for more."""
    with unit_of_work(session):
        user = session.get_one(User, actor.user_id, with_for_update={"of": User})
        _factor.remove_factor(session, user, actor, now)


def turn_off_by_operator(
    session: Session, email: str, reason: str, actor: Actor, *, now: datetime
) -> None:
    """Let in again who lost the factor, where two others cannot; all managers are told."""
    check(actor, Action.MANAGE_USERS)
    if actor.role is not Role.CLI:
        raise PermissionDeniedError("role", role=actor.role.value)
    reason = checked_reason(reason)
    with unit_of_work(session):
        turn_off(session, user_of(session, email), actor, now, reason)


def turn_off(session: Session, user: User, actor: Actor, now: datetime, reason: str) -> None:
    """Take another's factor away inside the caller's unit of work, and tell all managers."""
    if user.factor is None:
        raise ConflictError("no_factor")
    _factor.remove_factor(session, user, actor, now, reason)
    tell_managers(session, MailKind.FACTOR_OFF_OF, user, actor, now, reason=reason)


def check_turning_off(session: Session, payload: Mapping[str, Any], *people: Actor) -> User:
    """Give whose factor is to go; two others decide that, and somebody has said why."""
    user = user_of(session, payload["email"])
    if user.id in {one.user_id for one in people}:
        raise PermissionDeniedError("own_factor")
    checked_reason(str(payload["reason"]))
    if user.factor is None:
        raise ConflictError("no_factor")
    return user


def reseal(session: Session, actor: Actor, *, seal: Seal, now: datetime) -> int:
    """Seal every secret under the present key, so that former ones can go; give how many."""
    check(actor, Action.MANAGE_USERS)
    with unit_of_work(session):
        old = [
            one
            for one in session.scalars(select(SecondFactor).with_for_update())
            if not seal.is_newest(one.secret)
        ]
        for one in old:
            one.secret = seal.close(_factor.opened(one, seal))
        if old:
            note_account(session, "reseal", None, actor, now, facts={"sealed": len(old)})
    return len(old)


def _go_on(
    session: Session, user: User, token: str, now: datetime, *, alone: bool = True
) -> str:
    """Replace a session by a whole one under another token (S-11); `alone` ends all others."""
    before = session.get_one(UserSession, hash_of(token))
    fresh = new_token()
    agent, confirmed_at = before.agent or "", before.confirmed_at or now
    if alone:
        end_sessions(session, user)
    else:
        session.delete(before)
    session.flush()
    open_session(
        session,
        user,
        fresh,
        now,
        agent=agent,
        confirmed_at=confirmed_at,
        factor_at=now,
    )
    return fresh


def _person(session: Session, actor: Actor) -> User:
    found = session.get_one(User, actor.user_id)
    session.rollback()
    return found
