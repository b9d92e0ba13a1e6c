"""SQLite: a snapshot by `VACUUM INTO`, and back page by page in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from loanfund import failpoint
from loanfund.backup.archive import BLOCK, Contents, Counted
from loanfund.domain.errors import BackupError, ConflictError

DATABASE = "sqlite"
PART = "database.sqlite3"
TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
PAGES_A_STEP = 500


def dump(engine: Engine, folder: Path, to: Counted) -> Contents:
    """Write the database as it is at one instant; those who write meanwhile do not wait."""
    with TemporaryDirectory(dir=folder, prefix=".loanfund-") as private:
        copy = Path(private) / PART
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA query_only=0")
            driver.execute("VACUUM INTO ?", (str(copy),))
        with copy.open("rb") as file:
            while block := file.read(BLOCK):
                to.write(block)
        return contents_of(copy)


def contents_of(copy: Path) -> Contents:
    """Give what a database file holds; one that SQLite finds damaged is refused."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupError("broken")
            names = sorted(database.execute(TABLES).fetchall())
            rows = {name: _count(database, name) for (name,) in names}
            (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.DatabaseError, TypeError) as damaged:
        raise BackupError("broken") from damaged
    return Contents(database="sqlite", revision=revision, rows=rows)


def acting(copy: Path) -> list[str]:
    """Give the statements of a database file that act by themselves."""
    try:
        with closing(sqlite3.connect(copy)) as database:
            return [str(sql) for (sql,) in database.execute(TRIGGERS)]
    except sqlite3.DatabaseError as damaged:
        raise BackupError("broken") from damaged


def _count(database: sqlite3.Connection, table: str) -> int:
    (count,) = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608 # nosec B608
    return int(count)


def restore(engine: Engine, copy: Path, expected: Contents) -> None:
    """Make the database what the file is; others see all of it at once, or nothing."""
    if contents_of(copy) != expected:
        raise BackupError("broken")
    with closing(sqlite3.connect(copy)) as source, engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA query_only=0")
        source.backup(driver, pages=PAGES_A_STEP, progress=_step)


def _step(status: int, _remaining: int, _pages: int) -> None:
    """Give up on a database that somebody keeps locked; each step has waited already."""
    if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        raise ConflictError("busy")
    failpoint.reach("restoring")
