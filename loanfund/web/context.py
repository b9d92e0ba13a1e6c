"""What every page may ask for: settings, clock, the browser, language and working date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from argon2 import PasswordHasher
from flask import Flask, g, request, session
from flask.ctx import _AppCtxGlobals
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.config import Settings
from loanfund.domain.second_factor import Step
from loanfund.queries.user import SignedIn
from loanfund.seal import ACTIVATION_CODE, SECOND_FACTOR, KeyedHash, Seal
from loanfund.web.session import Browser
from loanfund.wording import LANGUAGES

LANGUAGE_COOKIE = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the composition root hands to the pages."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: Clock
    hasher: PasswordHasher


def install(app: Flask, edge: Edge) -> None:
    """Make the edge known to every context of this application, even to its error pages."""
    globals_of_this_one = type("Globals", (_AppCtxGlobals,), {"edge": edge})
    app.app_ctx_globals_class = globals_of_this_one  # type: ignore[assignment]


def edge() -> Edge:
    """Give what this application was built with."""
    return cast(Edge, g.edge)


def browser() -> Browser:
    """Give the session of this browser."""
    return cast(Browser, session)


def signed_in() -> SignedIn | None:
    """Give whose session this is; None for a stranger, and for who lacks the second factor."""
    known = browser().signed_in
    return known if missing_step() is None else None


def missing_step() -> Step | None:
    """Give what is missing after the password; None for a stranger and for who is signed in."""
    known = browser().signed_in
    return known.step(is_asked=edge().settings.second_factor) if known else None


def seal(purpose: str = SECOND_FACTOR) -> Seal:
    """Give what seals the secrets of second factors, or what has another purpose."""
    return _seal(_secret_keys(), purpose)


def letter_codes() -> KeyedHash:
    """Give what hashes the codes of letters."""
    return KeyedHash(_secret_keys(), ACTIVATION_CODE)


def _secret_keys() -> tuple[str, ...]:
    settings = edge().settings
    return settings.secret_key, *settings.secret_key_fallbacks


@lru_cache(maxsize=4)
def _seal(secret_keys: tuple[str, ...], purpose: str) -> Seal:
    return Seal(secret_keys, purpose)


def today() -> date:
    """Give the business date."""
    return edge().clock.today()


def now() -> datetime:
    """Give this instant, in UTC."""
    return edge().clock.now()


def language() -> str:
    """Give the language of the user, else that chosen in this browser, else the office's."""
    known, chosen = browser().signed_in, request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES and signed_in() is None:
        return chosen
    return known.language if known is not None else edge().settings.language


def has_mail() -> bool:
    """Say whether mails go out; without a mail server nothing may promise one."""
    return bool(edge().settings.smtp_host)


def working_date() -> date:
    """Give the day that forms begin with: today until somebody chooses another."""
    chosen = browser().get("working_date")
    return date.fromisoformat(chosen) if chosen else today()
