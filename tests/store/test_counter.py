"""A shared counter is there and locked, whoever counts, forgives or clears away meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event
from sqlalchemy.orm import Session

from loanfund.db import make_sessions, unit_of_work
from loanfund.models.base import Base
from loanfund.models.rate_limit import LimitedUse
from loanfund.models.user import LoginFailure
from loanfund.store.counter import locked_counter

AT = datetime(2020, 6, 1, 2, 0, tzinfo=UTC)
A_WHILE = 0.3  # in which a deletion that waits for nobody is long done
COUNTERS = [
    (LimitedUse, {"kind": "search", "subject_hash": "a", "won_back_at": AT}),
    (
        LoginFailure,
        {"kind": "account", "subject_hash": "a", "failures": 0, "last_failed_at": AT},
    ),
]


@contextmanager
def cleared_after_each_statement(engine: Engine, counter: type[Base]) -> Iterator[None]:
    """Let somebody delete every counter at the worst moments: between a caller's statements."""
    sessions, waiting = make_sessions(engine), []

    def clear() -> None:
        with sessions() as session, unit_of_work(session):
            session.execute(delete(counter))

    with ThreadPoolExecutor() as others:

        def meddle(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            if not statement.startswith("DELETE"):
                waiting.append(others.submit(clear))
                wait(waiting, A_WHILE)

        event.listen(engine, "after_cursor_execute", meddle)
        yield
        event.remove(engine, "after_cursor_execute", meddle)
    done: list[Future[None]] = waiting
    assert [one.result() for one in done]  # somebody meddled, and came through


@pytest.mark.parametrize(("counter", "start"), COUNTERS)
def test_a_counter_that_somebody_deletes_at_that_moment_is_there(
    own_engine: Engine, counter: type[Base], start: dict[str, Any]
) -> None:
    sessions = make_sessions(own_engine)
    with sessions() as session, unit_of_work(session):
        locked_counter(session, counter, start)

    with cleared_after_each_statement(own_engine, counter), sessions() as session:
        row = counted(session, counter, start)

    assert row == start


def counted(session: Session, counter: type[Base], start: dict[str, Any]) -> dict[str, Any]:
    with unit_of_work(session):
        row = locked_counter(session, counter, start)
        return {name: getattr(row, name) for name in start}


@pytest.mark.parametrize(("counter", "start"), COUNTERS)
def test_a_counter_that_is_known_is_read_anew(
    session: Session, counter: type[Base], start: dict[str, Any]
) -> None:
    first = locked_counter(session, counter, start)

    again = locked_counter(session, counter, start)

    assert again is first
