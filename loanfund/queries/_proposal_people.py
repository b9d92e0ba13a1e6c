"""What proposals about people ask for: a role, a link, an end to a second factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from loanfund.domain.report import Said
from loanfund.queries._proposal_line import Line, Payload, Stood
from loanfund.store.user import user_of


def role_says(_session: Session, payload: Payload) -> Iterator[Said]:
    key = "role" if payload["was"] else "new_person"
    yield Said(f"proposal.says.{key}", {"name": payload["name"], "email": payload["email"]})


def role_lines(_session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    yield Line(label=Said("user.name"), after=payload["name"])
    yield Line(label=Said("user.email"), after=payload["email"])
    before = Said(f"role.{payload['was']}") if payload["was"] else None
    yield Line(label=Said("user.role"), before=before, after=Said(f"role.{payload['role']}"))


def link_says(session: Session, payload: Payload) -> Iterator[Said]:
    yield Said("proposal.says.link", _person(session, payload))


def link_lines(session: Session, payload: Payload, stood: Stood) -> Iterator[Line]:
    known = _person(session, payload)
    yield Line(label=Said("user.name"), after=known["name"])
    yield Line(label=Said("user.email"), after=known["email"])
    role = known["role"]
    if stood is not None:
        then = stood.get(("role", ""))
        role = Said(f"role.{then}") if then else None
    yield Line(label=Said("user.role"), after=role)


def factor_off_says(session: Session, payload: Payload) -> Iterator[Said]:
    yield Said("proposal.says.factor_off", _person(session, payload))


def factor_off_lines(session: Session, payload: Payload, stood: Stood) -> Iterator[Line]:
    yield from link_lines(session, payload, stood)
    yield Line(label=Said("user.factor_off.reason"), after=payload["reason"])


def _person(session: Session, payload: Payload) -> Mapping[str, object]:
    """Give whose account it is about, as it is now."""
    user = user_of(session, payload["email"])
    return {"name": user.name, "email": user.email, "role": Said(f"role.{user.role}")}
