"""Whether people are who the audit log says: role, address, cooperative, what lets them in.

Each difference is the name of a check, what it is about, what was expected, and what is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.borrower import Borrower
from loanfund.models.user import BorrowerUser, SecondFactor, User

Found = tuple[str, str, str, str]
Told = dict[str, Any]  # what the last line that says anything of it said, by column
ACTS = (
    "add_user",
    "confirm_user",
    "disable_user",
    "enable_user",
    "give_role",
    "invite",
    "issue_link",
    "mail_link",
    "turn_off_factor",
    "turn_on_factor",
)
SAID = ("role", "email", "borrower")
PERSON = (
    User.id,
    User.email,
    User.role,
    User.disabled_at,
    User.unconfirmed_since,
    Borrower.code.label("borrower"),
    SecondFactor.enrolled_at,
)


def people_differences(session: Session) -> Iterator[Found]:
    """Compare every person with what the lines about them came to.

    Lines of before say neither for which cooperative somebody acts, nor who was unconfirmed.
    """
    told = _told(session)
    people = (
        select(*PERSON)
        .outerjoin(BorrowerUser, BorrowerUser.user_id == User.id)
        .outerjoin(Borrower, Borrower.id == BorrowerUser.borrower_id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .order_by(User.id)
    )
    for person in session.execute(people):
        said = told.pop(str(person.id), None)
        if said is None:
            if person.email != Role.CLI:  # whom nobody added: commands act in that name
                yield "audit", f"user {person.id}", "told", "not told"
            continue
        for name, expected, found in _compared(person, said):
            if expected != found:
                yield "audit", f"user {person.id} {name}", str(expected), str(found)
    for key in told:
        yield "audit", f"user {key}", "stands", "missing"


def _compared(person: Any, said: Told) -> Iterator[tuple[str, object, object]]:
    for name in (*SAID, "disabled_at", "enrolled_at"):
        if name in said or name not in SAID:
            yield name, said.get(name), getattr(person, name)
    if said.get("unconfirmed"):
        yield "unconfirmed_since", True, person.unconfirmed_since is not None


def _told(session: Session) -> dict[str, Told]:
    """Give what the lines came to, by the person's id."""
    lines = select(
        AuditLine.object_id, AuditLine.action, AuditLine.recorded_at, AuditLine.facts
    ).where(AuditLine.object_type == "user", AuditLine.action.in_(ACTS))
    told: dict[str, Told] = {}
    for line in session.execute(lines.order_by(AuditLine.id)):
        said = told.setdefault(line.object_id, {})
        said.update({name: line.facts[name] for name in SAID if name in line.facts})
        said["unconfirmed"] = line.facts.get("unconfirmed")
        if line.action in {"disable_user", "enable_user"}:
            said["disabled_at"] = line.recorded_at if line.action == "disable_user" else None
        if line.action in {"turn_on_factor", "turn_off_factor"}:
            said["enrolled_at"] = line.recorded_at if line.action == "turn_on_factor" else None
    return told
