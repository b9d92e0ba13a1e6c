"""Who schedules: one process of any number, by a lock or lease that dies with its holder."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.db import discreet_engine
from loanfund.domain.errors import ConflictError
from loanfund.services.scheduler import NAME, announce, take_lease

LOCK = 0x6C6F616E  # "loan": the advisory lock's number in this database
SILENCE_MS = 3000  # the server ends a lock connection that says nothing for so long
LEASE = timedelta(seconds=10)
BEAT = """
    INSERT INTO scheduler_lease (name, holder, since, expires_at)
    VALUES (:name, :holder, :now, :until)
    ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder,
        since = CASE WHEN scheduler_lease.holder = excluded.holder
                     THEN scheduler_lease.since ELSE excluded.since END,
        expires_at = excluded.expires_at
"""


class Leadership(Protocol):
    """Asked about once a second."""

    def held(self) -> bool:
        """Take the lead or keep it; False while another has it."""
        ...

    def let_go(self) -> None:
        """Leave it to another at once."""
        ...


class AdvisoryLock:
    """A lock of the PostgreSQL server on a connection of its own.

    A process that dies loses it at once, one that hangs when the server has not heard of it for
    three seconds.
    """

    def __init__(self, engine: Engine, holder: str, clock: Clock) -> None:
        """Keep away from the pool: the connection is the lock."""
        options = f"-c idle_session_timeout={SILENCE_MS}"
        self.engine = discreet_engine(
            engine.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"options": options},
        )
        self.holder, self.clock = holder, clock
        self.connection: Connection | None = None

    def held(self) -> bool:
        try:
            if self.connection is None and not self._takes():
                return False
            self._beat()
        except DBAPIError:
            self.let_go()
            return False
        return True

    def let_go(self) -> None:
        if self.connection is not None:
            self.connection.invalidate()
            self.connection.close()
            self.connection = None

    def _beat(self) -> None:
        """Say on the connection that is the lock who leads: who lost it cannot say so."""
        assert self.connection is not None
        now = self.clock.now()
        facts = {"name": NAME, "holder": self.holder, "now": now, "until": now + LEASE}
        self.connection.execute(text(BEAT), facts)

    def _takes(self) -> bool:
        connection = self.engine.connect()
        if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            self.connection = connection
            return True
        connection.close()
        return False


class Lease:
    """A row that must be written again every few seconds, for SQLite, on one machine."""

    def __init__(self, sessions: sessionmaker[Session], holder: str, clock: Clock) -> None:
        """Hold nothing yet."""
        self.sessions, self.holder, self.clock = sessions, holder, clock

    def held(self) -> bool:
        try:
            with self.sessions() as session:
                return take_lease(session, self.holder, LEASE, self.clock)
        except (DBAPIError, ConflictError):
            return False  # somebody else was just writing, or the database is away

    def let_go(self) -> None:
        with self.sessions() as session:
            announce(session, self.holder, timedelta(), self.clock)


def leadership(
    engine: Engine, sessions: sessionmaker[Session], holder: str, clock: Clock
) -> Leadership:
    """Give the way of the database at hand."""
    if engine.dialect.name == "postgresql":
        return AdvisoryLock(engine, holder, clock)
    return Lease(sessions, holder, clock)
