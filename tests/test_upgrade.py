"""Books that an earlier version made: upgraded, they say what they said; nothing differs."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from loanfund import migrate
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions, read_session
from loanfund.queries.verify import verify
from tests import postgres

pytestmark = pytest.mark.slow

# The demonstration as the program made it before the rules' second edition.
BOOKS = Path(__file__).parent / "data" / "upgrade"


@pytest.fixture
def sqlite_book(tmp_path: Path) -> str:
    path = tmp_path / "book.sqlite3"
    path.write_bytes(gzip.decompress((BOOKS / "edition-1.sqlite3.gz").read_bytes()))
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_book(postgresql_server: URL, worker_id: str) -> Iterator[str]:
    with postgres.database(postgresql_server, f"loanfund_upgrade_{worker_id}") as address:
        target = address.set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run(
            [postgres.clients() / "psql", "--quiet", "--set", "ON_ERROR_STOP=1", target],
            input=gzip.decompress((BOOKS / "edition-1.sql.gz").read_bytes()),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        yield address.render_as_string(hide_password=False)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def upgraded(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The earlier book on each database, brought to the present tables."""
    engine = make_engine(request.getfixturevalue(f"{request.param}_book"))
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def test_an_earlier_book_upgrades_without_a_difference(
    upgraded: Engine, clock: FixedClock
) -> None:
    with read_session(make_sessions(upgraded)) as session:
        assert list(verify(session, clock.today(), lambda _done, _of: None)) == []
