"""Take a backup of a whole book, and restore one: all of it, or nothing."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from types import ModuleType

from sqlalchemy import Engine, func, inspect, select, table

from loanfund import migrate
from loanfund.backup import postgresql, sqlite
from loanfund.backup.archive import Backup, Contents, opened, write_archive
from loanfund.domain.errors import BackupError
from loanfund.structure import alien_guards

BY_DATABASE = {"postgresql": postgresql, "sqlite": sqlite}
LONGEST_SAYING = 200
WRITTEN_BY_MIGRATIONS = frozenset({"alembic_version", "audit_head", "books"})


def take_backup(engine: Engine, path: Path, now: datetime) -> Backup:
    """Write the book, its papers included, into a new file; people go on working."""
    if migrate.current(engine) is None:
        raise BackupError("no_book")
    tools = _tools(engine)
    about = {"program": version("loanfund"), "taken_at": now.isoformat()}
    return write_archive(path, tools.PART, partial(tools.dump, engine, path.parent), about)


def restore_backup(
    engine: Engine, path: Path, *, sha256: str | None = None, may_replace: bool = False
) -> Backup:
    """Make the database what the file holds and bring it to the newest tables.

    Nothing is touched before the whole file is found sound, of this kind of database, and
    known to this program; `sha256`, where it was kept apart, must be the file's.
    """
    tools = _tools(engine)
    with opened(path) as backup, TemporaryDirectory(prefix="loanfund-") as private:
        if sha256 is not None and sha256.strip().lower() != backup.sha256:
            raise BackupError("other_file", found=backup.sha256)
        _check_fits(engine, backup, may_replace=may_replace)
        copy = Path(private) / tools.PART
        backup.unpack(tools.PART, copy)
        _refuse_aliens(tools, copy)
        manifest = backup.manifest
        expected = Contents(
            database=manifest.database, revision=manifest.revision, rows=manifest.rows
        )
        tools.restore(engine, copy, expected)
    migrate.upgrade(engine)
    return backup


def _tools(engine: Engine) -> ModuleType:
    return BY_DATABASE[engine.dialect.name]


def _check_fits(engine: Engine, backup: Backup, *, may_replace: bool) -> None:
    """Refuse a file of another database or a newer program, and a database with a book."""
    manifest, here = backup.manifest, engine.dialect.name
    if manifest.database != here:
        raise BackupError("other_database", found=manifest.database, here=here)
    if not migrate.knows(manifest.revision):
        raise BackupError("newer")
    if not may_replace and _has_rows(engine):
        raise BackupError("not_empty")
    revision = migrate.current(engine)
    # pg_restore replaces the tables it knows; those of another revision would stay beside them.
    if here == "postgresql" and revision not in {None, manifest.revision}:
        raise BackupError("other_revision", found=manifest.revision, here=revision)


def _refuse_aliens(tools: ModuleType, copy: Path) -> None:
    """Refuse a book with triggers of somebody else: they would act on all that is written."""
    for statement in alien_guards(tools.DATABASE, tools.acting(copy)):
        raise BackupError("alien", found=shorten(statement, LONGEST_SAYING))


def _has_rows(engine: Engine) -> bool:
    """Say whether a database holds more than what a new one does."""
    names = set(inspect(engine).get_table_names()) - WRITTEN_BY_MIGRATIONS
    with engine.connect() as connection:
        questions = (select(func.count()).select_from(table(name)) for name in sorted(names))
        return any(connection.scalar(question) for question in questions)
