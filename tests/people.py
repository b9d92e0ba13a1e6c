"""People of the fund for tests, with one password that all of them use."""

from __future__ import annotations

from datetime import UTC, datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from loanfund.domain.permission import Actor, Role
from loanfund.seal import SECOND_FACTOR, Seal
from loanfund.services.sign_in import SetPassword, set_password
from loanfund.services.user import AddUser, add_user, command_line, issue_link

PASSWORD = "con trâu đi trước cái cày"
WHY = "nghỉ việc từ tháng này"  # said when somebody is disabled
NOW = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SEAL = Seal(["khóa của các bài thử"], SECOND_FACTOR)


def a_user(
    session: Session,
    role: Role = Role.OFFICER,
    *,
    email: str | None = None,
    now: datetime = NOW,
    borrower_id: int | None = None,
) -> Actor:
    """Add a person of a role who can sign in with PASSWORD."""
    operator = command_line(session, now=now)
    address = email or f"{role.value}@quy.example.vn"
    request = AddUser(
        email=address, name="Nguyễn Thị Hường", role=role, borrower_id=borrower_id
    )
    actor = add_user(session, request, operator, now=now)
    link = issue_link(session, address, operator, now=now)
    chosen = SetPassword(link=link, password=PASSWORD)
    set_password(session, chosen, now=now, hasher=CHEAP)
    return actor
