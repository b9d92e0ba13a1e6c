"""Transactions behave alike on both databases: no lost update, no write by a reader."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Engine,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

import loanfund
from loanfund.db import make_engine, make_sessions, read_session, unit_of_work
from loanfund.domain.errors import ConflictError
from loanfund.domain.money import Money, Rate
from loanfund.models.base import MoneyType, RateType, UTCDateTime

TABLE = Table(
    "till",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("amount", MoneyType, CheckConstraint("amount >= 0"), nullable=False),
    Column("number", BigInteger, unique=True),
    Column("rate", RateType),
    Column("counted_at", UTCDateTime),
    Column("note", Text),
)
PROGRAM = Path(loanfund.__file__).parent
NOON = datetime(2020, 6, 1, 5, 0, 0, 123, tzinfo=UTC)


@pytest.fixture
def tills(own_engine: Engine) -> sessionmaker[Session]:
    """Sessions on a book that also has one till with nothing in it."""
    TABLE.metadata.create_all(own_engine)
    sessions = make_sessions(own_engine)
    with sessions() as session, unit_of_work(session):
        session.execute(insert(TABLE).values(id=1, amount=Money(0), number=1))
    return sessions


def pay_in(session: Session) -> None:
    locked = select(TABLE.c.amount).where(TABLE.c.id == 1).with_for_update()
    amount: Money = session.scalars(locked).one()
    session.execute(update(TABLE).values(amount=amount + Money(1)))


def amount_of(sessions: sessionmaker[Session]) -> Money:
    with read_session(sessions) as session:
        amount: Money = session.scalars(select(TABLE.c.amount).where(TABLE.c.id == 1)).one()
    return amount


def test_two_hundred_payments_from_four_threads_are_all_there(
    tills: sessionmaker[Session],
) -> None:
    def clerk(_number: int) -> None:
        for _ in range(50):
            with tills() as session, unit_of_work(session):
                pay_in(session)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clerk, range(4)))

    assert amount_of(tills) == Money(200)


def test_an_exception_takes_everything_back(tills: sessionmaker[Session]) -> None:
    def fail_after_paying() -> None:
        with tills() as session, unit_of_work(session):
            pay_in(session)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_paying()

    assert amount_of(tills) == Money(0)


def test_what_is_there_already_reads_as_a_conflict(tills: sessionmaker[Session]) -> None:
    def add(number: int, key: int) -> None:
        with tills() as session, unit_of_work(session):
            session.execute(insert(TABLE).values(id=key, amount=Money(0), number=number))

    with pytest.raises(ConflictError) as same_number:
        add(number=1, key=2)
    with pytest.raises(ConflictError) as same_key:
        add(number=2, key=1)

    assert same_number.value.reason == same_key.value.reason == "duplicate"


def test_a_row_that_changed_meanwhile_reads_as_a_conflict(
    tills: sessionmaker[Session],
) -> None:
    with tills() as session, pytest.raises(ConflictError) as refused, unit_of_work(session):
        raise StaleDataError

    assert refused.value.reason == "stale"


def test_any_other_broken_constraint_stays_loud(tills: sessionmaker[Session]) -> None:
    with tills() as session, pytest.raises(IntegrityError), unit_of_work(session):
        session.execute(update(TABLE).values(amount=Money(-1)))


SECRET = "0912 345 678, Nguyễn Thị Hoa"
REFUSED: dict[str, dict[str, Any]] = {
    "a value twice": {"id": 1, "amount": Money(0), "note": SECRET},
    "a check": {"id": 2, "amount": Money(-1), "note": SECRET},
    "nothing where something must be": {"id": 2, "amount": None, "note": SECRET},
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_what_a_database_refuses_is_not_repeated_in_the_error(
    tills: sessionmaker[Session], row: dict[str, Any]
) -> None:
    """Errors end up in logs; PostgreSQL would quote the whole row (DETAIL)."""
    with tills() as session, pytest.raises(DBAPIError) as refused:
        session.execute(insert(TABLE).values(row))

    told = "".join(format_exception(refused.value))
    assert "till" in told
    assert SECRET not in told


def test_what_does_not_fit_its_type_is_not_repeated_in_the_error(
    tills: sessionmaker[Session],
) -> None:
    reading = {"sqlite": "SELECT json(:it)", "postgresql": "SELECT CAST(:it AS bigint)"}

    with tills() as session, pytest.raises(DBAPIError) as refused:
        session.execute(text(reading[session.get_bind().dialect.name]), {"it": SECRET})

    assert SECRET not in "".join(format_exception(refused.value))


def test_every_engine_of_the_program_is_discreet() -> None:
    """One place makes engines: whoever calls SQLAlchemy's own would tell values in errors."""
    calls = {
        path.name for path in PROGRAM.rglob("*.py") if " create_engine(" in path.read_text()
    }

    assert calls == {"db.py"}


