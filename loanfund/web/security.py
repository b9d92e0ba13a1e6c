"""Headers on every response, and the checks a request passes before any view sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect

from loanfund.config import Settings
from loanfund.web.database import SAFE_METHODS

MEGABYTE = 1024 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'"
)
UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
}
ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
LIMITS = {
    "MAX_CONTENT_LENGTH": 12 * MEGABYTE,  # files have 10 MB at most
    "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
    "MAX_FORM_PARTS": 5_000,  # a collection sheet has some hundred rows
}


def headers(settings: Settings) -> dict[str, str]:
    """Give what every response carries, pages, errors and static files alike."""
    return HEADERS | (ONLY_HTTPS if settings.base_url.startswith("https:") else {})


def install(app: Flask, settings: Settings) -> None:
    """Limit what comes in, and say with everything that goes out what it may do."""
    app.config |= LIMITS
    app.config["SECRET_KEY"] = settings.secret_key
    app.config["SECRET_KEY_FALLBACKS"] = list(settings.secret_key_fallbacks)
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts)
    always = headers(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(always)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.before_request(lambda: _check_origin(settings))


def install_csrf(app: Flask) -> None:
    """Ask for the token on every unsafe request, after it is known who asks."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # it lives as long as the session
    app.config["WTF_CSRF_SSL_STRICT"] = False  # _check_origin asks more than the referrer
    CSRFProtect(app)


def behind_proxies(app: Flask, settings: Settings) -> None:
    """Believe the X-Forwarded-For of as many proxies as there are, and none without one.

    Which scheme and host people use is a setting; no header says otherwise.
    """
    if settings.proxy_count:
        app.wsgi_app = _Forwarded(app.wsgi_app, settings.proxy_count)  # type: ignore[method-assign]


class _Forwarded:
    """Takes the visitor's address from the header of proxies.

    Each adds at the end whom it heard, so what a visitor writes there stands further ahead than
    is looked. Werkzeug's and waitress's own readers take a quotation mark, or the address of a
    visitor to a proxy that listens on IPv6, for something else.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], count: int) -> None:
        self.app, self.count = app, count

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        visitor = plain_address(hops[-self.count]) if len(hops) >= self.count else None
        if visitor:
            environ["REMOTE_ADDR"] = visitor
        return self.app(environ, start_response)


def plain_address(hop: str) -> str | None:
    """Give an IP address without port, brackets and quotes; None of anything else."""
    bare = hop.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _check_origin(settings: Settings) -> None:
    """Refuse a change that another site's page asks for; old browsers say neither header."""
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    parts = urlsplit(settings.base_url)
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    foreign = origin is not None and origin != f"{parts.scheme}://{parts.netloc}"
    if foreign or site not in {None, "same-origin"}:
        abort(403)
