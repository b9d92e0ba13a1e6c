"""Write the audit lines of a change, chained to those before, in the change's own transaction.

The lines wait until everything else is written: only then is the head of the chain held, so
that nobody waits for whoever draws or folds (house rules, locks).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from loanfund.db import last_before_commit
from loanfund.domain.audit_chain import AuditEntry, Head, link, plain_facts
from loanfund.models.audit import AuditHead, AuditLine
from loanfund.models.user import User

COLUMNS = (
    AuditLine.id,
    AuditLine.recorded_at,
    AuditLine.recorded_by,
    AuditLine.action,
    AuditLine.object_type,
    AuditLine.object_id,
    AuditLine.facts,
)
NAMES = tuple(column.key for column in COLUMNS)
HEAD = select(AuditHead.line, AuditHead.hash)
HOLD_HEAD = HEAD.with_for_update()
HOLD_PEOPLE = (
    select(User.id)
    .where(User.id.in_(bindparam("people", expanding=True)))
    .order_by(User.id)
    .with_for_update(read=True, key_share=True)
)
CHUNK = 1000


def write_audit(  # noqa: PLR0913 - a line has that many columns
    session: Session,
    *,
    at: datetime,
    actor: int | None,
    action: str,
    subject: tuple[str, str | int | None],
    facts: dict[str, Any] | None = None,
) -> None:
    """Add one line: who did what to which object (its type and id), with the facts."""
    kind, key = subject
    entry = AuditEntry(
        id=0,  # given with the hash
        recorded_at=at,
        recorded_by=actor,
        action=action,
        object_type=kind,
        object_id=None if key is None else str(key),
        facts=plain_facts(facts or {}),
    )
    last_before_commit(session, _add_lines, entry)


def _add_lines(session: Session, entries: list[AuditEntry]) -> None:
    """Chain the lines to those before; who holds the head lets others wait for the commit only.

    The people that the lines name are held before, in shares: nobody waits for them later.
    """
    people = sorted({one.recorded_by for one in entries if one.recorded_by is not None})
    session.execute(HOLD_PEOPLE, {"people": people}).all()
    last = Head(*session.execute(HOLD_HEAD).one())
    for entry in entries:
        numbered = replace(entry, id=last.line + 1)
        last = Head(numbered.id, link(last.hash, numbered))
        session.add(AuditLine(**asdict(numbered), hash=last.hash))
    session.flush()
    session.execute(update(AuditHead).values(line=last.line, hash=last.hash))


def read_head(session: Session) -> Head:
    """Give the last line that is written, and its hash, without waiting for anybody."""
    return Head(*session.execute(HEAD).one())


def chained_lines(session: Session) -> Iterator[tuple[AuditEntry, str]]:
    """Give all lines in the order of the chain, each with the hash that is stored with it."""
    query = select(*COLUMNS, AuditLine.hash).order_by(AuditLine.id)
    for *columns, stored in session.execute(query).yield_per(CHUNK):
        yield AuditEntry(**dict(zip(NAMES, columns, strict=True))), stored
