"""A book as one file and back: every row, every paper; sound, or refused untouched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import URL, Engine, func, select

from loanfund import migrate
from loanfund.backup.archive import MANIFEST, SEAL_BYTES
from loanfund.backup.book import restore_backup, take_backup
from loanfund.cli import main
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.domain.errors import BackupError
from loanfund.domain.issue import Issue
from loanfund.domain.statement_parts import Statement
from loanfund.failpoint import VARIABLE
from loanfund.models.base import Base
from loanfund.models.loan import LoanEvent
from loanfund.queries.document import document_file
from loanfund.queries.verify import verify
from loanfund.services.statement import IssueStatement, issue_statement
from tests import postgres
from tests.books import a_small_book
from tests.builders import Fund, repaid

pytestmark = pytest.mark.slow

PAPER = "SK-2020/000001"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(postgres.clients()), prepend=":")


@pytest.fixture
def fund(own_engine: Engine, clock: FixedClock) -> Iterator[Fund]:
    """A book with receipts and an issued paper, committed."""
    with make_sessions(own_engine)() as session:
        fund = a_small_book(session, clock)
        request = IssueStatement(contract_number="01/2020/HĐTD")
        assert issue_statement(session, request, fund.officer, clock, printed) == PAPER
        yield fund


def printed(found: Statement, issue: Issue) -> bytes:
    return render_statement(found, imprint(issue, "https://quy.example.vn"))


@pytest.fixture
def taken(fund: Fund, own_engine: Engine, clock: FixedClock, tmp_path: Path) -> Path:
    """A backup of that book."""
    assert fund.session.get_bind() is own_engine
    path = tmp_path / "book.backup"
    take_backup(own_engine, path, clock.now())
    return path


@pytest.fixture
def fresh(own_database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table, of the same kind."""
    if own_database.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
        return
    server: URL = request.getfixturevalue("postgresql_server")
    worker = request.getfixturevalue("worker_id")
    with postgres.database(server, f"loanfund_fresh_{worker}") as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def fresh_engine(fresh: str) -> Iterator[Engine]:
    engine = make_engine(fresh)
    yield engine
    engine.dispose()


