"""A real Chromium for tests: it fails on what its console says, and on requests elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.orm import Session, sessionmaker
from waitress.server import create_server

from loanfund.app import build_app
from loanfund.clock import Clock
from loanfund.db import make_engine, make_sessions
from tests.people import CHEAP
from tests.site import SETTINGS

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
STATUS_LINE = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Window:
    """One window on a site, with what went wrong in it so far."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the site."""
        self.page.goto(self.address + path)

    def assert_accessible(self) -> None:
        """Fail on whatever axe finds against the accessibility guidelines."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()


def chromium_path() -> str:
    """Give where Chromium is; without one a test fails in CI and is skipped elsewhere."""
    path = shutil.which("chromium")
    if path is None:
        advice = "apt-get install -y --no-install-recommends chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no chromium: {advice}")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; one a module is enough."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS.split())
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, address: str, *, width: int = 1280) -> Iterator[Window]:
    """Open a window with cookies of its own; at the end there must be no complaint."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="vi-VN", has_touch=width < 500
    )
    opened = Window(context.new_page(), address)

    def note(message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(STATUS_LINE):
            opened.complaints.append(message.text)

    def look(request: Any) -> None:
        if not request.url.startswith((address, "data:")):
            opened.complaints.append(f"asked for {request.url}")

    opened.page.on("console", note)
    opened.page.on("request", look)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    context.close()
    assert opened.complaints == []


@dataclass(frozen=True)
class LiveSite:
    """The application as it really listens, on a book where commits are real."""

    address: str
    app: Flask
    sessions: sessionmaker[Session]


@contextmanager
def live_site(database: str, clock: Clock) -> Iterator[LiveSite]:
    """Serve the application on a free port of this machine; pages can still be added."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = replace(SETTINGS, base_url=address, trusted_hosts=("127.0.0.1",), demo=True)
    engine = make_engine(database)
    sessions = make_sessions(engine)
    app = build_app(settings, sessions, clock, hasher=CHEAP)
    server: Any = create_server(app, host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield LiveSite(address, app, sessions)
    finally:
        server.close()
        thread.join(5)
        engine.dispose()
