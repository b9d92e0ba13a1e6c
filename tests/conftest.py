"""Databases, sessions and the clock for all tests; docs/adr/0003 says why both databases."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session, sessionmaker

from loanfund import migrate
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions, read_session
from tests import postgres, unbroken
from tests.audited import Watch, watching
from tests.books import the_2020_book
from tests.drawn import is_drawn_away

TODAY = date(2020, 6, 1)
# What tests leave is soon gone; looking for it took a tenth of their time.
gc.set_threshold(50_000)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


# Where single tests take longest: none may be what a process is left with at the end.
LONGEST = {
    "test_month.py",
    "test_one_number.py",
    "test_packaging.py",
    "test_pages_browser.py",
    "test_report_browser.py",
    "test_scheduler.py",
    "test_sums.py",
    "test_year.py",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Leave to the soak what the gate tries in another form; begin with what takes longest."""
    known = {item.nodeid for item in items}
    for item in items:
        if is_drawn_away(item, known):
            item.add_marker(pytest.mark.soak)
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Let the collector pass over what is loaded: it stays until the end."""
    gc.freeze()


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


@pytest.fixture(autouse=True)
def audited(watch: Watch) -> Iterator[None]:
    """Let no test pass that changed the book without a line, or told too much in one."""
    watch.unheard.clear()
    watch.indiscreet.clear()
    watch.wordless.clear()
    watch.contacts.clear()
    yield
    assert (watch.unheard, watch.indiscreet, watch.wordless) == ([], [], [])


@pytest.fixture(scope="session")
def numbers_broken() -> Iterator[list[str]]:
    with unbroken.watching() as broken:
        yield broken


@pytest.fixture(autouse=True)
def whole_numbers(numbers_broken: list[str]) -> Iterator[None]:
    """Let no test pass whose paper breaks a number over two lines."""
    numbers_broken.clear()
    yield
    assert numbers_broken == []


@pytest.fixture
def clock() -> FixedClock:
    """The business date on which tests happen when they do not say another."""
    return FixedClock(TODAY)


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty book that nobody writes to: copy it."""
    path = tmp_path_factory.mktemp("sqlite") / "loanfund.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    with engine.connect() as connection:  # leave one file, not three
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """One server a test process."""
    with postgres.server() as address:
        yield address


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server: URL, worker_id: str) -> Iterator[URL]:
    """A migrated, empty book; named after the process, for servers that many share."""
    with postgres.database(postgresql_server, f"loanfund_test_{worker_id}") as address:
        engine = make_engine(address)
        migrate.upgrade(engine)
        engine.dispose()
        yield address


@pytest.fixture(scope="session")
def sqlite_engine(
    sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Where SQLite tests run, each in a transaction that is rolled back."""
    copy = shutil.copy(sqlite_file, tmp_path_factory.mktemp("sqlite") / "tests.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_file_2020(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 2020 book, imported once, that nobody writes to: copy it."""
    path = Path(shutil.copy(sqlite_file, tmp_path_factory.mktemp("sqlite") / "2020.sqlite3"))
    engine = make_engine(f"sqlite:///{path}")
    with make_sessions(engine)() as session:
        the_2020_book(session, FixedClock(TODAY))
    with engine.connect() as connection:  # leave one file, not three
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_database_2020(
    postgresql_server: URL, postgresql_engine: Engine, worker_id: str
) -> Iterator[URL]:
    """The 2020 book, imported once, to which nobody stays connected: a template."""
    template = str(postgresql_engine.url.database)
    postgresql_engine.dispose()  # as for own_database
    with postgres.database(postgresql_server, f"loanfund_2020_{worker_id}", template) as found:
        engine = make_engine(found)
        with make_sessions(engine)() as session:
            the_2020_book(session, FixedClock(TODAY))
        engine.dispose()
        yield found


@pytest.fixture(scope="session")
def book_2020(sqlite_file_2020: Path) -> Iterator[Session]:
    """A session on the 2020 book, for all tests that only read it."""
    engine = make_engine(f"sqlite:///{sqlite_file_2020}")
    with make_sessions(engine)() as session:
        yield session
    engine.dispose()


@pytest.fixture(params=BOTH)
def read_2020(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session that reads the 2020 book, on each database in turn."""
    if request.param == "sqlite":
        address = f"sqlite:///{request.getfixturevalue('sqlite_file_2020')}"
    else:
        found: URL = request.getfixturevalue("postgresql_database_2020")
        address = found.render_as_string(hide_password=False)
    engine = make_engine(address)
    with read_session(make_sessions(engine)) as session:
        yield session
    engine.dispose()


@pytest.fixture(params=BOTH)
def own_book_2020(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a 2020 book of the test's own, where commits are real."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_file_2020")
            address = f"sqlite:///{shutil.copy(template, tmp_path / 'own-2020.sqlite3')}"
        else:
            found: URL = request.getfixturevalue("postgresql_database_2020")
            name = f"loanfund_own_{request.getfixturevalue('worker_id')}"
            server = request.getfixturevalue("postgresql_server")
            own = stack.enter_context(postgres.database(server, name, str(found.database)))
            address = own.render_as_string(hide_password=False)
        engine = make_engine(address)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def postgresql_engine(postgresql_database: URL) -> Iterator[Engine]:
    """Where PostgreSQL tests run, each in a transaction that is rolled back."""
    engine = make_engine(postgresql_database)
    yield engine
    engine.dispose()


@pytest.fixture(params=BOTH)
def engine(request: pytest.FixtureRequest) -> Engine:
    """The engine of each database in turn; tests that take a session run on both."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions over one transaction: code commits as it likes, the end takes all back."""
    with engine.connect() as connection, connection.begin() as outermost:
        yield make_sessions(connection, join_transaction_mode="create_savepoint")
        outermost.rollback()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One session on each database in turn."""
    with sessions() as session:
        yield session


@pytest.fixture(params=BOTH)
def own_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty book of the test's own: for processes and threads."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_file")
        yield f"sqlite:///{shutil.copy(template, tmp_path / 'own.sqlite3')}"
        return
    address: URL = request.getfixturevalue("postgresql_database")
    worker = request.getfixturevalue("worker_id")
    engine = request.getfixturevalue("postgresql_engine")
    engine.dispose()  # a database can serve as a template only while nobody is connected
    server = request.getfixturevalue("postgresql_server")
    with postgres.database(server, f"loanfund_own_{worker}", str(address.database)) as own:
        yield own.render_as_string(hide_password=False)


@pytest.fixture
def own_engine(own_database: str) -> Iterator[Engine]:
    """An engine on a book of the test's own, where commits are real."""
    engine = make_engine(own_database)
    yield engine
    engine.dispose()
