"""Sessions kept by the server: the browser holds a random token, or a visitor's few facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.config import Settings
from loanfund.db import read_session
from loanfund.queries.user import SignedIn, session_of
from loanfund.services.sign_in import keep_session
from loanfund.web import database

REMEMBERED_OF_VISITOR = frozenset({"csrf_token", "email"})
NOTED_EVERY = timedelta(minutes=1)  # a session's last use; more often would only write more


class Browser(SecureCookieSession):
    """What is remembered of one browser; whose it is, is never read from the browser."""

    token: str | None = None
    signed_in: SignedIn | None = None
    began = False
    ended = False
    failure: DBAPIError | None = None  # raised where it can be answered with a page

    def begin(self, token: str) -> None:
        """Go on as somebody who just signed in; nothing of the visitor goes along."""
        self.clear()
        self.token, self.began, self.modified = token, True, False

    def end(self) -> None:
        """Go on as a visitor."""
        self.clear()
        self.token, self.signed_in, self.ended = None, None, True


def _is_page(request: Request) -> bool:
    """Say whether somebody goes to a page; browsers of before 2023 do not say it of a script.

    What a script fetched may be answered after a page that was asked for later: with a cookie
    it would undo that page's form, or end a session that began meanwhile.
    """
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


class StoredSessions(SessionInterface):
    """Opens and saves the browser's session around each request."""

    def __init__(
        self, settings: Settings, sessions: sessionmaker[Session], clock: Clock
    ) -> None:
        self.sessions, self.clock = sessions, clock
        self.secure = settings.base_url.startswith("https:")
        prefix = "__Host-" if self.secure else ""
        self.session_cookie = f"{prefix}session"
        self.visitor_cookie = f"{prefix}visitor"
        keys = [*settings.secret_key_fallbacks, settings.secret_key]  # the last one signs
        self.signer = URLSafeSerializer(keys, salt="loanfund visitor")

    def open_session(self, _app: Flask, request: Request) -> Browser:
        """Find the session of the token; else a visitor's, if nobody forged it."""
        token = request.cookies.get(self.session_cookie)
        stranger = Browser(self._visitor(request))
        if not token:
            return stranger
        try:
            found = self._found(token, request.remote_addr or "")
        except DBAPIError as error:
            stranger.failure = error
            return stranger
        stranger.ended = found is None
        return stranger if found is None else found

    def save_session(self, _app: Flask, opened: SessionMixin, response: Response) -> None:
        """Store what changed, in the database or in the visitor's cookie."""
        database.close()  # a request's own transaction must not make this one wait
        browser = cast(Browser, opened)
        response.vary.add("Cookie")
        if browser.began:
            self._set(response, self.session_cookie, cast(str, browser.token))
            self._drop(response, self.visitor_cookie)
        if browser.token:
            self._keep(browser)
        elif _is_page(request):
            self._save_visitor(browser, response)

    def _found(self, token: str, network: str) -> Browser | None:
        """Give the session of a token, unless it ended; its person acts from this network."""
        with read_session(self.sessions) as session:
            found = session_of(session, token, now=self.clock.now())
        if found is None:
            return None
        browser = Browser(found.data)
        actor = replace(found.actor, network=network)
        browser.token, browser.signed_in = token, replace(found, actor=actor)
        return browser

    def _keep(self, browser: Browser) -> None:
        """Store data that changed, or that the session was used."""
        now = self.clock.now()
        seen = browser.signed_in.last_used_at if browser.signed_in else now
        if browser.modified or now - seen >= NOTED_EVERY:
            with self.sessions() as session:
                keep_session(session, cast(str, browser.token), dict(browser), now=now)

    def _visitor(self, request: Request) -> dict[str, Any]:
        try:
            kept = self.signer.loads(request.cookies.get(self.visitor_cookie, ""))
        except BadSignature:
            return {}
        return kept if isinstance(kept, dict) else {}

    def _save_visitor(self, browser: Browser, response: Response) -> None:
        """Write what a cookie may hold of a visitor: the secret of forms, the address typed."""
        if browser.ended:
            self._drop(response, self.session_cookie)
        kept = {name: browser[name] for name in REMEMBERED_OF_VISITOR & browser.keys()}
        if browser.modified and kept:
            self._set(response, self.visitor_cookie, self.signer.dumps(kept))

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, secure=self.secure, httponly=True, samesite="Lax")

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, secure=self.secure, httponly=True, samesite="Lax")
