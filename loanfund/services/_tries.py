"""Tries of a password, counted as failed before it is looked at and forgiven when it was right.

Counting happens in a transaction of its own: hashing takes a tenth of a second and more, and
nobody else is to wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import ColumnElement, and_, case, delete, or_, update
from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.errors import PermissionDeniedError, UnavailableError
from loanfund.domain.rate_limit import network_of
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.domain.throttle import PATIENCE, Counted, remembered, wait
from loanfund.models.user import LoginFailure, User
from loanfund.services._account_line import note_visit
from loanfund.services.hashing import fits, hashed
from loanfund.store.counter import forget, locked_counter
from loanfund.store.user import hash_of

# Whose counter a try counts against, by the hash it is kept under; always in this order, so
# that two who count the same never wait for each other.
Tries = Mapping[Counted, str]


def tries_of_visitor(email: str, address: str, browser: str) -> Tries:
    """Give what a try to sign in counts against.

    `browser` names one that signed in to this account before; empty for every other.
    """
    account = hash_of(fold_sign_in_name(email))
    if browser:
        return {Counted.BROWSER: f"{account}:{hash_of(browser)}"}
    network = hash_of(network_of(address))
    return {
        Counted.ACCOUNT: account,
        Counted.ACCOUNT_HERE: f"{account}:{network}",
        Counted.NETWORK: network,
    }


def tries_of_session(token: str) -> Tries:
    """Give what a try counts against of who is signed in."""
    return {Counted.SESSION: hash_of(token)}


def tries_of_factor(user_id: int) -> Tries:
    """Give what a code counts against, however many sessions its account has."""
    return {Counted.FACTOR: hash_of(str(user_id))}


def tries_of_letter(email: str) -> Tries:
    """Give what a letter's code counts against, whether anybody has this address or not."""
    return {Counted.LETTER: hash_of(fold_sign_in_name(email))}


@dataclass(frozen=True, slots=True)
class Counting:
    """A try that was counted as failed: against what, when, and the failure before it there."""

    tries: Tries
    at: datetime
    before: Mapping[Counted, datetime]


def count_try(session: Session, tries: Tries, now: datetime) -> Counting:
    """Count a try as failed; raise PermissionDeniedError when it comes too soon."""
    with unit_of_work(session):
        rows = {one: _counter(session, one, subject, now) for one, subject in tries.items()}
        before = {counted: row.last_failed_at for counted, row in rows.items()}
        failures = {
            counted: remembered(counted, row.failures, row.last_failed_at, now)
            for counted, row in rows.items()
        }
        waits = [wait(one, failures[one], before[one], now) for one in tries]
        seconds = int(max(waits).total_seconds()) + 1 if any(waits) else 0
        if not seconds:
            for counted, row in rows.items():
                row.failures, row.last_failed_at = failures[counted] + 1, now
            session.flush()
            forget(session, LoginFailure, _long_past(now))
    if seconds:
        raise PermissionDeniedError("locked", seconds=seconds)
    return Counting(tries, now, before)


def looked_at(
    session: Session,
    counting: Counting,
    stored: str | None,
    password: str,
    hasher: PasswordHasher,
) -> str | None:
    """Give what to store of a password that fits, None of one that does not.

    A password that could not be looked at was no try.
    """
    try:
        if not fits(stored, password, hasher) or stored is None:
            return None
        return hashed(password, hasher) if hasher.check_needs_rehash(stored) else stored
    except UnavailableError:
        _take_back(session, counting)
        raise


def audit_refusal(
    session: Session, action: str, user: User | None, address: str, now: datetime
) -> None:
    """Write down who failed and from where; an address nobody has may be a password."""
    with unit_of_work(session):
        who = user.id if user else None
        note_visit(session, action, who, by=None, network=address, at=now)


def forgive(session: Session, counting: Counting) -> None:
    """Forget the failures of who was right; of what strangers share, the one that was none."""
    for counted, subject in counting.tries.items():
        if counted in {Counted.ACCOUNT, Counted.NETWORK}:
            _one_less(session, counting, counted)
        else:
            session.execute(delete(LoginFailure).where(*_is(counted, subject)))


def forgive_letter(session: Session, email: str) -> None:
    """Forget every wrong code of the letters before: a new one begins anew."""
    for counted, subject in tries_of_letter(email).items():
        session.execute(delete(LoginFailure).where(*_is(counted, subject)))


def forgive_account(session: Session, email: str) -> None:
    """Forget every failure to sign in to an account: who holds its link is its owner."""
    account = hash_of(fold_sign_in_name(email))
    session.execute(delete(LoginFailure).where(*_is(Counted.ACCOUNT, account)))
    of_account = LoginFailure.subject_hash.startswith(account)
    session.execute(delete(LoginFailure).where(of_account))


def _take_back(session: Session, counting: Counting) -> None:
    """Let a try that could not be looked at have been none."""
    with unit_of_work(session):
        for counted in counting.tries:
            _one_less(session, counting, counted)


def _counter(session: Session, counted: Counted, subject: str, now: datetime) -> LoginFailure:
    """Give a locked counter.

    A failure of times to come tells that the clock was set back: it was just now.
    """
    start = {"kind": counted, "subject_hash": subject, "failures": 0, "last_failed_at": now}
    row = locked_counter(session, LoginFailure, start)
    row.last_failed_at = min(row.last_failed_at, now)
    return row


def _long_past(now: datetime) -> ColumnElement[bool]:
    """Select the counters of which nothing is remembered any more."""
    return or_(
        *(
            and_(LoginFailure.kind == kind, LoginFailure.last_failed_at < now - kept)
            for kind, kept in ((one, PATIENCE[one].forgotten_after) for one in Counted)
        )
    )


def _one_less(session: Session, counting: Counting, counted: Counted) -> None:
    """Take a try off; where none came after it, the wait is again that of before."""
    some = *_is(counted, counting.tries[counted]), LoginFailure.failures > 0
    is_last = LoginFailure.last_failed_at == counting.at
    before = case((is_last, counting.before[counted]), else_=LoginFailure.last_failed_at)
    session.execute(
        update(LoginFailure)
        .where(*some)
        .values(failures=LoginFailure.failures - 1, last_failed_at=before)
    )


def _is(counted: Counted, subject: str) -> tuple[ColumnElement[bool], ...]:
    return LoginFailure.kind == counted, LoginFailure.subject_hash == subject
