"""Who there is, and who a session or an address belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from loanfund.domain.account_mail import MailKind
from loanfund.domain.errors import NotFoundError, PermissionDeniedError
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.permission import STAFF, Actor, Role
from loanfund.domain.second_factor import REQUIRED_OF, Step, step_of
from loanfund.domain.sign_in_name import own_names
from loanfund.domain.statement_parts import Fund
from loanfund.models.borrower import Borrower
from loanfund.models.message import AccountMail
from loanfund.models.user import (
    BorrowerUser,
    RecoveryCode,
    SecondFactor,
    User,
    UserSession,
)
from loanfund.queries.letter_retry import retries
from loanfund.store.paper import fund_profile
from loanfund.store.setting import load_settings
from loanfund.store.user import as_actor, hash_of, mark_of, user_of

IDLE_OF_STAFF = timedelta(minutes=30)
IDLE_OF_BORROWER = timedelta(minutes=15)
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMail:
    """What became of the last invitation by mail; `at` is when."""

    state: str
    at: datetime
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLine:
    """One person in the list of users."""

    id: int
    email: str
    name: str
    role: Role
    has_password: bool
    is_disabled: bool
    is_confirmed: bool
    factor_since: datetime | None
    needs_factor: bool
    signed_in_at: datetime | None
    invitation: InvitationMail | None = None
    retried_at: datetime | None = None

    @property
    def has_address(self) -> bool:
        """Whether a mail can be sent to the name that they sign in by."""
        return is_mail_address(self.email)

    @property
    def by_two(self) -> bool:
        """Whether a link to another password is handed over by two people only."""
        return self.has_password and self.role in STAFF


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedBorrower:
    """A borrower whose people are invited, and the fund that invites.

    `names` are those by which somebody signs in who has no mail address.
    """

    id: int
    code: str
    name: str
    address: str
    email: str
    fund: Fund
    superior: str
    names: tuple[str, ...]
    accounts: tuple[UserLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that still runs, and whose it is, with the rights of this moment.

    It is fresh while the password was typed minutes ago; `is_proved` says whether the second
    factor was shown, where the account has one.
    """

    actor: Actor
    language: str
    data: dict[str, Any]
    last_used_at: datetime
    is_fresh: bool
    has_factor: bool
    is_proved: bool

    def step(self, *, is_asked: bool) -> Step | None:
        """Give what is missing before somebody is signed in; `is_asked` where roles need it."""
        return step_of(
            has_factor=self.has_factor,
            is_proved=self.is_proved,
            is_required=is_asked and self.actor.role in REQUIRED_OF,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """One browser that is signed in; `mark` tells it from the others and opens nothing."""

    mark: str
    agent: str
    created_at: datetime
    last_used_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class OwnFactor:
    """A person's second factor: since when, if there is one, and the one-time codes left."""

    since: datetime | None
    codes_left: int


def own_factor(session: Session, actor: Actor) -> OwnFactor:
    """Give what a person's own page says of their second factor."""
    row = session.get(SecondFactor, actor.user_id)
    unused = RecoveryCode.user_id == actor.user_id, RecoveryCode.used_at.is_(None)
    left = session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused))
    return OwnFactor(row.enrolled_at if row else None, left or 0)


def users(session: Session) -> tuple[UserLine, ...]:
    """Give everybody by address, disabled or not; the user of commands is no person."""
    return _lines(session, select(User).where(User.role != Role.CLI))


def user_line(session: Session, user_id: int) -> UserLine:
    """Give one person; the user of commands is none."""
    row = session.get(User, user_id)
    if row is None or row.role == Role.CLI:
        raise NotFoundError("user")
    return _line(row)


def user_named(session: Session, email: str) -> UserLine:
    """Give the person with this address."""
    return _line(user_of(session, email))


