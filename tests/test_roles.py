"""The roles of a PostgreSQL database: who owns, writes, reports, backs up (S-39, S-44)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, inspect, literal_column, select, text
from sqlalchemy import table as named
from sqlalchemy.exc import ProgrammingError

from loanfund.clock import SystemClock
from loanfund.db import make_engine
from loanfund.models import APPEND_ONLY
from loanfund.models.base import Base
from loanfund.rights import Purpose, grant, refusals_of_database

pytestmark = pytest.mark.postgresql

APP, REPORT, BACKUP = (f"loanfund_test_{purpose}" for purpose in Purpose)
ROLES = {APP: Purpose.PROGRAM, REPORT: Purpose.REPORT, BACKUP: Purpose.BACKUP}
# Hashes and codes that let nobody in: they seal, compare, or stand on papers and forms.
NO_SECRETS = {
    "audit_head.hash",
    "audit_line.hash",
    "borrower.code",
    "borrower.code_fold",
    "borrower.tax_code",
    "capital_source.code",
    "capital_source.code_fold",
    "document.code",
    "imported_record.payload_hash",
    "limited_use.subject_hash",
    "loan.code_fold",
    "login_failure.subject_hash",
    "message.address_hash",
    "proposal.payload_hash",
    "request_key.payload_hash",
}


@pytest.fixture
def granted(postgresql_engine: Engine) -> Iterator[Engine]:
    """A migrated database with a role for each purpose."""
    with postgresql_engine.begin() as connection:
        for role in ROLES:
            connection.execute(text(f"CREATE ROLE {role}"))
    for role, purpose in ROLES.items():
        grant(postgresql_engine, role, purpose)
    yield postgresql_engine
    with postgresql_engine.begin() as connection:
        for role in ROLES:
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


@pytest.mark.parametrize("role", [REPORT, BACKUP])
def test_reports_and_backups_may_only_read(granted: Engine, role: str) -> None:
    with acting_as(granted, role) as connection:
        assert connection.scalar(text("SELECT count(*) FROM loan")) == 0
        with pytest.raises(ProgrammingError, match="denied"):
            connection.execute(text("INSERT INTO number_series VALUES ('PT', 2020, 1)"))


def columns() -> Iterator[Column[Any]]:
    for table in Base.metadata.sorted_tables:
        yield from table.columns


def test_every_column_that_may_hold_a_secret_is_said_to_or_known_not_to() -> None:
    """A new column of this kind is to be thought about."""
    wanted = re.compile("hash|secret|token|code|password|key_of|seed")
    doubtful = {str(one) for one in columns() if wanted.search(one.name)}
    secret = {str(one) for one in columns() if one.info.get("private")}

    assert doubtful - NO_SECRETS <= secret
    assert doubtful - secret >= NO_SECRETS


def test_reports_see_every_column_but_those_that_hold_a_secret(granted: Engine) -> None:
    with acting_as(granted, REPORT) as connection:
        for column in columns():
            reading = select(column).limit(1)
            if column.info.get("private"):
                with (
                    pytest.raises(ProgrammingError, match="denied"),
                    connection.begin_nested(),
                ):
                    connection.execute(reading)
            else:
                connection.execute(reading)


def test_a_role_granted_anew_for_reports_sees_no_secret_any_longer(granted: Engine) -> None:
    grant(granted, BACKUP, Purpose.REPORT)

    with (
        acting_as(granted, BACKUP) as connection,
        pytest.raises(ProgrammingError, match="denied"),
    ):
        connection.execute(text('SELECT password_hash FROM "user"'))


@pytest.mark.parametrize("role", [APP, BACKUP])
def test_a_backup_may_read_everything(granted: Engine, role: str) -> None:
    with acting_as(granted, role) as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(select(table).limit(1))
        for sequence in inspect(granted).get_sequence_names():
            connection.scalar(select(literal_column("last_value")).select_from(named(sequence)))


def test_a_production_start_accepts_the_programs_role_and_refuses_the_owner(
    granted: Engine,
) -> None:
    now = SystemClock().now()
    with acting_as(granted, APP) as connection:
        as_app = refusals_of_database(connection, now)
    owner = make_engine(granted.url)
    with owner.connect() as connection:
        as_owner = refusals_of_database(connection, now)
    owner.dispose()

    assert as_app == []
    assert "owner_of_ledger" in {problem.reason for problem in as_owner}


@pytest.mark.parametrize(
    "right",
    [
        "UPDATE ON ledger_entry",
        "UPDATE (amount) ON ledger_entry",
        "DELETE ON ledger_entry",
        "TRUNCATE ON ledger_entry",
        "TRIGGER ON ledger_entry",
    ],
)
def test_a_production_start_refuses_any_right_to_rewrite_the_books(
    granted: Engine, right: str
) -> None:
    """A right on one column, and a trigger on what others write, are rights to rewrite."""
    with granted.begin() as connection:
        connection.execute(text(f"GRANT {right} TO {APP}"))

    with acting_as(granted, APP) as connection:
        found = refusals_of_database(connection, SystemClock().now())

    assert [problem.reason for problem in found] == ["may_rewrite_ledger"]


def test_a_production_start_refuses_a_superuser_and_a_clock_that_is_off(
    granted: Engine,
) -> None:
    with granted.connect() as connection:
        late = SystemClock().now() - timedelta(seconds=70)
        found = {problem.reason for problem in refusals_of_database(connection, late)}

    everything = {"clock_skew", "superuser", "owner_of_ledger", "may_rewrite_ledger"}
    assert found == everything
