"""The two databases: engines, sessions that read, and the unit of work of those that write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from loanfund import failpoint
from loanfund.domain.errors import ConflictError

LOCK_WAIT_MS = 10_000
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={LOCK_WAIT_MS}",
)
OWNER_ONLY = 0o600  # who may read and write a database file
IN_MEMORY = ":memory:"
DUPLICATE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"}
NO_TABLE = {"42P01"}
DATA_EXCEPTION = "22"  # the class of codes for values that do not fit their type
BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "40001", "40P01", "55P03"}


Last = Callable[[Session, list[Any]], None]


def make_engine(address: str | URL) -> Engine:
    """Give an engine whose transactions behave alike on SQLite and PostgreSQL."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        engine = discreet_engine(url)
        event.listen(engine, "do_connect", _make_private_file)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_on_sqlite)
        return engine
    options = f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_MS}"
    engine = discreet_engine(url, pool_pre_ping=True, connect_args={"options": options})
    event.listen(engine, "begin", _begin_on_postgresql)
    return engine


def discreet_engine(url: URL, **options: Any) -> Engine:
    """Give an engine whose errors, which end up in logs, repeat no value of any statement."""
    engine = create_engine(url, hide_parameters=True, **options)
    event.listen(engine, "handle_error", _leave_out_values)
    return engine


def _leave_out_values(context: ExceptionContext) -> None:
    """Shorten what PostgreSQL says: it quotes the row that a constraint refuses (DETAIL)."""
    found, told = context.original_exception, context.sqlalchemy_exception
    said = getattr(getattr(found, "diag", None), "message_primary", None)
    if said is None or told is None:
        return
    if str(getattr(found, "sqlstate", "")).startswith(DATA_EXCEPTION):
        said = type(found).__name__  # the first line itself quotes what cannot be read
    told.args = (str(told.args[0]).replace(str(found), said),)
    found.args = (said,)


def make_sessions(engine: Engine | Connection, **options: Any) -> sessionmaker[Session]:
    """Give the factory of sessions; objects stay readable after a commit."""
    return sessionmaker(engine, expire_on_commit=False, **options)


@contextmanager
def read_session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Open a session that sees one moment of the database and cannot write to it."""
    with sessions(info={"readonly": True}) as session:
        session.connection(execution_options={"readonly": True})
        yield session


@contextmanager
def unit_of_work(session: Session) -> Iterator[None]:
    """Make what happens inside one transaction: all of it, or nothing and a ConflictError.

    Only what means "somebody was first" becomes that refusal; every other broken
    constraint is our mistake and stays loud.
    """
    if session.info.get("readonly"):
        raise RuntimeError("a session opened for reading does not write")
    if "working" in session.info:
        raise RuntimeError("units of work do not nest")
    last: dict[Last, list[Any]] = {}
    session.info["working"] = last
    try:
        session.expire_all()
        session.connection()  # on SQLite the write lock is taken before anything is read
        yield
        for act, items in last.items():
            session.flush()
            act(session, items)
        failpoint.reach("before_commit")
        session.commit()
        failpoint.reach("after_commit_before_reply")
    except BaseException as error:
        session.rollback()
        reason = _conflict(error)
        if reason is None:
            raise
        raise ConflictError(reason) from error
    finally:
        del session.info["working"]


def last_before_commit(session: Session, act: Last, item: Any) -> None:
    """Keep something for the end of the open unit of work, where `act` gets all of its kind."""
    if "working" not in session.info:
        raise RuntimeError("there is no unit of work that this could belong to")
    session.info["working"].setdefault(act, []).append(item)


def _conflict(error: BaseException) -> str | None:
    """Give the reason when an error means that somebody else was first."""
    if isinstance(error, StaleDataError):
        return "stale"
    if not isinstance(error, DBAPIError):
        return None
    names = {getattr(error.orig, name, None) for name in ("sqlite_errorname", "sqlstate")}
    if names & DUPLICATE:
        return "duplicate"
    return "busy" if names & BUSY else None


def is_unusable(error: DatabaseError) -> bool:
    """Say whether the database cannot be reached, read, or has not got our tables."""
    no_book = type(error) in {OperationalError, DatabaseError}
    return no_book or getattr(error.orig, "sqlstate", None) in NO_TABLE


def _make_private_file(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]
) -> None:
    """Let a new database file be its owner's alone: SQLite would ask the umask only."""
    if arguments[0] == IN_MEMORY or options.get("uri"):
        return
    with suppress(OSError):  # it is there already, or cannot be: then SQLite says why
        os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Take the transactions away from the driver, whose own way loses updates in silence."""
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_on_sqlite(connection: Connection) -> None:
    """Begin with the write lock, or for a reader without it and without the right to write."""
    readonly = bool(connection.get_execution_options().get("readonly"))
    connection.exec_driver_sql(f"PRAGMA query_only={int(readonly)}")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _begin_on_postgresql(connection: Connection) -> None:
    """Give a reader one moment of the database, as SQLite does."""
    if connection.get_execution_options().get("readonly"):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
