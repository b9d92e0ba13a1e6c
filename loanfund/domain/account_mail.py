"""Mails to people of the program: what for, how long a link holds, when one is too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from loanfund.domain.audit_chain import Head
from loanfund.domain.statement_parts import Fund


class MailKind(StrEnum):
    """What a mail is for."""

    INVITATION = "invitation"  # with a link, from the fund
    RESET = "reset"  # with a link, asked for on the sign-in page
    CHANGED = "changed"  # that the password was set, by whichever way
    AUDIT_HEAD = "audit_head"  # how far the audit log goes, to be kept where nobody rewrites it
    FACTOR_ON = "factor_on"  # that a second factor was set up
    FACTOR_OFF = "factor_off"  # that it was switched off, by whomever
    FACTOR_OFF_OF = "factor_off_of"  # to managers: it was switched off for somebody
    OPENED_BY_HAND = "opened_by_hand"  # to managers: somebody else saw the link of an account
    LINK_SEEN = "link_seen"  # to managers: somebody saw what opens a cooperative's account
    DISABLED = "disabled"  # to managers: somebody is let in no longer
    ENABLED = "enabled"  # to managers: somebody is let in again


LINK_LIVES = {
    MailKind.INVITATION: timedelta(hours=24),
    MailKind.RESET: timedelta(minutes=30),
}
# Nobody waits for it any more, or it is no news.
LAPSES_AFTER = {
    MailKind.INVITATION: timedelta(days=3),
    MailKind.RESET: timedelta(hours=1),
    MailKind.CHANGED: timedelta(days=3),
    MailKind.AUDIT_HEAD: timedelta(days=1),  # the next night brings another
    MailKind.FACTOR_ON: timedelta(days=3),
    MailKind.FACTOR_OFF: timedelta(days=3),
    MailKind.FACTOR_OFF_OF: timedelta(days=7),
    MailKind.OPENED_BY_HAND: timedelta(days=7),
    MailKind.LINK_SEEN: timedelta(days=7),
    MailKind.DISABLED: timedelta(days=7),
    MailKind.ENABLED: timedelta(days=7),
}
# What only managers are told, about others.
OF_MANAGERS = frozenset(
    {
        MailKind.FACTOR_OFF_OF,
        MailKind.OPENED_BY_HAND,
        MailKind.LINK_SEEN,
        MailKind.DISABLED,
        MailKind.ENABLED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The head of the audit log now, and what the last verification of the books found."""

    head: Head
    on: date
    differences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLetter:
    """What somebody is told; `secret` is that of the link, `at` when it came to be told.

    `least` is how many characters the password needs.

    `facts` say whom a manager is told about: `name`, `account`, and `by` whom.
    """

    kind: MailKind
    language: str
    person: str
    email: str
    fund: Fund
    at: datetime
    secret: str | None = None
    ends_at: datetime | None = None
    least: int = 0
    verified: Verified | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def is_too_late(kind: MailKind, recorded_at: datetime, now: datetime) -> bool:
    """Say whether a mail that waited so long is better not sent."""
    return now - recorded_at >= LAPSES_AFTER[kind]
