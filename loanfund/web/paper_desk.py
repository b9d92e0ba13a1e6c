"""Few papers are made at once, so that everybody else finds a free thread (S-46).

A paper takes a processor for long, and the processors are everybody's. Two are made at a time
in a process, three wait for that, and whoever comes on top is told to come again, by a page
that costs nothing, before anything is asked about them: two hundred may come at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from threading import BoundedSemaphore
from typing import Any
from wsgiref.types import StartResponse

import structlog
from flask import Flask, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from loanfund.config import Settings
from loanfund.domain.errors import TooManyRequestsError
from loanfund.domain.rate_limit import Use
from loanfund.web.limit import limit_of
from loanfund.web.plain import plain_page
from loanfund.web.security import headers
from loanfund.wording import explain, text

MADE_AT_ONCE, WAITING = 2, 3  # of the eight threads that answer (server.py)
PATIENCE_SECONDS, COME_AGAIN_SECONDS = 5, 5


class Desk:
    """Where papers are made, by the threads of one process."""

    def __init__(self) -> None:
        self._places = BoundedSemaphore(MADE_AT_ONCE + WAITING)
        self._makers = BoundedSemaphore(MADE_AT_ONCE)

    def is_full(self) -> bool:
        """Say whether somebody who came now would be sent away."""
        if self._places.acquire(blocking=False):
            self._places.release()
            return False
        return True

    def enter(self) -> None:
        """Take a turn, waiting a little; refuse who finds too many waiting already."""
        if self._places.acquire(blocking=False):
            if self._makers.acquire(timeout=PATIENCE_SECONDS):
                return
            self._places.release()
        raise busy()

    def leave(self) -> None:
        """Let the next one make theirs."""
        self._makers.release()
        self._places.release()


def busy() -> TooManyRequestsError:
    """Give the refusal of who comes when too many wait."""
    return TooManyRequestsError("busy", seconds=COME_AGAIN_SECONDS)


def install(app: Flask, settings: Settings) -> None:
    """Let whoever may have a paper take their turn once that is known, and leave at the end."""
    desk = Desk()
    app.before_request(lambda: _enter(app, desk))
    app.teardown_request(lambda _failure: _leave(desk))
    app.wsgi_app = _Door(app, settings, desk)  # type: ignore[method-assign, assignment]


def _enter(app: Flask, desk: Desk) -> None:
    if request.endpoint and limit_of(app.view_functions[request.endpoint]) is Use.PAPER:
        desk.enter()
        g.is_at_desk = True


def _leave(desk: Desk) -> None:
    if g.pop("is_at_desk", False):
        desk.leave()


class _Door:
    """Turns away who asks for a paper while the desk is full; takes no place for a stranger."""

    def __init__(self, app: Flask, settings: Settings, desk: Desk) -> None:
        self.app, self.settings, self.desk = app, settings, desk
        self.inside = app.wsgi_app

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        if self.desk.is_full() and self._is_for_paper(environ):
            structlog.get_logger().warning("busy", path=environ.get("PATH_INFO"))
            return self._refusal()(environ, start)
        return self.inside(environ, start)

    def _is_for_paper(self, environ: dict[str, Any]) -> bool:
        try:
            endpoint, _ = self.app.url_map.bind_to_environ(environ).match()
        except HTTPException:
            return False  # no such page, as will be said inside
        return limit_of(self.app.view_functions[endpoint]) is Use.PAPER

    def _refusal(self) -> Response:
        language = self.settings.language
        title = text("page.error.429.title", language)
        page = plain_page(language, escape(title), escape(explain(busy(), language)))
        answer = Response(page, 429, headers(self.settings), mimetype="text/html")
        answer.headers["Retry-After"] = str(COME_AGAIN_SECONDS)
        answer.headers["Cache-Control"] = "no-store"
        return answer
