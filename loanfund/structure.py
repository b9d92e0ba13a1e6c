"""What holds the rows of a database: columns, constraints, indexes, triggers, their functions.

Each is one line of text. What the migrations make of a new database stands in the files of
`migrations/structure`, written by `scripts/structure`; what differs is missing or alien.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, text

from loanfund.models.base import Base
from loanfund.paths import MIGRATIONS

# Triggers and functions that a migration made once and a later one took away, for restoring
# backups of then: as they stood in the files, of both kinds of database.
RETIRED = frozenset(
    (MIGRATIONS / "structure" / "retired.txt").read_text(encoding="utf-8").splitlines()
)
GUARDS = ("CREATE TRIGGER ", "CREATE FUNCTION ")
QUOTES = re.compile(r"\$\w*\$|\bOR REPLACE\b|\bpublic\.")
OF_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
OF_POSTGRESQL = """
    WITH own AS (
        SELECT oid, relname, relrowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname = ANY(:tables)
    ), guard AS (
        SELECT own.relname, one.* FROM pg_trigger AS one JOIN own ON own.oid = one.tgrelid
    )
    SELECT relname || ': ' || quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
        || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
    FROM own JOIN pg_attribute ON attrelid = own.oid
        LEFT JOIN pg_attrdef ON adrelid = own.oid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT relname || ': CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(one.oid, true)
    FROM own JOIN pg_constraint AS one ON conrelid = own.oid WHERE contype <> 'n'
    UNION ALL
    SELECT pg_get_indexdef(indexrelid, 0, true) FROM own JOIN pg_index ON indrelid = own.oid
    WHERE indexrelid NOT IN (SELECT conindid FROM pg_constraint)
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM guard WHERE NOT tgisinternal
    UNION ALL
    SELECT DISTINCT 'ALTER TABLE ' || relname || ' DISABLE TRIGGER '
        || CASE WHEN tgisinternal THEN 'ALL' ELSE tgname END
    FROM guard WHERE tgenabled <> 'O'
    UNION ALL
    SELECT DISTINCT pg_get_functiondef(tgfoid) FROM guard WHERE NOT tgisinternal
    UNION ALL
    SELECT pg_get_ruledef(one.oid, true) FROM own JOIN pg_rewrite AS one ON ev_class = own.oid
    UNION ALL
    SELECT 'ALTER TABLE ' || relname || ' ENABLE ROW LEVEL SECURITY'
    FROM own WHERE relrowsecurity
"""


def structure_of(connection: Connection) -> set[str]:
    """Give what a database has, line by line."""
    tables = {*Base.metadata.tables, "alembic_version"}
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text(OF_SQLITE)).all()
        return {line for row in rows if row.tbl_name in tables for line in _of_sqlite(*row)}
    found = connection.execute(text(OF_POSTGRESQL), {"tables": sorted(tables)})
    return {normal(line) for line in found.scalars()}


def _of_sqlite(kind: str, name: str, _table: str, sql: str) -> Iterator[str]:
    """Part the statement of a table into its columns and constraints."""
    if kind != "table":
        yield normal(sql)
        return
    body = sql[sql.index("(") + 1 : sql.rindex(")")]
    for part in _at_commas(body):
        yield normal(f"{name}: {part}").replace('"', "")


def _at_commas(body: str) -> Iterator[str]:
    """Part a text at the commas that stand in no brackets and no quotes."""
    part, depth = "", 0
    for piece in re.findall(r"'(?:[^']|'')*'|[^'(),]+|[(),]", body):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "," and not depth:
            yield part
            part = ""
        else:
            part += piece
    yield part


def normal(statement: str) -> str:
    """Write a statement as the files have it: one line, whichever tool told of it."""
    return " ".join(QUOTES.sub(" ", statement).split())


def made_by_migrations(database: str) -> set[str]:
    """Give what the migrations make on a kind of database."""
    path = MIGRATIONS / "structure" / f"{database}.txt"
    return set(path.read_text(encoding="utf-8").splitlines())


def structure_differences(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Give each line that is missing or alien: the line, what is expected, what is found."""
    expected = made_by_migrations(connection.dialect.name)
    found = structure_of(connection)
    for line in sorted(expected - found):
        yield line, "stands", "missing"
    for line in sorted(found - expected):
        yield line, "nothing", "alien"


def guards(structure: Iterable[str]) -> set[str]:
    """Give the lines that act by themselves: triggers and their functions."""
    return {line for line in structure if line.startswith(GUARDS)}


def alien_guards(database: str, statements: Iterable[str]) -> list[str]:
    """Give those of a backup's statements that are no trigger or function of any migration."""
    known = guards(made_by_migrations(database)) | RETIRED
    return [one for one in map(normal, statements) if one not in known]
