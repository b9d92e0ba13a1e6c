"""How the pages are served: by waitress, within limits that hold before any page is asked.

Who is slow costs a connection and no thread, and not for long (docs/adr/0020).
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from html import escape
from socket import SHUT_WR, socket
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from loanfund.config import Settings
from loanfund.web.errors import kind_of
from loanfund.web.plain import plain_page
from loanfund.web.security import LIMITS, headers
from loanfund.wording import text

THREADS = 8
MOST_CONNECTIONS = 400
IDLE_SECONDS = 60  # of a connection that is kept for the next request
ARRIVAL_SECONDS = 120  # within which a request is here as a whole
LOOK_EVERY_SECONDS = 10
LINGER_SECONDS = 5
LONGEST_HEAD = 32 * 1024
IN_MEMORY = 64 * 1024  # of a request that is still coming in; the rest waits in a file


class _Refusal(ErrorTask):
    """What is said of a request that reaches no page, with the headers of every page."""

    settings: Settings

    def execute(self) -> None:
        """Write the page; the connection ends with it."""
        error, language = self.request.error, self.settings.language
        title, said = (
            escape(text(f"page.error.{kind_of(error.code)}.{part}", language))
            for part in ("title", "text")
        )
        body = plain_page(language, title, said).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            *headers(self.settings).items(),
            ("Cache-Control", "no-store"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
        ]
        self.set_close_on_finish()
        self.channel.is_refused = True
        self.write(body)  # type: ignore[no-untyped-call]


class _Channel(HTTPChannel):
    """A connection that does not wait for ever, and lets who is refused hear why.

    One that is closed before all was read is reset, and the answer is lost on its way: so what
    still comes after a refusal is read for a moment, and thrown away.
    """

    coming: object = None
    coming_since = 0.0
    is_refused = False
    lingers_until = 0.0

    def readable(self) -> bool:
        """Say whether more is to be read; asked whenever anything happens, and every second."""
        now = time.monotonic()
        if self.lingers_until:
            self.will_close = self.will_close or now > self.lingers_until
            return True
        if self.request is not self.coming:
            self.coming, self.coming_since = self.request, now
        elif self.coming is not None and now - self.coming_since > ARRIVAL_SECONDS:
            self.will_close = True
        return bool(super().readable())  # type: ignore[no-untyped-call]

    def received(self, data: bytes) -> bool:
        """Take what came, unless nobody wants it any more."""
        return not self.lingers_until and bool(super().received(data))  # type: ignore[no-untyped-call]

    def handle_close(self) -> None:
        """Close, or begin to: say that nothing more will be said."""
        if self.is_refused and not self.lingers_until:
            self.lingers_until, self.will_close = time.monotonic() + LINGER_SECONDS, False
            with suppress(OSError):  # the other side was quicker
                cast(socket, self.socket).shutdown(SHUT_WR)
        else:
            super().handle_close()  # type: ignore[no-untyped-call]


def make_server(app: Flask, settings: Settings) -> Any:
    """Give the server, listening already; its `run` serves."""
    listening: dict[int, Any] = {}
    server = create_server(
        app,
        map=listening,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        ident=None,
        url_scheme=urlsplit(settings.base_url).scheme,
        clear_untrusted_proxy_headers=not settings.proxy_count,  # else security.py reads them
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=LOOK_EVERY_SECONDS,
        max_request_header_size=LONGEST_HEAD,
        max_request_body_size=LIMITS["MAX_CONTENT_LENGTH"],
        inbuf_overflow=IN_MEMORY,
        asyncore_use_poll=True,  # the other way knows no file beyond the thousandth
    )
    refusal = type("Refusal", (_Refusal,), {"settings": settings})
    channel: Any = type("Channel", (_Channel,), {"error_task_class": refusal})
    for one in listening.values():
        if isinstance(one, BaseWSGIServer):
            one.channel_class = channel
    return server


def serve(app: Flask, settings: Settings) -> None:
    """Serve the pages; asked to end, answer what has begun and take nothing more."""
    server = make_server(app, settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # which the server waits to hear
    server.run()
