"""People of the fund for tests, with one password that all of them use."""

from __future__ import annotations

from datetime import UTC, datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from loanfund.domain.permission import Actor, Role
from loanfund.models.user import User
from loanfund.seal import SECOND_FACTOR, Seal
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import AddUser, add_user, command_line, issue_link

PASSWORD = "con trâu đi trước cái cày"
WHY = "nghỉ việc từ tháng này"  # said when somebody is disabled
NOW = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASHED = CHEAP.hash(PASSWORD)
SEAL = Seal(["khóa của các bài thử"], SECOND_FACTOR)


def a_user(
    session: Session,
    role: Role = Role.OFFICER,
    *,
    email: str | None = None,
    now: datetime = NOW,
    borrower_id: int | None = None,
) -> Actor:
    """Add a person of a role who can sign in with PASSWORD, as if they had chosen it long ago.

    Without the link and its page, which have tests of their own and take longer than most.
    """
    operator = command_line(session, now=now)
    address = email or f"{role.value}@quy.example.vn"
    request = AddUser(
        email=address, name="Nguyễn Thị Hường", role=role, borrower_id=borrower_id
    )
    actor = add_user(session, request, operator, now=now)
    session.get_one(User, actor.user_id).password_hash = HASHED
    session.commit()
    return actor


def a_user_let_in(session: Session, role: Role, email: str, now: datetime = NOW) -> Actor:
    """Add a person who chose PASSWORD with a link that the operator saw."""
    operator = command_line(session, now=now)
    request = AddUser(email=email, name="Nguyễn Thị Hường", role=role)
    actor = add_user(session, request, operator, now=now)
    link = issue_link(session, email, operator, now=now)
    set_password(session, SetPassword(link=link, password=PASSWORD), now=now, hasher=CHEAP)
    return actor