def invited_borrower(session: Session, borrower_id: int, day: date) -> InvitedBorrower:
    """Give a borrower as its letter names it, with the accounts that it has."""
    borrower = session.get(Borrower, borrower_id)
    if borrower is None:
        raise NotFoundError("borrower_id")
    own = select(User).join(BorrowerUser).where(BorrowerUser.borrower_id == borrower_id)
    book = load_settings(session)
    return InvitedBorrower(
        id=borrower.id,
        code=borrower.code,
        name=borrower.name,
        address=borrower.address or "",
        email=borrower.email or "",
        fund=fund_profile(book, day),
        superior=book.get("fund_superior", day),
        names=own_names(borrower.code, borrower.tax_code, borrower.phone),
        accounts=_lines(session, own),
    )


def _lines(session: Session, people: Select[User]) -> tuple[UserLine, ...]:
    """Give people by address, with what became of their invitations."""
    rows = session.scalars(people.order_by(User.email)).all()
    mails = _invitations(session, [row.email for row in rows])
    retried = retries(session, [row.id for row in rows])
    return tuple(_line(row, mails.get(row.email), retried.get(row.id)) for row in rows)


def _invitations(session: Session, emails: Sequence[str]) -> dict[str, InvitationMail]:
    """Give the last invitation by mail to each of these addresses."""
    sent = AccountMail.kind == MailKind.INVITATION.value, AccountMail.email.in_(emails)
    query = select(AccountMail).where(*sent).order_by(AccountMail.id)
    return {
        row.email: InvitationMail(
            state=row.state, at=row.settled_at or row.recorded_at, reply=row.reply or ""
        )
        for row in session.scalars(query)
    }


def _line(
    row: User,
    invitation: InvitationMail | None = None,
    retried_at: datetime | None = None,
) -> UserLine:
    return UserLine(
        id=row.id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        has_password=row.password_hash is not None,
        is_disabled=row.disabled_at is not None,
        is_confirmed=row.unconfirmed_since is None,
        factor_since=row.factor.enrolled_at if row.factor else None,
        needs_factor=row.role in REQUIRED_OF,
        signed_in_at=row.signed_in_at,
        invitation=invitation,
        retried_at=retried_at,
    )


def actor_of(session: Session, email: str) -> Actor:
    """Give the person as whom a command acts, unless disabled."""
    user = user_of(session, email)
    if user.disabled_at:
        raise PermissionDeniedError("disabled")
    return as_actor(user)


def session_of(session: Session, token: str, *, now: datetime) -> SignedIn | None:
    """Give the session of a token, None when it ended, rested too long or is nobody's."""
    row = session.get(UserSession, hash_of(token))
    if row is None or row.user.disabled_at or _is_over(row, now):
        return None
    return SignedIn(
        actor=as_actor(row.user),
        language=row.user.language,
        data=dict(row.data),
        last_used_at=row.last_used_at,
        is_fresh=row.confirmed_at is not None and abs(now - row.confirmed_at) < FRESH,
        has_factor=row.user.factor is not None,
        is_proved=row.factor_at is not None,
    )


def own_sessions(
    session: Session, actor: Actor, token: str, *, now: datetime
) -> tuple[OwnSession, ...]:
    """Give the running sessions of a person, the one with this token and the latest first."""
    query = select(UserSession).where(UserSession.user_id == actor.user_id)
    found = [
        OwnSession(
            mark=mark_of(row.token_hash),
            agent=row.agent or "",
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            is_this=row.token_hash == hash_of(token),
        )
        for row in session.scalars(query.order_by(UserSession.last_used_at.desc()))
        if not _is_over(row, now)
    ]
    return tuple(sorted(found, key=lambda one: not one.is_this))


def _is_over(row: UserSession, now: datetime) -> bool:
    """Say whether a session ran out or rested too long."""
    idle = IDLE_OF_BORROWER if row.user.role == Role.COOPERATIVE else IDLE_OF_STAFF
    return now >= row.expires_at or now - row.last_used_at >= idle
