"""One session of the database a request: reading for GET, writing otherwise.

A form that comes back after a sign-in is only shown again, so its request reads too.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import cast

from flask import g, request
from sqlalchemy.orm import Session

from loanfund.db import read_session
from loanfund.store.unreadable import Unreadable, left_out
from loanfund.web.paths import came_back

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def session() -> Session:
    """Give the request's session, opened at first use; one that only reads cannot write."""
    if "database" not in g:
        stack = ExitStack()
        sessions = g.edge.sessions
        reads = request.method in SAFE_METHODS or came_back()
        opening = read_session(sessions) if reads else sessions()
        g.database = stack.enter_context(opening)
        g.database_stack = stack
    return cast(Session, g.database)


def unreadable() -> tuple[Unreadable, ...]:
    """Give the loans that what this request read leaves out; it opens nothing."""
    return left_out(session()) if "database" in g else ()


def close(_error: BaseException | None = None) -> None:
    """Close what the request opened; what no unit of work committed is gone."""
    g.pop("database", None)
    stack = g.pop("database_stack", None)
    if stack is not None:
        stack.close()
