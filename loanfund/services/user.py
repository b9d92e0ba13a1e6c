"""Add people, give them the link to choose a password, disable and enable them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.db import unit_of_work
from loanfund.domain.account_mail import MailKind
from loanfund.domain.activation import CODE_LENGTH, LETTER_LIVES, grouped
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.mail_address import is_mail_address
from loanfund.domain.permission import STAFF, Action, Actor, Grant, Role, check
from loanfund.domain.sign_in_name import fold_sign_in_name, own_names
from loanfund.models.borrower import Borrower
from loanfund.models.user import BorrowerUser, User
from loanfund.seal import KeyedHash
from loanfund.services._account_line import note_account
from loanfund.services._account_mail import put_into_outbox
from loanfund.services._confirmation import checked_reason, leave_unconfirmed, tell_managers
from loanfund.services._factor import remove_factor
from loanfund.services._link import check_first, hand_over
from loanfund.services._tries import forgive_letter
from loanfund.store.user import (
    add_link,
    as_actor,
    end_links,
    end_sessions,
    find_user,
    is_last_manager,
    new_code,
    told_in_full,
    user_of,
)
from loanfund.wording import fold

CLI = "cli"
LONGEST_NAME = 200
CLI_NAME = "Hệ thống"  # as pages and papers call it


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUser:
    """A new person; `borrower_id` exactly for a cooperative's own user."""

    email: str
    name: str
    role: Role
    language: str = "vi"
    borrower_id: int | None = None


def add_user(session: Session, request: AddUser, actor: Actor, *, now: datetime) -> Actor:
    """Add a person, who cannot sign in before choosing a password with a link."""
    check(actor, Action.MANAGE_USERS)
    if not is_mail_address(fold_sign_in_name(request.email)):
        raise InvalidInputError("email")
    if request.role is Role.CLI or not request.name.strip():
        raise InvalidInputError("user")
    if len(request.name) > LONGEST_NAME:
        raise InvalidInputError("text_long", field="name", most=LONGEST_NAME)
    if (request.role is Role.COOPERATIVE) != (request.borrower_id is not None):
        raise InvalidInputError("user_borrower")
    with unit_of_work(session):
        user = _insert(session, request, now)
        _audit(session, "add_user", user, actor, now)
    return as_actor(user)


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteBorrower:
    """Somebody who is to sign in for a borrower; known there already, they get a new link.

    `email` is their name to sign in by: a mail address, or a name of the cooperative's own.
    """

    borrower_id: int
    name: str
    email: str
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The secret of a link, for whom, and when it ends; a letter's has a `code` beside it."""

    email: str
    secret: str
    ends_at: datetime
    code: str = ""
    person: str = ""


def invite_borrower(
    session: Session, request: InviteBorrower, actor: Actor, *, codes: KeyedHash, now: datetime
) -> Link:
    """Give what a letter holds with which a cooperative's person activates their account.

    Tries of the codes of former letters are forgotten. Of a letter to an account that has a
    password all managers are told: whoever holds it can open the account.
    """
    code = new_code(CODE_LENGTH)
    with unit_of_work(session):
        user, former = _invited(session, request, actor, now)
        secret = add_link(session, user, LETTER_LIVES, now, code_hash=codes.of(code))
        forgive_letter(session, user.email)
        if user.password_hash is not None:
            tell_managers(session, MailKind.LINK_SEEN, user, actor, now)
            former["again"] = "yes"
        _audit(session, "invite", user, actor, now, **former)
    whose = {"email": user.email, "person": user.name, "secret": secret}
    return Link(**whose, code=grouped(code), ends_at=now + LETTER_LIVES)


def mail_invitation(
    session: Session, request: InviteBorrower, actor: Actor, *, now: datetime
) -> None:
    """Let the link go to a cooperative's person by mail instead; nobody else sees it."""
    _check_mailed(request.email)
    with unit_of_work(session):
        user, former = _invited(session, request, actor, now)
        put_into_outbox(session, user.email, MailKind.INVITATION, now)
        _audit(session, "invite", user, actor, now, by="mail", **former)


def _invited(
    session: Session, request: InviteBorrower, actor: Actor, now: datetime
) -> tuple[User, dict[str, str]]:
    """Give who is invited, and whose account it was; links of before end."""
    check(actor, Action.INVITE_BORROWER)
    _check_name(session, request)
    user = find_user(session, request.email) or _add_for_borrower(session, request, now)
    if user.cooperative is None or user.cooperative.borrower_id != request.borrower_id:
        raise ConflictError("email_taken")
    _end_links(session, user)
    if fold(user.name) == fold(request.name):
        return user, {}
    if not request.replaces:
        raise ConflictError("other_person", person=user.name)
    return user, _replace(session, user, request.name, actor, now)


def _replace(
    session: Session, user: User, name: str, actor: Actor, now: datetime
) -> dict[str, str]:
    """Give a cooperative's account to another person: what the former one knew ends."""
    former, user.name, user.password_hash = user.name, name, None
    remove_factor(session, user, actor, now)
    end_sessions(session, user)
    return {"former": former}


