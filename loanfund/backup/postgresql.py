"""PostgreSQL: `pg_dump` and `pg_restore`, the server's own tools."""

from __future__ import annotations

import os
import shutil
import subprocess  # nosec B404
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import URL, Connection, Engine, inspect, text

from loanfund.backup.archive import BLOCK, Contents, Counted
from loanfund.domain.errors import BackupError

PART = "database.dump"
LONGEST_SAYING = 500
# Objects belong to whoever restores, and rights are given anew by `loanfund db grant`.
PLAIN = ("--no-owner", "--no-privileges")


def dump(engine: Engine, _folder: Path, to: Counted) -> Contents:
    """Write the database as it is at one instant, and count its rows at the same one."""
    with engine.connect().execution_options(readonly=True) as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        contents = _contents(connection)
        arguments = ("--format=custom", f"--snapshot={snapshot}", *PLAIN)
        _run(engine, "pg_dump", arguments, to)
    return contents


def restore(engine: Engine, copy: Path, _expected: Contents) -> None:
    """Make the database what the dump says, in one transaction."""
    engine.dispose()
    once = ("--single-transaction", "--exit-on-error", "--clean", "--if-exists", *PLAIN)
    _run(engine, "pg_restore", (*once, str(copy)))


def _contents(connection: Connection) -> Contents:
    quote = connection.dialect.identifier_preparer.quote
    counts = {
        name: f"SELECT count(*) FROM {quote(name)}"  # noqa: S608 # nosec B608
        for name in sorted(inspect(connection).get_table_names())
    }
    rows = {name: int(connection.scalar(text(count)) or 0) for name, count in counts.items()}
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return Contents(database="postgresql", revision=str(revision), rows=rows)


def _run(
    engine: Engine, tool: str, arguments: tuple[str, ...], to: Counted | None = None
) -> None:
    """Run a tool on the database; the password goes where no list of processes shows it."""
    program = shutil.which(tool)
    if program is None:
        raise BackupError("tool_missing", tool=tool)
    url = engine.url
    address = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    command = [program, *arguments, f"--dbname={address.render_as_string()}"]
    with (
        TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 # nosec B603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, **secret},
        ) as process,
    ):
        assert process.stdout is not None
        while block := process.stdout.read(BLOCK):
            if to is not None:
                to.write(block)
        if process.wait():
            raise BackupError("tool_failed", tool=tool, said=_end(said))


def _end(said: IO[bytes]) -> str:
    """Give the end of what a tool said about its failure."""
    said.seek(0)
    return said.read().decode(errors="replace").strip()[-LONGEST_SAYING:]
