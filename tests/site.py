"""Browsers without a network: they keep cookies, and send token and key of their last page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from loanfund.app import build_app
from loanfund.clock import Clock, SystemClock
from loanfund.config import Settings
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Actor, Role
from loanfund.models.user import User
from loanfund.services._session import open_session
from loanfund.store.user import new_token
from loanfund.web import context
from loanfund.web.context import Edge
from loanfund.web.session import StoredSessions
from tests.people import CHEAP, PASSWORD, a_user

SETTINGS = Settings(
    database_url="sqlite://",
    secret_key="cánh cò bay lả rập rờn, mây mờ che đỉnh",
    base_url="https://quy.example.vn",
    trusted_hosts=("quy.example.vn",),
    second_factor=False,  # tests/web/test_second_factor.py asks for it
    smtp_host="thu.quy.example.vn",
    mail_sender="quy@quy.example.vn",
)
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
KEY = re.compile(r'name="request_key"[^>]*value="([^"]+)"')


@contextmanager
def on_a_copy(file: Path, folder: Path) -> Iterator[sessionmaker[Session]]:
    """Give sessions on a copy of a book of SQLite, where commits are real."""
    engine = make_engine(f"sqlite:///{shutil.copy(file, folder / 'own.sqlite3')}")
    yield make_sessions(engine)
    engine.dispose()


def an_app(
    settings: Settings, sessions: sessionmaker[Session], clock: Clock, *more: Blueprint
) -> Flask:
    """Give the application on this book, the same one to each test in turn.

    Putting it together and compiling its templates takes longer than most tests, so only what
    it works on is changed. `more` are pages of the test's own. A test that needs two
    applications at once builds its own.
    """
    app = _put_together(settings, *more)
    edge = Edge(settings=settings, sessions=sessions, clock=clock, hasher=CHEAP)
    context.install(app, edge)
    app.session_interface = StoredSessions(settings, sessions, clock)
    return app


@cache
def _put_together(settings: Settings, *more: Blueprint) -> Flask:
    app = build_app(settings, sessionmaker(), SystemClock(), hasher=CHEAP)
    for page in more:
        app.register_blueprint(page)
    return app


@dataclass
class Browser:
    """One browser; `actor` is who signed in with it."""

    client: FlaskClient
    base_url: str
    actor: Actor | None = None
    token: str = ""
    key: dict[str, str] = field(default_factory=dict)
    entered: TestResponse = field(init=False, repr=False)

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        """Open a page, and remember its token and the key of its first form."""
        response = self.client.get(path, base_url=self.base_url, headers=headers, buffered=True)
        if response.mimetype == "text/html":
            found = TOKEN.search(response.text)
            self.token = found[1] if found else self.token
            key = KEY.search(response.text)
            self.key = {"request_key": key[1]} if key else {}
        return response

    def post(
        self,
        path: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        """Send a form with token and key of the page opened last."""
        sent = {"csrf_token": self.token} | self.key | (data or {})
        return self.client.post(path, base_url=self.base_url, data=sent, headers=headers)

    def enter(self, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
        """Sign in by the page."""
        self.get("/sign-in")
        typed = {"email": email, "password": password} | more
        self.entered = self.post("/sign-in", typed)
        return self.entered

    def cookie(self, name: str) -> str | None:
        """Give the value of one of our cookies."""
        host = urlsplit(self.base_url).hostname or ""
        found = self.client.get_cookie(f"__Host-{name}", domain=host)
        return found.value if found else None


@dataclass(frozen=True)
class Site:
    """The application, and everybody who may come."""

    app: Flask
    sessions: sessionmaker[Session]
    base_url: str = SETTINGS.base_url

    def stranger(self) -> Browser:
        return Browser(self.app.test_client(), self.base_url)

    def sign_in(self, role: Role, *, borrower_id: int | None = None) -> Browser:
        """Add a person of this role and sign them in with a browser of their own.

        Without the page, which takes longer than most tests.
        """
        browser, token = self.stranger(), new_token()
        kept = cast(StoredSessions, self.app.session_interface)
        with self.sessions() as session:
            browser.actor = a_user(session, role, borrower_id=borrower_id)
            user, now = session.get_one(User, browser.actor.user_id), kept.clock.now()
            open_session(session, user, token, now, agent="", confirmed_at=now)
            session.commit()
        host = urlsplit(self.base_url).hostname or ""
        browser.client.set_cookie(kept.session_cookie, token, domain=host, secure=kept.secure)
        return browser

    def sign_in_by_page(self, role: Role) -> Browser:
        """Add a person of this role, who signs in as people do."""
        browser = self.stranger()
        with self.sessions() as session:
            browser.actor = a_user(session, role)
        response = browser.enter(browser.actor.email)
        assert response.status_code == 302, response.text
        return browser
