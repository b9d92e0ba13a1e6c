"""Register borrowers and keep what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.borrower import CONTACTS, FIELDS, BorrowerFacts, check_borrower
from loanfund.domain.code import check_code, fold_code
from loanfund.domain.errors import ConflictError, NotFoundError
from loanfund.domain.permission import Action, Actor
from loanfund.models.borrower import Borrower
from loanfund.services._borrower import columns_of, kept_names
from loanfund.services._permission import allow
from loanfund.store.audit import write_audit

OF_THE_CODE = ("code", "code_fold")  # which never changes


def register_borrower(
    session: Session, facts: BorrowerFacts, actor: Actor, clock: Clock
) -> Borrower:
    """Add a borrower; ConflictError where the code is taken."""
    with unit_of_work(session):
        allow(actor, Action.KEEP_BORROWER)
        check_borrower(facts)
        check_code(facts.code, "code")
        same = Borrower.code_fold == fold_code(facts.code)
        known = session.scalar(select(Borrower.code).where(same))
        if known is not None:
            raise ConflictError("borrower_code", code=known)
        facts = kept_names(session).in_kept_spelling(facts)
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
        check_borrower(facts)
        query = select(Borrower).where(Borrower.code == facts.code).with_for_update()
        row = session.scalar(query)
        if row is None:
            raise NotFoundError("borrower", code=facts.code)
        if row.version != version:
            raise ConflictError("stale", shown=version, stands=row.version)
        before = {name: getattr(row, name) for name in FIELDS}
        facts = kept_names(session, but=row.code).in_kept_spelling(facts)
        for name, value in columns_of(facts).items():
            if name not in OF_THE_CODE:
                setattr(row, name, value)
        _audit(session, "change_borrower", facts, actor, clock, before)
    return row


def new_borrower(facts: BorrowerFacts, actor: Actor, clock: Clock) -> Borrower:
    """Give the row of a new borrower."""
    return Borrower(
        **columns_of(facts),
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )


def _audit(  # noqa: PLR0913, PLR0917 -- a line has that many sides
    session: Session,
    action: str,
    facts: BorrowerFacts,
    actor: Actor,
    clock: Clock,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Write the line: all of it, or what changed and what that was before.

    Nobody can take a line back, so of contacts it tells which were given or changed only.
    """
    after = asdict(facts)
    was = before or dict.fromkeys(FIELDS)
    new = [name for name in FIELDS if after[name] != was[name]]
    told = [name for name in new if name not in CONTACTS]
    said: dict[str, Any] = {name: after[name] for name in told}
    contacts = [name for name in new if name in CONTACTS]
    if contacts:
        said["contacts"] = contacts
    if before is not None:
        said["before"] = {name: was[name] for name in told}
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("borrower", facts.code),
        facts=said,
    )
