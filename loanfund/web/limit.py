"""Views that are dear to answer say so, and are counted for who asks before they run (S-46)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, request
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import ConflictError, TooManyRequestsError
from loanfund.domain.rate_limit import Use, network_of
from loanfund.services.rate_limit import count_use
from loanfund.web.context import edge, now
from loanfund.web.login import visitor

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def limited(use: Use) -> Callable[[View], View]:
    """Count every call of a view; stands below `@requires` or `@public`."""

    def declare(view: View) -> View:
        cast(Any, view).limited = use
        return view

    return declare


def limit_of(view: Callable[..., Any]) -> Use | None:
    """Give as what a view is counted; None for one that is not."""
    found: Use | None = getattr(view, "limited", None)
    return found


def install(app: Flask) -> None:
    """Count a call once it is known who asks and that they may."""
    app.before_request(lambda: _count(app))


def _count(app: Flask) -> None:
    """Count in a transaction of its own, so that nobody waits for the answer."""
    use = limit_of(app.view_functions[request.endpoint]) if request.endpoint else None
    if use is None:
        return
    try:
        with edge().sessions() as session:
            count_use(session, use, _subject(), now=now())
    except TooManyRequestsError as error:
        structlog.get_logger().warning("limited", use=use, endpoint=request.endpoint)
        raise error from None
    except ConflictError:  # somebody writes for long: whoever only reads is let through
        structlog.get_logger().warning("not_counted", use=use, endpoint=request.endpoint)


def _subject() -> str:
    """Say who is counted: the person, and of strangers their network."""
    actor = visitor()
    return f"user {actor.user_id}" if actor else network_of(request.remote_addr or "")
