"""Browsers that signed in before say so by a signed cookie, and no stranger locks them out.

What strangers guess is counted against the account and their network; what is typed in a known
browser against that browser alone (OWASP, "device cookies"). The cookie opens nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from loanfund.domain.sign_in_name import fold_sign_in_name
from loanfund.store.user import hash_of, mark_of, new_token
from loanfund.web.context import edge

KEPT = timedelta(days=180)  # since somebody signed in last
MOST_ACCOUNTS = 8  # of people who share a machine, those who signed in last


def known_as(email: str) -> str:
    """Give the name of this browser if it signed in to an account before, else nothing."""
    known = _known()
    return str(known["name"]) if _mark(email) in known["accounts"] else ""


def remember(response: Response, email: str) -> None:
    """Let this browser be known to an account whose owner uses it."""
    known, mark = _known(), _mark(email)
    others = [one for one in known["accounts"] if one != mark]
    accounts = [*others, mark][-MOST_ACCOUNTS:]
    value = _signer().dumps({"name": known["name"], "accounts": accounts})
    name, secure = _cookie()
    response.set_cookie(name, value, max_age=KEPT, secure=secure, httponly=True, samesite="Lax")


def _known() -> dict[str, Any]:
    """Give what the cookie says, or a new name that knows nobody."""
    name, _ = _cookie()
    try:
        seconds = int(KEPT.total_seconds())
        found: dict[str, Any] = _signer().loads(request.cookies.get(name, ""), max_age=seconds)
    except BadSignature:
        return {"name": new_token(), "accounts": []}
    return found


def _mark(email: str) -> str:
    return mark_of(hash_of(fold_sign_in_name(email)))


def _cookie() -> tuple[str, bool]:
    """Give the cookie's name, and whether it goes over https only."""
    secure = edge().settings.base_url.startswith("https:")
    return ("__Host-known" if secure else "known"), secure


def _signer() -> URLSafeTimedSerializer:
    settings = edge().settings
    keys = [*settings.secret_key_fallbacks, settings.secret_key]  # the last one signs
    return URLSafeTimedSerializer(keys, salt="loanfund known browser")
