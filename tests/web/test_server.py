"""The pages as they are really served: behind proxies, and to who is slow or sends too much."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.web import server
from loanfund.web.security import HEADERS, plain_address
from tests.people import PASSWORD
from tests.proxy import proxy
from tests.served import HOST, Visitor, started
from tests.site import SETTINGS, an_app

pytestmark = pytest.mark.slow
STRANGER, AT_HOME = "127.0.0.66", "127.0.0.2"
SPOOFED: tuple[dict[str, str], ...] = (
    {},
    {"X-Forwarded-For": "198.51.100.7"},
    {"X-Forwarded-For": '"198.51.100.8'},
    {"X-Forwarded-For": f"198.51.100.9, {AT_HOME}", "X-Forwarded-Proto": "https"},
    {"Forwarded": "for=198.51.100.10", "X-Real-IP": "198.51.100.10"},
)
HEAD = "Host: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
TOO_MUCH = 13 * 1024 * 1024


def test_behind_a_proxy_a_stranger_locks_out_the_own_network_only(
    tmp_path: Path, sqlite_file: Path
) -> None:
    settings = {"LOANFUND_PROXY_COUNT": "1"}
    with started(tmp_path, sqlite_file, **settings) as running, proxy(running.port) as front:
        stranger, owner = Visitor(front, STRANGER), Visitor(front, AT_HOME)

        wrong = [stranger.enter("wrong", headers) for headers in SPOOFED]
        right = [stranger.enter(PASSWORD, headers) for headers in SPOOFED]

        assert wrong == [422] * 5
        assert right == [429] * 5
        assert owner.enter(PASSWORD) == 302
        assert running.addresses() == {STRANGER, AT_HOME}


def test_who_asks_to_end_gets_what_has_begun_answered(
    tmp_path: Path, sqlite_file: Path
) -> None:
    with started(tmp_path, sqlite_file) as running:
        statuses: list[int] = []
        visitor = Visitor(running.port)
        visitor.ask("/sign-in")
        entering = Thread(target=lambda: statuses.append(visitor.enter(PASSWORD)))
        with sqlite3.connect(running.database, isolation_level=None) as writer:
            writer.execute("BEGIN IMMEDIATE")  # signing in waits for it
            entering.start()
            time.sleep(1)
            running.process.terminate()
            time.sleep(1)
            writer.execute("ROLLBACK")
        entering.join()

        assert statuses == [302]
        assert running.process.wait(10) == 0


@pytest.fixture
def sessions(sqlite_engine: Engine) -> sessionmaker[Session]:
    """Whichever database: what is asked here is nothing to it."""
    return make_sessions(sqlite_engine)


@contextmanager
def served(
    sessions: sessionmaker[Session], clock: FixedClock, *, proxies: int = 0
) -> Iterator[int]:
    """Serve the application in a thread, behind as many proxies as it believes."""
    settings = replace(SETTINGS, port=0, host=HOST, trusted_hosts=(HOST,), proxy_count=proxies)
    serving = server.make_server(an_app(settings, sessions, clock), settings)
    thread = Thread(target=serving.run)
    thread.start()
    with ExitStack() as stack:
        port = int(serving.effective_port)
        for _ in range(proxies):
            port = stack.enter_context(proxy(port))
        yield port
    serving.close()
    thread.join(5)


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_nobody_chooses_their_address(
    sessions: sessionmaker[Session], clock: FixedClock, proxies: int
) -> None:
    with served(sessions, clock, proxies=proxies) as port, capture_logs() as lines:
        for headers in SPOOFED:
            Visitor(port, STRANGER).ask("/health", headers=headers)

    seen = [line["address"] for line in lines if line["event"] == "request"]
    assert seen == [STRANGER] * len(SPOOFED)


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        (" 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("2001:DB8::9", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ('"[2001:db8::9]:51234"', "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("203.0.113.9.", None),
    ],
)
def test_an_address_is_read_as_proxies_write_it(hop: str, address: str | None) -> None:
    assert plain_address(hop) == address


def said(port: int, request: str, *, seconds: float = 10) -> str:
    """Give what is answered to bytes that no browser sends."""
    with socket.create_connection((HOST, port), seconds) as raw:
        raw.sendall(request.encode())
        answer = b""
        while more := raw.recv(65536):
            answer += more
        return answer.decode()


def head_of(answer: str) -> dict[str, str]:
    lines = answer.partition("\r\n\r\n")[0].split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        (f"POST /sign-in HTTP/1.1\r\n{HEAD}Content-Length: {TOO_MUCH}\r\n\r\n", 413, "10 MB"),
        (f"GET / HTTP/1.1\r\n{HEAD}X: {'x' * 40_000}\r\n\r\n", 431, "thử lại"),
        (f"GET / HTTP/1.1\r\n{HEAD}no header\r\n\r\n", 400, "thử lại"),
        (f"POST / HTTP/1.1\r\n{HEAD}Transfer-Encoding: gzip\r\n\r\n", 501, "lỗi"),
    ],
)
def test_what_reaches_no_page_is_refused_at_its_head_in_our_words(
    sessions: sessionmaker[Session],
    clock: FixedClock,
    request_: str,
    status: int,
    text: str,
) -> None:
    with served(sessions, clock) as port:
        answer = said(port, request_)

    sent = head_of(answer)
    assert answer.split(" ", 2)[1] == str(status)
    assert text.casefold() in answer.casefold()
    assert {name: sent.get(name) for name in HEADERS} == HEADERS
    assert sent["Strict-Transport-Security"].startswith("max-age=31536000")
    assert sent["Cache-Control"] == "no-store"
    assert "Server" not in sent
    assert "waitress" not in answer


def test_a_body_that_does_not_say_how_long_it_is_ends_at_the_limit(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    block = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with served(sessions, clock) as port, socket.create_connection((HOST, port), 10) as raw:
        raw.sendall(
            f"POST /sign-in HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        raw.settimeout(0.001)
        answer = b""
        while not answer and sent < 2 * TOO_MUCH:
            raw.settimeout(10)
            raw.sendall(block)
            sent += 65_536
            raw.settimeout(0.001)
            try:
                answer = raw.recv(100)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert sent < 2 * TOO_MUCH


def test_who_is_slow_holds_up_nobody_and_is_not_waited_for_for_ever(
    sessions: sessionmaker[Session], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ARRIVAL_SECONDS", 3)
    begun = [
        f"GET /sign-in HTTP/1.1\r\nHost: {HOST}\r\nX: ",
        f"POST /sign-in HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\nemail=",
    ]
    with served(sessions, clock) as port:
        slow = [socket.create_connection((HOST, port), 10) for _ in range(60)]
        for number, raw in enumerate(slow):
            raw.sendall(begun[number % 2].encode())

        answer, _ = Visitor(port).ask("/sign-in")
        cut = [one for one in slow if is_cut(one)]

    assert answer.status == 200
    assert len(cut) == 60


def is_cut(raw: socket.socket) -> bool:
    """Say whether a connection is ended although a byte comes again and again."""
    with raw:
        for _ in range(100):
            try:
                raw.sendall(b"x")
                raw.settimeout(0.1)
                if raw.recv(1) == b"":
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
    return False


def test_more_connections_than_there_may_be_wait_until_idle_ones_are_closed(
    sessions: sessionmaker[Session], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MOST_CONNECTIONS": 12,
        "IDLE_SECONDS": 2,
        "LOOK_EVERY_SECONDS": 1,
    }.items():
        monkeypatch.setattr(server, name, value)
    with served(sessions, clock) as port:
        idle = [socket.create_connection((HOST, port), 10) for _ in range(30)]
        begun = time.monotonic()
        answer, _ = Visitor(port).ask("/sign-in")
        waited = time.monotonic() - begun
        for one in idle:
            one.close()

    assert answer.status == 200
    assert waited > 1
