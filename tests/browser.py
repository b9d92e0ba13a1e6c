"""A real Chromium for tests: it fails on what its console says, and on requests elsewhere."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Blueprint, Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session, sessionmaker
from waitress.server import create_server

from loanfund.clock import Clock
from loanfund.config import Settings
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from tests.people import PASSWORD
from tests.programs import program
from tests.site import SETTINGS, an_app
from tests.site import Browser as Visitor

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
BEYOND = "document.documentElement.scrollWidth - window.innerWidth"
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

    def enter(self, who: Role = Role.OFFICER) -> None:
        """Sign in as the person of a role that `a_user` adds."""
        self.open("/sign-in")
        self.page.fill("#email", f"{who}@quy.example.vn")
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        expect(self.page.locator(".account")).to_be_visible()

    def come_as(self, visitor: Visitor) -> None:
        """Go on with the session of a browser without a network that signed in."""
        found = visitor.client.get_cookie("session", domain="127.0.0.1")
        if found is not None:
            cookie = {"name": "session", "value": found.value, "url": self.address}
            self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    def assert_accessible(self) -> None:
        """Fail on whatever axe finds against the accessibility guidelines."""
        # Fetching style sheets first serves one experimental rule only, which is not asked for.
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "preload": False})
        assert found.violations_count == 0, found.generate_report()

    def assert_fits(self) -> None:
        """Fail on a page that is wider than its window."""
        assert self.page.evaluate(BEYOND) <= 0

    def assert_in_order(self) -> None:
        """Fail on what nobody may be shut out by: barriers, and scrolling sideways."""
        self.assert_accessible()
        self.assert_fits()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; one a process is enough, because windows share nothing."""
    # The one without a screen is the same in half the time.
    path = program("chromium-headless-shell", "chromium", package="chromium-headless-shell")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()


@contextmanager
def window(
    browser: Browser, address: str, *, width: int = 1280, **more: Any
) -> Iterator[Window]:
    """Open a window with cookies of its own; at the end there must be no complaint."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 500 else 800},
        locale="vi-VN",
        has_touch=width < 500,
        **more,
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


@dataclass
class Listener:
    """A port of this machine, behind which an application answers that can be changed."""

    address: str
    app: Flask | None = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        assert self.app is not None
        return self.app(environ, start_response)


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port as long as this lasts; one a process is enough."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listener = Listener(f"http://127.0.0.1:{port}")
    server: Any = create_server(listener, host="127.0.0.1", port=port)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield listener
    server.close()
    thread.join(5)


@dataclass(frozen=True)
class LiveSite:
    """The application as it really listens, on a book where commits are real."""

    listener: Listener
    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    more: tuple[Blueprint, ...] = ()

    @property
    def address(self) -> str:
        """Where it listens."""
        return self.listener.address

    @property
    def app(self) -> Flask:
        """The application, of which there is one a process: it answers for this book now."""
        return self.listen()

    def listen(self) -> Flask:
        """Answer for this book from now on, whichever was live before."""
        app = an_app(self.settings, self.sessions, self.clock, *self.more)
        self.listener.app = app
        return app


@contextmanager
def live_site(
    listener: Listener, database: str, clock: Clock, *more: Blueprint
) -> Iterator[LiveSite]:
    """Let the listener answer for this book, with more pages if a test needs some."""
    settings = replace(
        SETTINGS, base_url=listener.address, trusted_hosts=("127.0.0.1",), demo=True
    )
    engine = make_engine(database)
    sessions = make_sessions(engine)
    site = LiveSite(listener, settings, sessions, clock, more)
    site.listen()
    yield site
    listener.app = None
    engine.dispose()
