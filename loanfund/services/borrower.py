"""Register borrowers and keep what is known of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.book import BorrowerKind
from loanfund.domain.errors import ConflictError, InvalidInputError, NotFoundError
from loanfund.domain.permission import Action, Actor
from loanfund.models.borrower import Borrower
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit
from loanfund.wording import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerFacts:
    """What is known of a borrower; the code is the fund's own and never changes."""

    code: str
    name: str
    kind: str
    tax_code: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    area: str | None = None
    sector: str | None = None


def register_borrower(
    session: Session, facts: BorrowerFacts, actor: Actor, clock: Clock
) -> Borrower:
    """Add a borrower; ConflictError where the code is taken."""
    with unit_of_work(session):
        allow(actor, Action.KEEP_BORROWER)
        _check(facts)
        known = session.scalar(select(Borrower.id).where(Borrower.code == facts.code))
        if known is not None:
            raise ConflictError("borrower_code", code=facts.code)
        row = new_borrower(facts, actor, clock)
        session.add(row)
        _audit(session, "register_borrower", facts, actor, clock)
    return row


def change_borrower(
    session: Session, facts: BorrowerFacts, version: int, actor: Actor, clock: Clock
) -> Borrower:
    """Change what is known of a borrower; ConflictError where another person was first."""
    with unit_of_work(session):
        allow(actor, Action.KEEP_BORROWER)
        _check(facts)
        query = select(Borrower).where(Borrower.code == facts.code).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise NotFoundError("borrower", code=facts.code)
        if row.version != version:
            raise ConflictError("stale", shown=version, stands=row.version)
        for name, value in asdict(facts).items():
            setattr(row, name, value)
        row.folded_name = fold(facts.name)
        _audit(session, "change_borrower", facts, actor, clock)
    return row


def new_borrower(facts: BorrowerFacts, actor: Actor, clock: Clock) -> Borrower:
    """Give the row of a new borrower."""
    return Borrower(
        **asdict(facts),
        folded_name=fold(facts.name),
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )


def _check(facts: BorrowerFacts) -> None:
    for field in ("code", "name"):
        if not getattr(facts, field).strip():
            raise InvalidInputError("empty", field=field)
    if facts.kind not in set(BorrowerKind):
        raise InvalidInputError("choice", field="kind")


def _audit(
    session: Session, action: str, facts: BorrowerFacts, actor: Actor, clock: Clock
) -> None:
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("borrower", facts.code),
        facts=asdict(facts),
    )
