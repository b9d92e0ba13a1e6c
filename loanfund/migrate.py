"""Alembic, configured from code: bring a database to the newest tables, and compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.types import TypeDecorator

from loanfund.models.base import Base  # and with it, every table known to the metadata
from loanfund.paths import MIGRATIONS


def plain_type(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write the plain type beneath ours, so that an old migration never needs our code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


OPTIONS: dict[str, Any] = {
    "target_metadata": Base.metadata,
    "render_item": plain_type,
    "render_as_batch": True,
    "compare_type": True,
    "compare_server_default": True,
    "transaction_per_migration": True,
}


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to a revision, each in a transaction of its own."""
    with _open(engine) as (connection, config):
        command.upgrade(config, revision)
        _check_foreign_keys(connection)


def downgrade(engine: Engine, revision: str) -> None:
    """Undo the migrations down to a revision; `base` empties the database."""
    with _open(engine) as (connection, config):
        command.downgrade(config, revision)
        _check_foreign_keys(connection)


def revise(engine: Engine, message: str) -> None:
    """Write the next numbered migration from what models and database differ in."""
    number = int(newest() or "0") + 1
    with _open(engine) as (_, config):
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def current(engine: Engine) -> str | None:
    """Give the revision the database is at, None when it is empty; waits for no writer."""
    with engine.connect().execution_options(readonly=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Give the revision the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """Say whether this program can bring a database from a revision to the newest."""
    every = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {one.revision for one in every}


def differences(engine: Engine) -> list[Any]:
    """Give what the models say and the database does not, or the other way round."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        return list(compare_metadata(context, Base.metadata))


def _config(connection: Connection | None = None) -> Config:
    """Give the configuration that elsewhere stands in alembic.ini."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextmanager
def _open(engine: Engine) -> Iterator[tuple[Connection, Config]]:
    """Connect for migrating; SQLite alters a table by copying it, foreign keys aside."""
    with engine.connect() as connection:
        _keep_foreign_keys(connection, "OFF")
        try:
            yield connection, _config(connection)
        finally:
            connection.rollback()
            _keep_foreign_keys(connection, "ON")


def _keep_foreign_keys(connection: Connection, switch: str) -> None:
    """Switch SQLite's foreign keys, by the driver: inside a transaction it has no effect."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA foreign_keys={switch}")


def _check_foreign_keys(connection: Connection) -> None:
    """Make sure that a migration left no row that points nowhere."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"rows that point nowhere: {broken}")
