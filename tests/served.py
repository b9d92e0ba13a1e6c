"""The program as it is started, and visitors at addresses of their own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from loanfund.db import make_engine, make_sessions
from tests.people import a_user
from tests.site import SETTINGS, TOKEN

HOST = "127.0.0.1"
OFFICER = "officer@quy.example.vn"


@dataclass
class Visitor:
    """Somebody at an address of their own, with a browser that keeps cookies."""

    port: int
    address: str = HOST
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[HTTPResponse, str]:
        """Open a page, or send a form to it."""
        connection = HTTPConnection(HOST, self.port, 60, (self.address, 0))
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        sent |= headers or {}
        body = urlencode(form) if form else None
        connection.request("POST" if form else "GET", path, body, sent)
        answer = connection.getresponse()
        page = answer.read().decode(errors="replace")  # a paper is no text
        connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer, page

    def enter(self, password: str, headers: Mapping[str, str] | None = None) -> int:
        """Sign in as the officer, and give the status of the answer."""
        _, page = self.ask("/sign-in")
        found = TOKEN.search(page)
        assert found
        form = {"email": OFFICER, "password": password, "csrf_token": found[1]}
        return self.ask("/sign-in", form, headers)[0].status


@dataclass(frozen=True)
class Program:
    """`loanfund web`, started on a book of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    database: Path

    def addresses(self) -> set[str]:
        """Give the addresses of who asked for anything, as the program's log has them."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return {line["address"] for line in lines if line["event"] == "request"}


@contextmanager
def started(folder: Path, book: Path, **settings: str) -> Iterator[Program]:
    """Start the program on a copy of a book that has an officer."""
    database = Path(shutil.copy(book, folder / "started.sqlite3"))
    engine = make_engine(f"sqlite:///{database}")
    with make_sessions(engine)() as session:
        a_user(session)
    engine.dispose()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    environment = {name: text for name, text in os.environ.items() if "LOANFUND" not in name}
    environment |= {
        "LOANFUND_DATABASE_URL": f"sqlite:///{database}",
        "LOANFUND_SECRET_KEY": SETTINGS.secret_key,
        "LOANFUND_DEMO": "1",
        "LOANFUND_PORT": str(port),
        **settings,
    }
    log = folder / "started.log"
    with log.open("wb") as said:
        web = [sys.executable, "-m", "loanfund", "web"]
        process = subprocess.Popen(web, env=environment, stderr=said)
    try:
        _await(port, process)
        yield Program(process, port, log, database)
    finally:
        process.terminate()
        process.wait(30)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError
