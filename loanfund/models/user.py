"""People who sign in, their sessions, and how often somebody failed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from loanfund.models.base import PRIVATE, Base, Id


class User(Base):
    """One person, or `cli`; never deleted, because what they recorded names them.

    `email` is the name they sign in by, folded: a mail address, or where a cooperative has none
    its code, tax code or telephone. `unconfirmed_since` stands while somebody else, who saw the
    link, may have chosen the password: such a person approves nothing until a manager confirms
    them.
    `news_read_through` is the last audit line that a manager has read among news of accounts.
    """

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint(
            "role IN ('officer', 'accountant', 'manager', 'admin', 'auditor', 'cooperative',"
            " 'cli')",
            name="role",
        ),
        CheckConstraint("language IN ('vi', 'en')", name="language"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str | None] = mapped_column(info=PRIVATE)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    unconfirmed_since: Mapped[datetime | None]
    news_read_through: Mapped[int | None] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite")
    )

    cooperative: Mapped[BorrowerUser | None] = relationship(lazy="joined")
    factor: Mapped[SecondFactor | None] = relationship(lazy="joined")


class BorrowerUser(Base):
    """Which borrower a cooperative's user belongs to; here, so that tables form no circle."""

    __tablename__ = "borrower_user"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("borrower.id"), index=True)


class SecondFactor(Base):
    """What an app makes a person's codes from, sealed; `last_step` is the last one taken.

    A step is half a minute since 1970: no code of it, or of an earlier one, counts again.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(info=PRIVATE)
    enrolled_at: Mapped[datetime]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code that once stands in for the app; only its hash is kept."""

    __tablename__ = "recovery_code"

    code_hash: Mapped[str] = mapped_column(primary_key=True, info=PRIVATE)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    used_at: Mapped[datetime | None]


class PasswordLink(Base):
    """A link by which a password is set once without knowing the old one.

    Several of a person may hold at a time; of the one used the hash stays, to say that it was.
    `code_hash` is that of the code a letter holds beside the link, hashed under a key.
    """

    __tablename__ = "password_link"

    link_hash: Mapped[str] = mapped_column(primary_key=True, info=PRIVATE)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    code_hash: Mapped[str | None] = mapped_column(info=PRIVATE)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UserSession(Base):
    """One signed-in browser, known by the hash of the token that only it holds.

    `agent` is what the browser called itself, so that its owner knows it again; `confirmed_at`
    when the password was typed last, `factor_at` when the second factor was proved.
    """

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True, info=PRIVATE)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    factor_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(info=PRIVATE)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class LoginFailure(Base):
    """Failures in a row by what they are counted for: account, network, browser or session.

    Whether the account exists or not; the subject is hashed.
    """

    __tablename__ = "login_failure"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('browser', 'session', 'factor', 'letter', 'account', 'account_network',"
            " 'network')",
            name="kind",
        ),
        CheckConstraint("failures >= 0", name="failures_not_negative"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_hash: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(index=True)
