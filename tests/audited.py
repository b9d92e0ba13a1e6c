"""Watch the units of work of all tests: what changes the book leaves a line in the audit log.

The line is written in the transaction of the change itself (INV-28), and tells no address or
telephone of borrowers: nobody could take it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, event, func, inspect, select, union
from sqlalchemy.orm import ORMExecuteState, Session

from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.base import Base
from loanfund.models.borrower import Borrower
from loanfund.models.user import User
from loanfund.wording.change import known_name

LINE = "audit_line"
MADE_UP = "book"  # what lines of tests are about that no service writes
# What is no state of the book: what can be made anew, what is typed but not sent, who knocked
# at the door, and the machinery, whose own tables are its log.
ASIDE = {
    "account_mail",
    "audit_head",
    "collection_draft",
    "dispatch",
    "job_run",
    "limited_use",
    "login_failure",
    "message",
    "number_series",
    "position",
    "reminder",
    "request_key",
    "scheduler_lease",
    "user_session",
}
ASIDE_COLUMNS = {
    ("loan", "reconciled_through"),
    ("loan", "version"),
    ("user", "language"),
    ("user", "news_read_through"),
    ("user", "password_hash"),  # a better hash of the same; another is asserted where it is set
}

# What is known of people at the borrowers, and of nobody else: shorter ones stand anywhere.
CONTACTS: CompoundSelect[Any] = union(
    *(
        select(column).where(func.length(column) > 7)
        for column in (Borrower.phone, Borrower.email, Borrower.address)
    ),
    # Who has no mail signs in by the cooperative's own code, which every line may name.
    select(User.email).where(
        User.role == Role.COOPERATIVE.value, User.email.not_in(select(Borrower.code))
    ),
)


@dataclass
class Watch:
    """What was changed without a line, or told too much in one, or in no words of people."""

    unheard: list[str] = field(default_factory=list)
    indiscreet: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    contacts: dict[int, list[str]] = field(default_factory=dict)  # by connection

    def flushed(self, session: Session, _context: object) -> None:
        dirty = (one for one in session.dirty if _is_changed(one))
        new = (one for one in session.new if getattr(one, "role", None) != Role.CLI)
        rows = (*new, *session.deleted, *dirty)
        if any(isinstance(one, (Borrower, User)) for one in rows):
            self.contacts.clear()
        _note(session, *(one.__tablename__ for one in rows if isinstance(one, Base)))
        lines = [one for one in session.new if isinstance(one, AuditLine)]
        session.info.setdefault("said", []).extend(str(one.facts) for one in lines)
        if "working" in session.info:
            self.wordless += [key for one in lines for key in _wordless(one)]

    def executed(self, state: ORMExecuteState) -> None:
        if state.is_insert or state.is_update or state.is_delete:
            table = state.statement.table  # type: ignore[attr-defined]
            if table.name in {Borrower.__tablename__, User.__tablename__}:
                self.contacts.clear()
            if table.metadata is Base.metadata:
                _note(state.session, table.name)

    def committing(self, session: Session) -> None:
        session.flush()
        changed = session.info.pop("changed", set())
        if "working" in session.info and LINE not in changed and changed - ASIDE:
            self.unheard.append(f"changed without a line: {sorted(changed - ASIDE)}")
        said = session.info.pop("said", [])
        known = self._contacts(session) if said else []
        self.indiscreet += [f"{one} in {line}" for line in said for one in known if one in line]

    def _contacts(self, session: Session) -> list[str]:
        """What must not be told; read again once somebody may have got another address."""
        connection = session.connection()
        key = id(connection.connection.dbapi_connection)
        if key not in self.contacts:
            self.contacts[key] = list(connection.scalars(CONTACTS))
        return self.contacts[key]

    def rolled_back(self, session: Session) -> None:
        self.contacts.clear()
        session.info.pop("changed", None)
        session.info.pop("said", None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch every session of this process."""
    watch = Watch()
    listeners: dict[str, Callable[..., None]] = {
        "after_flush": watch.flushed,
        "do_orm_execute": watch.executed,
        "before_commit": watch.committing,
        "after_rollback": watch.rolled_back,
    }
    for name, listener in listeners.items():
        event.listen(Session, name, listener)
    yield watch
    for name, listener in listeners.items():
        event.remove(Session, name, listener)


def _note(session: Session, *tables: str) -> None:
    session.info.setdefault("changed", set()).update(tables)


def _is_changed(row: Any) -> bool:
    """Say whether a column of a row has another value that counts."""
    state = inspect(row)
    return any(
        state.attrs[key].history.has_changes() and (row.__tablename__, key) not in ASIDE_COLUMNS
        for key in state.committed_state
    )


def _wordless(line: AuditLine) -> list[str]:
    """Give the keys of the texts that the page of the log would need and does not find."""
    if line.object_type == MADE_UP:
        return []
    needed = [("action", line.action), ("object", line.object_type)]
    needed += [("fact", name) for name in dict.fromkeys(_names(line.facts))]
    return [f"{kind}.{name}" for kind, name in needed if not _has_text(kind, name)]


def _names(value: object, *, is_listed: bool = False) -> Iterator[str]:
    """Give the names under which facts are told; the id of an event says only its place."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name != "id" and (is_listed or not isinstance(one, dict)):
                yield str(name)
            yield from _names(one, is_listed=is_listed)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _names(one, is_listed=True)


@cache
def _has_text(kind: str, name: str) -> bool:
    return known_name(kind, name, "vi") is not None
