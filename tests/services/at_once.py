"""Many callers at the same moment, each with a session of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.db import make_sessions
from loanfund.domain.errors import LoanFundError

T = TypeVar("T")


def at_once(engine: Engine, works: Sequence[Callable[[Session], T]]) -> list[T | LoanFundError]:
    """Give what each came to, or how it was refused; anything else is raised."""
    barrier = Barrier(len(works))
    sessions = make_sessions(engine)

    def begin(work: Callable[[Session], T]) -> T | LoanFundError:
        with sessions() as session:
            barrier.wait(timeout=30)
            try:
                return work(session)
            except LoanFundError as refusal:
                return refusal

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def accepted(outcomes: Sequence[T | LoanFundError]) -> list[T]:
    return [one for one in outcomes if not isinstance(one, LoanFundError)]


def refused(outcomes: Sequence[T | LoanFundError]) -> list[tuple[str, str]]:
    """Codes and reasons of what was refused."""
    found = [one for one in outcomes if isinstance(one, LoanFundError)]
    return [(one.code, one.reason) for one in found]
