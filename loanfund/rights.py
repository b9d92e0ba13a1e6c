"""Who may do what with the database: rights of PostgreSQL roles, modes of SQLite files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, text

from loanfund.config import Problem, variable
from loanfund.models import APPEND_ONLY
from loanfund.models.base import Base

CLOCK_SKEW = timedelta(seconds=60)
BY_OTHERS = 0o077  # anything that the group or everybody may do with a file
FILES_OF_SQLITE = ("", "-wal", "-shm")


class Purpose(StrEnum):
    """What a PostgreSQL role is for."""

    PROGRAM = "program"  # reads and writes, but never rewrites the books
    REPORT = "report"  # reads, but no secret
    BACKUP = "backup"  # reads everything


def grant(engine: Engine, role: str, purpose: Purpose) -> None:
    """Let a PostgreSQL role use the tables as far as its purpose needs.

    To be run by the role that owns the tables, which the program itself must not be (S-39).
    """
    with engine.begin() as connection:
        quoted = connection.dialect.identifier_preparer.quote(role)
        statements = [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}",
            f"GRANT USAGE ON SCHEMA public TO {quoted}",
            # a dump asks every sequence how far it has counted
            f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
            *_granted(purpose, quoted),
        ]
        for statement in statements:
            connection.exec_driver_sql(statement)


def _granted(purpose: Purpose, role: str) -> Iterator[str]:
    """Give the statements that grant what a purpose needs of the tables."""
    if purpose is Purpose.REPORT:
        for table in Base.metadata.sorted_tables:
            yield f"GRANT SELECT {_open_columns(table)}ON {_quoted(table.name)} TO {role}"
        return
    verbs = "SELECT, INSERT, UPDATE, DELETE" if purpose is Purpose.PROGRAM else "SELECT"
    yield f"GRANT {verbs} ON ALL TABLES IN SCHEMA public TO {role}"
    if purpose is Purpose.PROGRAM:
        yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
        yield f"REVOKE UPDATE, DELETE ON {', '.join(APPEND_ONLY)} FROM {role}"


def _open_columns(table: Table) -> str:
    """Give the columns without a secret, or nothing where the whole table is open."""
    told = [_quoted(one.name) for one in table.columns if not one.info.get("private")]
    return "" if len(told) == len(table.columns) else f"({', '.join(told)}) "


def _quoted(name: str) -> str:
    return f'"{name}"'


def refusals_of_database(
    connection: Connection, now: datetime, append_only: Sequence[str] = APPEND_ONLY
) -> list[Problem]:
    """Give why a production start refuses this PostgreSQL role or server, or SQLite file.

    `append_only` names the tables whose rows the role may add, but neither own nor change.
    """
    if connection.dialect.name == "sqlite":
        checks = {"database_open_to_others": _is_open_to_others(connection)}
    else:
        server: datetime = connection.scalars(text("SELECT clock_timestamp()")).one()
        checks = {
            "clock_skew": abs(server - now) > CLOCK_SKEW,
            "superuser": _holds(connection, SUPERUSER),
            "owner_of_ledger": _holds(connection, OWNER, tables=list(append_only)),
            "may_rewrite_ledger": _holds(connection, REWRITES, tables=list(append_only)),
        }
    return [Problem(variable("database_url"), name) for name, holds in checks.items() if holds]


def _is_open_to_others(connection: Connection) -> bool:
    """Say whether anybody but the owner may do anything with the files of a database."""
    path = connection.engine.url.database
    files = [Path(f"{path}{end}") for end in FILES_OF_SQLITE] if path else []
    return any(file.exists() and file.stat().st_mode & BY_OTHERS for file in files)


SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
OWNER = """
    SELECT coalesce(bool_or(pg_has_role(relowner, 'MEMBER')), false)
    FROM pg_class WHERE relkind = 'r' AND relname = ANY(:tables)
"""
# A right on one column is enough; and who may add a trigger rewrites what others write.
REWRITES = """
    SELECT coalesce(bool_or(
        has_any_column_privilege(oid, 'UPDATE')
        OR has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER')
    ), false)
    FROM pg_class WHERE relkind = 'r' AND relname = ANY(:tables)
"""


def _holds(connection: Connection, question: str, **facts: object) -> bool:
    return bool(connection.execute(text(question), facts).scalar_one())
