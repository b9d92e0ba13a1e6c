"""What holds the rows is what the migrations make; what was taken away or added is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from loanfund import migrate
from loanfund.paths import MIGRATIONS
from loanfund.structure import (
    RETIRED,
    guards,
    made_by_migrations,
    structure_differences,
    structure_of,
)

REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))
Lines = set[tuple[str, str]]


def differences(connection: Connection) -> Lines:
    return {(line, found) for line, _, found in structure_differences(connection)}


def test_the_files_are_what_the_migrations_make_else_run_scripts_structure(
    own_engine: Engine,
) -> None:
    with own_engine.connect() as connection:
        assert differences(connection) == set()
        assert len(structure_of(connection)) > 400
    text = (MIGRATIONS / "structure" / f"{own_engine.dialect.name}.txt").read_text()
    assert text.splitlines() == sorted(set(text.splitlines()))


@pytest.mark.slow
def test_every_trigger_that_a_migration_ever_made_is_known(own_engine: Engine) -> None:
    """A backup of then holds it: what a migration takes away is added to RETIRED."""
    known = guards(made_by_migrations(own_engine.dialect.name)) | RETIRED
    ever: set[str] = set()
    migrate.downgrade(own_engine, "base")
    for revision in REVISIONS:
        migrate.upgrade(own_engine, revision)
        with own_engine.connect() as connection:
            ever |= guards(structure_of(connection))

    assert ever - known == set()


@pytest.fixture
def changing(own_engine: Engine) -> Iterator[Connection]:
    """The owner of the database, who may do everything."""
    with own_engine.connect() as connection:
        yield connection
        connection.rollback()


ON_POSTGRESQL = pytest.mark.parametrize(
    "own_database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
ON_SQLITE = pytest.mark.parametrize("own_database", ["sqlite"], indirect=True)
AMOUNT = "ledger_entry: CONSTRAINT ck_ledger_entry_amount_positive CHECK (amount > 0)"
OTHER = "CREATE TRIGGER other BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
REFUSES = (
    "CREATE TRIGGER ledger_entry_refuses_change BEFORE DELETE OR UPDATE ON ledger_entry"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
)
UNCHECKED = "ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_amount_positive"
CHECKED_LATER = (
    "ALTER TABLE ledger_entry ADD CONSTRAINT ck_ledger_entry_amount_positive"
    " CHECK (amount > 0) NOT VALID"
)
NUMBERS = "CREATE UNIQUE INDEX ix_loan_event_number ON loan_event USING btree (type, number)"
SWALLOWS = "CREATE RULE quiet AS ON INSERT TO audit_line DO INSTEAD NOTHING"
IGNORES = "CREATE TRIGGER quiet BEFORE INSERT ON audit_line BEGIN SELECT RAISE(IGNORE); END"
KEEPS_PERIODS = (
    "CREATE TRIGGER period_refuses_update BEFORE UPDATE ON period"
    " BEGIN SELECT RAISE(ABORT, 'period is append-only'); END"
)
TAKEN_AWAY: dict[str, tuple[str, Lines]] = {
    "a trigger dropped": (
        "DROP TRIGGER ledger_entry_refuses_change ON ledger_entry",
        {(REFUSES, "missing")},
    ),
    "a trigger switched off": (
        "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_refuses_change",
        {("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_refuses_change", "alien")},
    ),
    "a foreign key switched off": (
        "ALTER TABLE borrower_user DISABLE TRIGGER ALL",
        {("ALTER TABLE borrower_user DISABLE TRIGGER ALL", "alien")},
    ),
    "another trigger": (OTHER.format("loan"), {(OTHER.format("loan"), "alien")}),
    "a check dropped": (
        UNCHECKED,
        {(AMOUNT, "missing")},
    ),
    "a check that old rows need not hold": (
        f"{UNCHECKED}; {CHECKED_LATER}",
        {(AMOUNT, "missing"), (f"{AMOUNT} NOT VALID", "alien")},
    ),
    "something that may be nothing": (
        "ALTER TABLE loan ALTER COLUMN amount DROP NOT NULL",
        {("loan: amount bigint NOT NULL", "missing"), ("loan: amount bigint", "alien")},
    ),
    "an index dropped": (
        "DROP INDEX ix_loan_event_number",
        {(NUMBERS, "missing")},
    ),
    "a rule that swallows": (
        SWALLOWS,
        {(f"{SWALLOWS};", "alien")},
    ),
    "rows that some do not see": (
        "ALTER TABLE loan ENABLE ROW LEVEL SECURITY",
        {("ALTER TABLE loan ENABLE ROW LEVEL SECURITY", "alien")},
    ),
}


@ON_POSTGRESQL
@pytest.mark.parametrize(("statement", "found"), TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_what_was_changed_on_postgresql_is_found(
    changing: Connection, statement: str, found: Lines
) -> None:
    changing.exec_driver_sql(statement)

    assert differences(changing) == found


@ON_POSTGRESQL
def test_a_function_that_does_something_else_is_found(changing: Connection) -> None:
    changing.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'"
    )

    found = differences(changing)

    assert {what for _, what in found} == {"missing", "alien"}
    assert all(line.startswith("CREATE FUNCTION refuse_change()") for line, _ in found)


@ON_SQLITE
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "DROP TRIGGER period_refuses_update",
            {(KEEPS_PERIODS, "missing")},
        ),
        (
            IGNORES,
            {(IGNORES, "alien")},
        ),
        (
            "ALTER TABLE loan ADD COLUMN other TEXT",
            {("loan: other TEXT", "alien")},
        ),
    ],
    ids=["a trigger dropped", "another trigger", "another column"],
)
def test_what_was_changed_on_sqlite_is_found(
    changing: Connection, statement: str, found: Lines
) -> None:
    changing.exec_driver_sql(statement)

    assert differences(changing) == found


@ON_SQLITE
def test_a_check_rewritten_in_the_file_is_found(own_engine: Engine) -> None:
    with own_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=1")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'amount > 0', 'amount > -1')"
            " WHERE name = 'ledger_entry'"
        )
        found = differences(connection)
        connection.rollback()

    assert found == {(AMOUNT, "missing"), (AMOUNT.replace("> 0", "> -1"), "alien")}
