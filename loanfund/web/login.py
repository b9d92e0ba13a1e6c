"""Who is signed in, and which page asks for which permission: a page that says none is shut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, Request, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.exceptions import NotFound

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.permission import Action, Actor, Grant, Role, check, grant
from loanfund.web import context
from loanfund.web.database import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
# A page is one of the fund's own people unless it says Grant.OWN.
TO_LOOK = (Grant.DOES, Grant.PROPOSES, Grant.APPROVES, Grant.READS)
TO_ACT = (Grant.DOES, Grant.PROPOSES)


class Person(UserMixin):
    """The signed-in user as Flask-Login wants one."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        return str(self.actor.user_id)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a view asks of who calls it."""

    public: bool = False
    action: Action | None = None
    grants: tuple[Grant, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether it is about whoever is signed in, and nothing of the fund's."""
        return self.action is None and not self.grants


def signed_in() -> Actor:
    """Give who is signed in; only for views that are not public."""
    return cast(Person, current_user).actor


def visitor() -> Actor | None:
    """Give who is signed in, None for a stranger."""
    return signed_in() if cast(UserMixin, current_user).is_authenticated else None


def public(view: View) -> View:
    """Let everybody in."""
    return _declare(view, Declared(public=True))


def requires_sign_in(view: View) -> View:
    """Let in whoever is signed in, with what is theirs alone: password, language."""
    return _declare(view, Declared())


def requires(action: Action, *grants: Grant) -> Callable[[View], View]:
    """Let in whose role goes so far with the action.

    Without `grants` a GET asks for any but Grant.OWN, and everything else for doing or
    proposing; views that approve say Grant.APPROVES, those of a cooperative Grant.OWN.
    """
    return lambda view: _declare(view, Declared(action=action, grants=grants))


def requires_any(*grants: Grant) -> Callable[[View], View]:
    """Let in whose role goes so far with any action; the view asks about the one at hand."""
    return lambda view: _declare(view, Declared(grants=grants))


def can(action: Action | str, *grants: Grant) -> bool:
    """Say whether a link or button makes sense for who is signed in."""
    actor = visitor()
    return actor is not None and grant(actor.role, Action(action)) in (grants or TO_LOOK)


def goes_somewhere(role: Role, grants: tuple[Grant, ...]) -> bool:
    """Say whether a role goes so far with any action at all."""
    return any(grant(role, action) in grants for action in Action)


def declared(view: Callable[..., Any]) -> Declared | None:
    """Give what a view declares."""
    found: Declared | None = getattr(view, "declared", None)
    return found


def install(app: Flask, ask: Callable[[Declared | None], ResponseReturnValue]) -> None:
    """Load who is signed in from our own session, and `ask` strangers to before every view."""
    app.config["SESSION_PROTECTION"] = None  # Flask-Login keeps nothing in our sessions
    manager = LoginManager(app, add_context_processor=False)
    manager.request_loader(_load)
    app.before_request(lambda: _guard(app, ask))


def _declare(view: View, what: Declared) -> View:
    cast(Any, view).declared = what
    return view


def _load(_request: Request) -> Person | None:
    known = context.signed_in()
    return Person(known.actor) if known else None


def _guard(
    app: Flask, ask: Callable[[Declared | None], ResponseReturnValue]
) -> ResponseReturnValue | None:
    """Refuse whoever the view did not ask in."""
    failure = context.browser().failure
    if failure is not None:
        raise failure
    if request.endpoint is None:
        return None  # no such page: the error page says so
    asked = declared(app.view_functions[request.endpoint])
    if asked is not None and asked.public:
        return None
    actor = visitor()
    if actor is None:
        return ask(asked)
    try:
        _allow(asked, actor)
    except PermissionDeniedError:
        structlog.get_logger().warning("denied", user=actor.user_id, endpoint=request.endpoint)
        if actor.role is Role.COOPERATIVE:
            raise NotFound from None  # of the fund's pages it learns not even that they exist
        raise
    return None


def _allow(asked: Declared | None, actor: Actor) -> None:
    if asked is None:
        raise PermissionDeniedError("role", role=actor.role.value)
    reading = request.method in SAFE_METHODS
    if asked.grants and asked.action is None and not goes_somewhere(actor.role, asked.grants):
        raise PermissionDeniedError("role", role=actor.role.value)
    if asked.action is None:
        return
    if actor.role is Role.AUDITOR and not reading:
        raise PermissionDeniedError("role", role=actor.role.value)
    check(actor, asked.action, *(asked.grants or (TO_LOOK if reading else TO_ACT)))