def _check_name(session: Session, request: InviteBorrower) -> None:
    """Refuse what is neither a mail address nor a name of the cooperative's own."""
    borrower = session.get(Borrower, request.borrower_id)
    if borrower is None:
        raise NotFoundError("borrower", code=str(request.borrower_id))
    name = fold_sign_in_name(request.email)
    own = own_names(borrower.code, borrower.tax_code, borrower.phone)
    if name not in own and not is_mail_address(name):
        raise InvalidInputError("sign_in_name", names=", ".join(own))


def _add_for_borrower(session: Session, request: InviteBorrower, now: datetime) -> User:
    person = AddUser(
        email=request.email,
        name=request.name,
        role=Role.COOPERATIVE,
        borrower_id=request.borrower_id,
    )
    return _insert(session, person, now)


def issue_link(session: Session, email: str, actor: Actor, *, now: datetime) -> str:
    """Give the secret of a link with which this person sets a password once, within a day.

    Only a person of the fund without a password, whom a manager then confirms (`hand_over`).
    """
    check(actor, Action.MANAGE_USERS)
    with unit_of_work(session):
        user = user_of(session, email)
        check_first(session, user, actor)
        return hand_over(session, user, actor, now)


def mail_link(session: Session, email: str, actor: Actor, *, now: datetime) -> None:
    """Let such a link go to this person by mail instead; nobody else sees it."""
    check(actor, Action.MANAGE_USERS)
    _check_mailed(email)
    with unit_of_work(session):
        user = user_of(session, email)
        _end_links(session, user)
        put_into_outbox(session, user.email, MailKind.INVITATION, now)
        _audit(session, "issue_link", user, actor, now, by="mail")


def _check_mailed(name: str) -> None:
    if not is_mail_address(fold_sign_in_name(name)):
        raise InvalidInputError("no_mail_address")


def _end_links(session: Session, user: User) -> None:
    """End the links of before; who is disabled gets no other."""
    if user.disabled_at:
        raise PermissionDeniedError("disabled")
    end_links(session, user)


def disable_user(
    session: Session, email: str, reason: str, actor: Actor, *, now: datetime
) -> None:
    """Let a person in no longer, from the next request on, and say why; managers are told.

    The last manager who can approve only the operator disables, who holds the database anyway.
    """
    check(actor, Action.MANAGE_USERS)
    reason = checked_reason(reason)
    with unit_of_work(session):
        user = user_of(session, email)
        if user.id == actor.user_id:
            raise PermissionDeniedError("yourself")
        if user.disabled_at:
            return
        if actor.role is not Role.CLI and is_last_manager(session, user, lock=True):
            raise ConflictError("last_manager")
        user.disabled_at = now
        end_links(session, user)
        end_sessions(session, user)
        tell_managers(session, MailKind.DISABLED, user, actor, now, reason=reason)
        _audit(session, "disable_user", user, actor, now, reason=reason)


def enable_user(session: Session, email: str, actor: Actor, *, now: datetime) -> bool:
    """Let a disabled person in again, with the password of before; say whether one was.

    Who is of the fund gets power back, and that takes two (ADR 15): a manager confirms it.
    """
    check(actor, Action.MANAGE_USERS)
    with unit_of_work(session):
        user = user_of(session, email)
        if user.disabled_at is None:
            return False
        user.disabled_at = None
        if user.role in STAFF:
            leave_unconfirmed(session, user, actor, now, MailKind.ENABLED)
        _audit(session, "enable_user", user, actor, now)
        return True


def choose_language(session: Session, language: str, actor: Actor) -> None:
    """Remember in which language this person reads; that changes nothing of the book."""
    with unit_of_work(session):
        session.get_one(User, actor.user_id).language = language


def read_news(session: Session, through: int, actor: Actor) -> None:
    """Remember that a manager read the news of accounts up to this audit line."""
    check(actor, Action.CONFIRM_USER, Grant.APPROVES)
    with unit_of_work(session):
        user = session.get_one(User, actor.user_id)
        user.news_read_through = max(through, user.news_read_through or 0)


def command_line(session: Session, *, now: datetime) -> Actor:
    """Give the user in whose name commands act that nobody signed for, made at first need."""
    with unit_of_work(session):
        user = find_user(session, CLI)
        if user is None:
            user = _insert(session, AddUser(email=CLI, name=CLI_NAME, role=Role.CLI), now)
    return as_actor(user)


def _insert(session: Session, request: AddUser, now: datetime) -> User:
    """Add the row of a person, and that of the cooperative they stand for."""
    user = User(
        email=fold_sign_in_name(request.email),
        name=request.name.strip(),
        role=request.role.value,
        language=request.language,
        created_at=now,
    )
    if request.borrower_id is not None:
        user.cooperative = BorrowerUser(borrower_id=request.borrower_id)
    session.add(user)
    session.flush()
    return user


def _audit(
    session: Session, action: str, user: User, actor: Actor, now: datetime, **more: str
) -> None:
    facts = {**told_in_full(session, user), **more}
    note_account(session, action, user.id, actor, now, facts=facts)