def test_who_waits_too_long_is_told_so(tills: sessionmaker[Session]) -> None:
    impatience = {"sqlite": "PRAGMA busy_timeout=1", "postgresql": "SET lock_timeout='1ms'"}

    def wait_for_the_first() -> None:
        with tills() as second:
            engine = second.get_bind()
            assert isinstance(engine, Engine)
            connection = engine.raw_connection()
            connection.cursor().execute(impatience[engine.dialect.name])
            connection.commit()
            connection.close()
            with unit_of_work(second):
                pay_in(second)

    with tills() as first, unit_of_work(first):
        pay_in(first)
        with pytest.raises(ConflictError) as refused:
            wait_for_the_first()

    assert refused.value.reason == "busy"


def test_units_of_work_do_not_nest(session: Session) -> None:
    with unit_of_work(session):
        nested = unit_of_work(session)
        with pytest.raises(RuntimeError, match="nest"):
            nested.__enter__()


def test_a_unit_of_work_may_follow_another(session: Session) -> None:
    for _ in range(2):
        with unit_of_work(session):
            assert session.scalar(select(1)) == 1


def test_who_reads_does_not_write(tills: sessionmaker[Session]) -> None:
    with read_session(tills) as session, pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        pay_in(session)
    with read_session(tills) as session, pytest.raises(RuntimeError, match="reading"):
        unit_of_work(session).__enter__()

    with tills() as session, unit_of_work(session):
        pay_in(session)
    assert amount_of(tills) == Money(1)


def test_who_reads_sees_one_moment_and_hinders_nobody(tills: sessionmaker[Session]) -> None:
    with read_session(tills) as reader:
        before = reader.scalars(select(TABLE.c.amount)).one()
        with tills() as writer, unit_of_work(writer):
            pay_in(writer)
        after = reader.scalars(select(TABLE.c.amount)).one()

    assert before == after == Money(0)
    assert amount_of(tills) == Money(1)


def test_money_rates_and_instants_come_back_as_they_went(
    tills: sessionmaker[Session],
) -> None:
    with tills() as session, unit_of_work(session):
        facts = {"amount": Money(2**53 + 1), "rate": Rate(72_001), "counted_at": NOON}
        session.execute(update(TABLE).values(**facts))

    with read_session(tills) as session:
        row = session.execute(select(TABLE)).one()
        total = session.scalars(select(func.sum(TABLE.c.amount))).one()

    assert (row.amount, row.rate, row.counted_at) == (Money(2**53 + 1), Rate(72_001), NOON)
    assert row.counted_at.tzinfo is UTC
    assert total == Money(2**53 + 1)


def test_an_instant_without_zone_is_not_stored(tills: sessionmaker[Session]) -> None:
    with tills() as session, pytest.raises(Exception, match="needs its zone"):
        session.execute(update(TABLE).values(counted_at=NOON.replace(tzinfo=None)))


def test_a_safepoint_can_be_taken_back_alone(tills: sessionmaker[Session]) -> None:
    with tills() as session, unit_of_work(session):
        pay_in(session)
        with session.begin_nested() as savepoint:
            pay_in(session)
            savepoint.rollback()

    assert amount_of(tills) == Money(1)


def test_a_new_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask says; SQLite gives the files beside it the same mode."""
    before = os.umask(0)
    engine = make_engine(f"sqlite:///{tmp_path}/book.sqlite3")
    try:
        TABLE.metadata.create_all(engine)
        with make_sessions(engine)() as session, unit_of_work(session):
            session.execute(insert(TABLE).values(id=1, amount=Money(0)))
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        engine.dispose()
        os.umask(before)

    assert modes == dict.fromkeys(
        ("book.sqlite3", "book.sqlite3-wal", "book.sqlite3-shm"), 0o600
    )


def test_a_database_file_that_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    path.touch()
    path.chmod(0o640)

    engine = make_engine(f"sqlite:///{path}")
    TABLE.metadata.create_all(engine)
    engine.dispose()

    assert path.stat().st_mode & 0o777 == 0o640
