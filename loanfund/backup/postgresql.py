"""PostgreSQL: `pg_dump` and `pg_restore`, the server's own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # nosec B404
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sqlalchemy import URL, Connection, Engine, inspect, text

from loanfund.backup.archive import BLOCK, Contents, Counted
from loanfund.domain.errors import BackupError

DATABASE = "postgresql"
PART = "database.dump"
LONGEST_SAYING = 500
# Objects belong to whoever restores, and rights are given anew by `loanfund db grant`.
PLAIN = ("--no-owner", "--no-privileges")
# What a dump of a book may say besides its triggers and their functions. Other people's views,
# extensions and publications act on nothing that is written.
HARMLESS = re.compile(
    r"SET |SELECT pg_catalog\.set_config\('search_path', '', false\)$"
    r"|CREATE (TABLE|SEQUENCE|VIEW|MATERIALIZED VIEW) public\.|ALTER SEQUENCE public\."
    r"|CREATE (UNIQUE )?INDEX |CREATE EXTENSION IF NOT EXISTS |COMMENT ON "
    r"|(CREATE|ALTER) (PUBLICATION|STATISTICS) "
    r"|ALTER TABLE ONLY public\.\S+ (ADD CONSTRAINT|ALTER COLUMN \S+ SET DEFAULT nextval) ?"
)
TOKENS = re.compile(
    r"(?P<part>;)|(?P<aside>--[^\n]*|^\\[^\n]*|/\*.*?\*/)"
    r"|(?P<quote>\$\w*\$).*?(?P=quote)|'(?:[^']|\'\')*'|\"[^\"]*\"",
    re.DOTALL | re.MULTILINE,
)


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


def acting(copy: Path) -> list[str]:
    """Give the statements of a dump that may act by themselves, or do what no dump needs."""
    script = BytesIO()
    _run_tool("pg_restore", ("--schema-only", *PLAIN, "--file=-", str(copy)), script)
    written = script.getvalue().decode(errors="replace")
    return [one for one in _statements(written) if not HARMLESS.match(one)]


def _statements(script: str) -> Iterator[str]:
    """Part a script of SQL at the semicolons that stand in no text, and leave out comments."""
    statement, place = "", 0
    for token in TOKENS.finditer(script):
        statement += script[place : token.start()]
        place = token.end()
        if token["part"]:
            yield " ".join(statement.split())
            statement = ""
        elif not token["aside"]:
            statement += token[0]
    if (statement + script[place:]).strip():
        yield statement + script[place:]


def _run(
    engine: Engine, tool: str, arguments: tuple[str, ...], to: Counted | None = None
) -> None:
    """Run a tool on the database; the password goes where no list of processes shows it."""
    url = engine.url
    address = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    _run_tool(tool, (*arguments, f"--dbname={address.render_as_string()}"), to, secret)


def _run_tool(
    tool: str,
    arguments: tuple[str, ...],
    to: Counted | BytesIO | None = None,
    secret: Mapping[str, str] | None = None,
) -> None:
    """Run a tool and write what it gives; say the end of what it said if it fails."""
    program = shutil.which(tool)
    if program is None:
        raise BackupError("tool_missing", tool=tool)
    with (
        TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 # nosec B603
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, **(secret or {})},
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
