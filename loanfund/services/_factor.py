"""The codes of a person's second factor: made, used up once, and taken away."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

import pyotp
from sqlalchemy import delete
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import PermissionDeniedError, UnavailableError
from loanfund.domain.permission import Actor
from loanfund.domain.second_factor import CODE_COUNT, CODE_LENGTH, grouped, is_totp
from loanfund.domain.typed_code import folded
from loanfund.models.user import RecoveryCode, SecondFactor, User
from loanfund.seal import BrokenSealError, Seal
from loanfund.services._account_line import note_account, note_visit
from loanfund.services._account_mail import put_into_outbox
from loanfund.services._tries import audit_refusal, count_try, forgive, tries_of_factor
from loanfund.store.user import end_sessions, hash_of, new_code, told_of

A_STEP = 30  # seconds
AROUND = (0, -1, 1)  # steps: clocks of telephones are not ours, and people type slowly


def taken_step(secret: str, code: str, now: datetime) -> int | None:
    """Give the step whose code this is, now or one before or after; None where it is none."""
    app, present = pyotp.TOTP(secret), int(now.timestamp()) // A_STEP
    for step in (present + distance for distance in AROUND):
        if compare_digest(app.generate_otp(step), code):
            return step
    return None


def prove_code(  # noqa: PLR0913 -- who, what, from where and when
    session: Session, user_id: int, typed: str, *, seal: Seal, address: str, now: datetime
) -> None:
    """Use a code up; refuse a wrong one, one used before, and whoever tries too often."""
    counting = count_try(session, tries_of_factor(user_id), now)
    with unit_of_work(session):
        user = session.get_one(User, user_id, with_for_update={"of": User})
        code = folded(typed)
        is_right = _use(session, user, code, seal, now)
        if is_right:
            action = "prove_factor" if is_totp(code) else "use_recovery_code"
            note_visit(session, action, user.id, by=user.id, network=address, at=now)
            forgive(session, counting)
    if not is_right:
        audit_refusal(session, "refuse_factor", user, address, now)
        raise PermissionDeniedError("factor_code")


def new_codes(session: Session, user: User) -> tuple[str, ...]:
    """Give a person ten one-time codes, grouped to be read; those of before end."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [new_code(CODE_LENGTH) for _ in range(CODE_COUNT)]
    session.add_all(RecoveryCode(code_hash=hash_of(one), user_id=user.id) for one in codes)
    return tuple(grouped(one) for one in codes)


def remove_factor(
    session: Session, user: User, actor: Actor, now: datetime, reason: str = ""
) -> None:
    """Take a person's second factor and codes away, and tell them; nothing where there is none.

    With another's hand all sessions end.
    """
    if user.factor is None:
        return
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.delete(user.factor)
    if actor.user_id != user.id:
        end_sessions(session, user)
    note_factor(session, user, actor, now, is_on=False, reason=reason)


def note_factor(  # noqa: PLR0913 -- a line has that many columns
    session: Session,
    user: User,
    actor: Actor,
    now: datetime,
    *,
    is_on: bool,
    reason: str = "",
) -> None:
    """Write down that a factor came or went, and let its owner know by mail."""
    kind = MailKind.FACTOR_ON if is_on else MailKind.FACTOR_OFF
    put_into_outbox(session, user.email, kind, now, {"by": actor.name})
    action = "turn_on_factor" if is_on else "turn_off_factor"
    facts = {**told_of(user), **({"reason": reason} if reason else {})}
    note_account(session, action, user.id, actor, now, facts=facts)


def _use(session: Session, user: User, code: str, seal: Seal, now: datetime) -> bool:
    """Take a code, of the app or a one-time one, so that it is never taken again."""
    if user.factor is None:
        return False
    if is_totp(code):
        return _use_step(user.factor, code, seal, now)
    return _use_recovery(session, user, code, now)


def _use_step(factor: SecondFactor, code: str, seal: Seal, now: datetime) -> bool:
    secret = opened(factor, seal)
    step = taken_step(secret, code, now)
    if step is None or step <= factor.last_step:
        return False
    factor.last_step = step
    if not seal.is_newest(factor.secret):
        factor.secret = seal.close(secret)
    return True


def _use_recovery(session: Session, user: User, code: str, now: datetime) -> bool:
    found = session.get(RecoveryCode, hash_of(code))
    if found is None or found.user_id != user.id or found.used_at is not None:
        return False
    found.used_at = now
    return True


def opened(factor: SecondFactor, seal: Seal) -> str:
    """Give the secret; UnavailableError where the key it was sealed under is gone."""
    try:
        return seal.open(factor.secret)
    except BrokenSealError as error:
        raise UnavailableError("factor_key") from error
