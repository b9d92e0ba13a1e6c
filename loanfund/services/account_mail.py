"""The outbox of accounts: take a mail to send it now, and say how it was taken.

A link is made when its mail is taken in hand and stands in no row but as a hash: who reads the
database, or a backup of it, finds nothing that opens an account (ADR 16).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.account_mail import (
    LINK_LIVES,
    OF_MANAGERS,
    AccountLetter,
    MailKind,
    Verified,
    is_too_late,
)
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.password import least_length
from loanfund.domain.permission import Actor, Role
from loanfund.domain.rate_limit import Use
from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.mail import Answer
from loanfund.models.job_run import JobRun
from loanfund.models.message import AccountMail
from loanfund.models.user import User
from loanfund.services._account_line import note_account
from loanfund.services._account_mail import put_into_outbox
from loanfund.services._outbox import (
    BACK_OFF,
    Outgoing,
    Written,
    answered,
    claim,
    is_due,
    release,
)
from loanfund.services._rate_limit import count
from loanfund.store.audit import read_head
from loanfund.store.message import PLANNED
from loanfund.store.paper import fund_profile
from loanfund.store.setting import load_settings
from loanfund.store.user import add_link, find_user, told_of

LAPSED = "lapsed"

Write = Callable[[AccountLetter], Written]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, by which clock, and in whose name."""

    runner: str
    actor: Actor
    clock: Clock


def ask_reset(session: Session, email: str, *, now: datetime) -> None:
    """Let a link go to who has this address, if anybody has.

    Nobody looks for that now: the same happens whoever is asked for, and takes as long (S-06).
    """
    folded = fold_sign_in_name(email)
    if not is_mail_address(folded):
        raise InvalidInputError("no_mail_reset")  # of no such name whether anybody has it
    with unit_of_work(session):
        count(session, Use.RESET_OF_ACCOUNT, folded, now)
        put_into_outbox(session, folded, MailKind.RESET, now)


def tell_auditors(session: Session, clock: Clock) -> None:
    """Let every auditor know how far the audit log goes, and what the night's check found."""
    auditors = select(User.email).where(
        User.role == Role.AUDITOR.value, User.disabled_at.is_(None)
    )
    with unit_of_work(session):
        for email in session.scalars(auditors.order_by(User.email)).all():
            put_into_outbox(session, email, MailKind.AUDIT_HEAD, clock.now())


def account_mails_to_send(session: Session, clock: Clock) -> list[int]:
    """Give the mails about accounts that may go out now, oldest first.

    At any hour of any day, and while reminders are held too: somebody waits at the door.
    """
    now = clock.now()
    query = (
        select(AccountMail.id)
        .where(AccountMail.state == PLANNED)
        .where((AccountMail.next_attempt_at.is_(None)) | (AccountMail.next_attempt_at <= now))
    )
    return list(session.scalars(query.order_by(AccountMail.id)))


def take_account_mail(
    session: Session, mail_id: int, write: Write, sender: Sender
) -> Outgoing | None:
    """Take a mail to send it now; None where nobody is to get it, or another is at it."""
    with unit_of_work(session):
        mail = session.get(AccountMail, mail_id, with_for_update=True)
        now = sender.clock.now()
        if mail is None or not is_due(mail, now):
            return None
        kind, user = MailKind(mail.kind), find_user(session, mail.email)
        if user is None or not _is_for(kind, user):
            session.delete(mail)  # asked for by a stranger, or taken back since
            return None
        if is_too_late(kind, mail.recorded_at, now):
            mail.state, mail.settled_at = LAPSED, now
            return None
        claim(mail, sender.runner, now)
        told = _letter(session, mail, user, sender)
        return Outgoing(
            message_id=mail.id,
            attempt=mail.attempts,
            address=user.email,
            sender_name=told.fund.name,
            written=write(told),
            key=f"account.{mail.id}.{mail.recorded_at:%Y%m%d%H%M%S}",
        )


def settle_account_mail(
    session: Session,
    sent: Outgoing,
    answer: Answer,
    clock: Clock,
    back_off: Sequence[timedelta] = BACK_OFF,
) -> None:
    """Write down how the server took it."""
    with unit_of_work(session):
        mail = session.get_one(AccountMail, sent.message_id, with_for_update=True)
        answered(mail, sent, answer, clock.now(), back_off)


def release_account_mails(session: Session, runner_prefix: str, clock: Clock) -> int:
    """Let go of mails whose sender died in the act; their next try carries a new link."""
    return release(session, AccountMail, runner_prefix, clock)


def _is_for(kind: MailKind, user: User) -> bool:
    """Say whether this person gets it: who has no password yet cannot have forgotten it."""
    if user.disabled_at or (kind in OF_MANAGERS and user.role != Role.MANAGER):
        return False
    return kind is not MailKind.RESET or bool(user.password_hash)


def _letter(session: Session, mail: AccountMail, user: User, sender: Sender) -> AccountLetter:
    """Give what is told, with a new link where there is one to tell; that is audited."""
    kind, now, day = MailKind(mail.kind), sender.clock.now(), sender.clock.today()
    secret: str | None = None
    ends_at: datetime | None = None
    if kind in LINK_LIVES:
        ends_at = now + LINK_LIVES[kind]
        secret = add_link(session, user, LINK_LIVES[kind], now)
        facts = {**told_of(user), "kind": kind.value}
        note_account(session, "mail_link", user.id, sender.actor, now, facts=facts)
    return AccountLetter(
        kind=kind,
        language=user.language,
        person=user.name,
        email=user.email,
        fund=fund_profile(load_settings(session), day),
        at=mail.recorded_at,
        secret=secret,
        ends_at=ends_at,
        least=least_length(borrower=user.role == Role.COOPERATIVE),
        verified=_verified(session, day) if kind is MailKind.AUDIT_HEAD else None,
        facts=mail.facts,
    )


def _verified(session: Session, today: date) -> Verified:
    """Give the head as it stands, and how the newest verification ended."""
    newest = select(JobRun.slot, JobRun.failed).where(JobRun.job == "verify")
    row = session.execute(newest.order_by(JobRun.slot.desc()).limit(1)).one_or_none()
    on, count = (today, 0) if row is None else row
    return Verified(head=read_head(session), on=on, differences=count)
