"""Migrations make exactly the tables that the models describe, on both databases."""

from alembic.autogenerate import api, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateTableOp, UpgradeOps
from sqlalchemy import BigInteger, Column, Engine, MetaData, Table, create_engine, inspect

from loanfund import migrate
from loanfund.models.base import Base, MoneyType, RateType, UTCDateTime
from loanfund.paths import MIGRATIONS


def test_the_migrated_database_is_what_the_models_say(own_engine: Engine) -> None:
    assert migrate.differences(own_engine) == []
    assert migrate.current(own_engine) == migrate.newest()


def test_a_database_can_be_emptied_and_made_again(own_engine: Engine) -> None:
    migrate.downgrade(own_engine, "base")
    emptied = set(inspect(own_engine).get_table_names())

    migrate.upgrade(own_engine)

    assert emptied <= {"alembic_version"}
    assert migrate.differences(own_engine) == []


def test_revisions_are_numbered_without_gap() -> None:
    numbers = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))

    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


def test_a_difference_is_noticed(own_engine: Engine) -> None:
    Table("nobodys", MetaData(), Column("id", BigInteger)).create(own_engine)

    differences = migrate.differences(own_engine)

    assert [kind for kind, *_ in differences] == ["remove_table"]


def test_migrations_are_written_with_plain_types() -> None:
    till = Table(
        "till",
        MetaData(naming_convention=Base.metadata.naming_convention),
        Column("amount", MoneyType),
        Column("rate", RateType),
        Column("counted_at", UTCDateTime),
    )
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection, opts=migrate.OPTIONS)
        operations = UpgradeOps([CreateTableOp.from_table(till)])
        written = render_python_code(
            operations,
            render_item=migrate.plain_type,
            migration_context=api.AutogenContext(context).migration_context,
        )

    assert "loanfund" not in written
    assert "sa.Column('amount', sa.BigInteger()" in written
    assert "sa.Column('rate', sa.Integer()" in written
    assert "sa.Column('counted_at', sa.DateTime(timezone=True)" in written