def run(address: str, *arguments: str) -> Result:
    environment = {
        "LOANFUND_DEMO": "1",
        "LOANFUND_TODAY": "2020-06-01",
        "LOANFUND_DATABASE_URL": address,
        "LOANFUND_LANGUAGE": "en",
    }
    result = CliRunner().invoke(main, arguments, env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def every_row(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Give all rows of all tables, in the order of their keys."""
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
        }


def differences(engine: Engine) -> list[Any]:
    with make_sessions(engine)() as session:
        return list(verify(session, date(2020, 6, 1), lambda _done, _all: None))


def sealed_anew(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the database in a backup as somebody could who knows the format."""
    with ZipFile(path) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        (part,) = manifest["parts"]
        content = change(archive.read(part))
    manifest["parts"] = {
        part: {"size": len(content), "sha256": sha256(content).hexdigest()},
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.comment = b"0" * SEAL_BYTES
        archive.writestr(part, content)
        archive.writestr(MANIFEST, json.dumps(manifest))
    body = path.read_bytes()[:-SEAL_BYTES]
    path.write_bytes(body + sha256(body).hexdigest().encode())


def test_a_restored_book_is_the_book_row_by_row_and_its_paper_byte_by_byte(
    fund: Fund, own_database: str, own_engine: Engine, fresh: str, tmp_path: Path
) -> None:
    path = tmp_path / "book.backup"

    backup = run(own_database, "backup", str(path))
    restored = run(fresh, "restore", str(path))

    assert (backup.exit_code, restored.exit_code) == (0, 0), backup.output + restored.output
    assert "3 loans" in backup.stdout
    assert "1 paper" in backup.stdout
    assert f"{sha256(path.read_bytes()).hexdigest()}  {path}" in backup.stdout
    assert "Verified: 0 differences." in restored.output
    engine = make_engine(fresh)
    rows = every_row(engine)
    assert rows == every_row(own_engine)
    assert {len(rows[name]) for name in ("loan", "document")} == {3, 1}
    assert migrate.differences(engine) == []
    with make_sessions(engine)() as session:
        paper = document_file(session, PAPER, fund.officer)
    assert paper.file == document_file(fund.session, PAPER, fund.officer).file
    engine.dispose()


def test_a_restored_book_refuses_to_be_rewritten_and_counts_on(
    taken: Path, fresh_engine: Engine, clock: FixedClock, fund: Fund
) -> None:
    restore_backup(fresh_engine, taken)

    with make_sessions(fresh_engine)() as session:
        there = Fund(**{**vars(fund), "session": session, "clock": clock})
        repaid(there, "02/2020/HĐTD", date(2020, 6, 1), 1_000_000)
        numbers = session.scalars(select(LoanEvent.number).where(LoanEvent.number.is_not(None)))
        found = sorted(number for number in numbers if number)
    assert len(found) == len(set(found))
    with fresh_engine.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.exec_driver_sql("DELETE FROM ledger_entry")


def test_the_instant_of_a_backup_is_one_while_people_write(
    fund: Fund, own_engine: Engine, fresh_engine: Engine, clock: FixedClock, tmp_path: Path
) -> None:
    stop = Event()

    def pay() -> None:
        with make_sessions(own_engine)() as session:
            there = Fund(**{**vars(fund), "session": session, "clock": clock})
            while not stop.is_set():
                repaid(there, "02/2020/HĐTD", date(2020, 6, 1), 1_000)

    payer = Thread(target=pay)
    payer.start()
    try:
        manifest = take_backup(own_engine, tmp_path / "book.backup", clock.now()).manifest
    finally:
        stop.set()
        payer.join()

    restore_backup(fresh_engine, tmp_path / "book.backup")
    rows = every_row(fresh_engine)
    assert {name: len(found) for name, found in rows.items()} == {
        name: count for name, count in manifest.rows.items() if name in rows
    }
    assert differences(fresh_engine) == []


def test_only_its_owner_may_read_a_backup_and_nothing_is_overwritten(
    taken: Path, own_database: str
) -> None:
    before = taken.read_bytes()

    again = run(own_database, "backup", str(taken))
    nowhere = run(own_database, "backup", str(taken.parent / "no" / "folder"))

    assert taken.stat().st_mode & 0o777 == 0o600
    assert (again.exit_code, nowhere.exit_code) == (2, 2)
    assert "not overwritten" in again.stderr
    assert taken.read_bytes() == before
    assert [path for path in taken.parent.iterdir() if path.name.startswith(".loanfund")] == []


def test_a_book_is_replaced_only_when_that_is_said(
    taken: Path, fund: Fund, own_database: str, own_engine: Engine
) -> None:
    at_backup = every_row(own_engine)
    repaid(fund, "02/2020/HĐTD", date(2020, 6, 1), 1_000_000)
    later = every_row(own_engine)
    fund.session.close()

    refused = run(own_database, "restore", str(taken))
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    assert every_row(own_engine) == later
    own_engine.dispose()

    assert run(own_database, "restore", str(taken), "--replace").exit_code == 0
    assert every_row(own_engine) == at_backup


def test_a_file_that_is_cut_or_changed_anywhere_is_refused_before_anything_happens(
    taken: Path, fresh_engine: Engine
) -> None:
    whole = taken.read_bytes()
    broken = [whole[:size] for size in (0, 1, 63, 64, 65, len(whole) // 2, len(whole) - 1)]
    broken += [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(0, len(whole), len(whole) // 40)
    ]
    broken.append(whole + b"\n")

    for content in broken:
        taken.write_bytes(content)
        with pytest.raises(BackupError, match="broken"):
            restore_backup(fresh_engine, taken)

    assert migrate.current(fresh_engine) is None


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_damaged_database_under_a_whole_seal_changes_nothing(
    taken: Path, fund: Fund, own_engine: Engine, share: float
) -> None:
    before = every_row(own_engine)
    fund.session.close()
    sealed_anew(taken, lambda content: content[: int(len(content) * share)])

    with pytest.raises(BackupError):
        restore_backup(own_engine, taken, may_replace=True)

    assert every_row(own_engine) == before


def test_a_file_is_refused_where_it_does_not_belong(taken: Path, fresh_engine: Engine) -> None:
    here = fresh_engine.dialect.name

    with pytest.raises(BackupError, match="other_file"):
        restore_backup(fresh_engine, taken, sha256="0" * 64)
    sealed_anew(taken, lambda content: content)
    body = taken.read_bytes()[:-SEAL_BYTES]
    there = "sqlite" if here == "postgresql" else "postgresql"
    for old, new, reason in (
        (f'"database": "{here}"', f'"database": "{there}"', "other_database"),
        (f'"revision": "{migrate.newest()}"', '"revision": "9999"', "newer"),
    ):
        _with_manifest(taken, body, old, new)
        with pytest.raises(BackupError, match=reason):
            restore_backup(fresh_engine, taken)

    assert migrate.current(fresh_engine) is None


def _with_manifest(path: Path, body: bytes, old: str, new: str) -> None:
    """Seal a copy anew whose manifest says something else."""
    path.write_bytes(body + b"0" * SEAL_BYTES)
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[MANIFEST]
    parts[MANIFEST] = parts[MANIFEST].replace(old.encode(), new.encode())
    with ZipFile(path, "w") as archive:
        archive.comment = b"0" * SEAL_BYTES
        for name, content in parts.items():
            archive.writestr(name, content)
    changed = path.read_bytes()[:-SEAL_BYTES]
    path.write_bytes(changed + sha256(changed).hexdigest().encode())


QUIET = "CREATE TRIGGER quiet BEFORE INSERT ON audit_line"
LETS_PERIODS = (
    "CREATE TRIGGER period_refuses_update BEFORE UPDATE ON period BEGIN SELECT 1; END"
)
LETS_CHANGE = (
    "FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
)
# What acts by itself on whatever is recorded: new, or under the name of what stands there.
ALIEN = {
    "sqlite": [
        [f"{QUIET} BEGIN SELECT RAISE(IGNORE); END"],
        ["DROP TRIGGER period_refuses_update", LETS_PERIODS],
    ],
    "postgresql": [
        [f"{QUIET} FOR EACH ROW EXECUTE FUNCTION refuse_change()"],
        [f"CREATE OR REPLACE {LETS_CHANGE}"],
        ["ALTER TABLE period DISABLE TRIGGER period_refuses_change"],
        ["CREATE RULE quiet AS ON INSERT TO audit_line DO INSTEAD NOTHING"],
        ["CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1;'"],
    ],
}


@pytest.mark.parametrize(
    ("own_database", "statements"),
    [
        pytest.param(name, one, marks=[pytest.mark.postgresql] * (name == "postgresql"))
        for name, every in ALIEN.items()
        for one in every
    ],
    indirect=["own_database"],
)
def test_a_backup_with_alien_triggers_is_refused_before_anything_happens(
    fund: Fund,
    own_engine: Engine,
    fresh_engine: Engine,
    statements: list[str],
    tmp_path: Path,
) -> None:
    with own_engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    take_backup(own_engine, tmp_path / "book.backup", fund.clock.now())

    with pytest.raises(BackupError, match="alien"):
        restore_backup(fresh_engine, tmp_path / "book.backup")

    assert migrate.current(fresh_engine) is None


def test_what_others_keep_beside_the_book_is_no_alien(
    fund: Fund, own_engine: Engine, fresh_engine: Engine, tmp_path: Path
) -> None:
    with own_engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW lent AS SELECT sum(amount) AS amount FROM loan")
    take_backup(own_engine, tmp_path / "book.backup", fund.clock.now())

    restore_backup(fresh_engine, tmp_path / "book.backup")

    with fresh_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT amount FROM lent").scalar_one()


def test_an_older_backup_comes_up_to_the_newest_tables(
    fresh_engine: Engine, clock: FixedClock, tmp_path: Path
) -> None:
    migrate.upgrade(fresh_engine, "0007")
    take_backup(fresh_engine, tmp_path / "old.backup", clock.now())
    migrate.downgrade(fresh_engine, "base")
    with fresh_engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")

    restore_backup(fresh_engine, tmp_path / "old.backup")

    assert migrate.current(fresh_engine) == migrate.newest()
    assert migrate.differences(fresh_engine) == []


def test_an_empty_database_has_nothing_to_back_up(
    fresh_engine: Engine, clock: FixedClock, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="no_book"):
        take_backup(fresh_engine, tmp_path / "none", clock.now())

    assert not (tmp_path / "none").exists()


@pytest.mark.postgresql
def test_without_the_servers_tools_it_says_what_to_install(
    postgresql_database: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    address = postgresql_database.render_as_string(hide_password=False)

    refused = run(address, "backup", str(tmp_path / "none"))

    assert refused.exit_code == 2
    assert "pg_dump" in refused.stderr
    assert "postgresql-client" in refused.stderr
    assert not (tmp_path / "none").exists()


def test_a_restore_killed_in_the_middle_leaves_the_book_as_it_was(
    sqlite_file: Path, clock: FixedClock, tmp_path: Path
) -> None:
    target = tmp_path / "own.sqlite3"
    target.write_bytes(sqlite_file.read_bytes())
    engine = make_engine(f"sqlite:///{target}")
    with make_sessions(engine)() as session:
        a_small_book(session, clock)
    take_backup(engine, tmp_path / "book.backup", clock.now())
    with make_sessions(engine)() as session:
        count = session.scalar(select(func.count()).select_from(LoanEvent))
    engine.dispose()
    environment = {VARIABLE: "restoring", "LOANFUND_DATABASE_URL": f"sqlite:///{target}"}
    command = ["restore", str(tmp_path / "book.backup"), "--replace"]

    killed = subprocess.run(
        [sys.executable, "-m", "loanfund", *command], cwd=ROOT, env=environment, check=False
    )

    assert killed.returncode == -9
    with make_sessions(engine)() as session:
        assert session.scalar(select(func.count()).select_from(LoanEvent)) == count
    assert differences(engine) == []
    engine.dispose()
