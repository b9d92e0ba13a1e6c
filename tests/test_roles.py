"""The roles of a PostgreSQL database: who owns, who writes, who only reads (S-39, S-44)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, inspect, literal_column, select, table, text
from sqlalchemy.exc import ProgrammingError

from loanfund import migrate
from loanfund.clock import SystemClock
from loanfund.db import make_engine, refusals_of_database
from loanfund.models import APPEND_ONLY
from loanfund.models.base import Base

pytestmark = pytest.mark.postgresql

APP, REPORT = "loanfund_test_app", "loanfund_test_report"


@pytest.fixture
def granted(postgresql_engine: Engine) -> Iterator[Engine]:
    """A migrated database with a role for the program and one for reports."""
    with postgresql_engine.begin() as connection:
        for role in (APP, REPORT):
            connection.execute(text(f"CREATE ROLE {role}"))
    migrate.grant(postgresql_engine, APP, may_write=True)
    migrate.grant(postgresql_engine, REPORT, may_write=False)
    yield postgresql_engine
    with postgresql_engine.begin() as connection:
        for role in (APP, REPORT):
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


@contextmanager
def acting_as(engine: Engine, role: str) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.execute(text(f"SET ROLE {role}"))
        yield connection
        connection.rollback()
        connection.execute(text("RESET ROLE"))
        connection.commit()


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"]
)
def test_the_program_may_not_rewrite_the_books(granted: Engine, table: str, verb: str) -> None:
    column = next(iter(Base.metadata.tables[table].columns)).name
    statement = text(verb.format(table, column))

    with acting_as(granted, APP) as connection, pytest.raises(ProgrammingError, match="denied"):
        connection.execute(statement)


def test_the_program_may_not_change_tables(granted: Engine) -> None:
    with acting_as(granted, APP) as connection, pytest.raises(ProgrammingError, match="owner"):
        connection.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER ALL"))


def test_the_program_may_add_and_read(granted: Engine) -> None:
    with acting_as(granted, APP) as connection:
        connection.execute(
            text("INSERT INTO number_series (series, year, last_number) VALUES ('PT', 2020, 1)")
        )
        connection.execute(text("UPDATE number_series SET last_number = 2"))

        assert connection.scalar(text("SELECT last_number FROM number_series")) == 2


def test_reports_may_only_read(granted: Engine) -> None:
    with acting_as(granted, REPORT) as connection:
        assert connection.scalar(text("SELECT count(*) FROM loan")) == 0
        with pytest.raises(ProgrammingError, match="denied"):
            connection.execute(text("INSERT INTO number_series VALUES ('PT', 2020, 1)"))


def test_both_may_read_all_that_a_backup_needs(granted: Engine) -> None:
    for role in (APP, REPORT):
        with acting_as(granted, role) as connection:
            for sequence in inspect(granted).get_sequence_names():
                connection.scalar(
                    select(literal_column("last_value")).select_from(table(sequence))
                )


def test_a_production_start_accepts_the_programs_role_and_refuses_the_owner(
    granted: Engine,
) -> None:
    now = SystemClock().now()
    with acting_as(granted, APP) as connection:
        as_app = refusals_of_database(connection, now, APPEND_ONLY)
    owner = make_engine(granted.url)
    with owner.connect() as connection:
        as_owner = refusals_of_database(connection, now, APPEND_ONLY)
    owner.dispose()

    assert as_app == []
    assert "owner_of_ledger" in {problem.reason for problem in as_owner}
