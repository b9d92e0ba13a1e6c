"""Close a month: reconcile, verify, then freeze and lock; begun again, it goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.db import read_session
from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Actor
from loanfund.queries.verify import verify
from loanfund.services._period import Closed
from loanfund.services.period import close_month
from loanfund.services.reconcile import bring_forward

SHOWN = 20  # of differences that stop a close, so many are named


def close(
    sessions: sessionmaker[Session],
    month_end: date,
    people: tuple[Actor, Actor],
    clock: Clock,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Closed:
    """Close a month in the name of an accountant, confirmed by a manager.

    Raises ConflictError naming the loans that could not be reconciled or do not verify.
    """
    actor, approver = people
    report = bring_forward(sessions, month_end, actor, clock, progress)
    if report.failures:
        loans = ", ".join(failure.contract_number for failure in report.failures[:SHOWN])
        raise ConflictError("close_not_reconciled", loans=loans)
    with read_session(sessions) as session:
        found = list(islice(verify(session, clock.today(), progress), SHOWN))
    if found:
        named = ", ".join(f"{one.check}: {one.subject}" for one in found)
        raise ConflictError("close_differences", differences=named)
    with sessions() as session:
        return close_month(session, month_end, actor, clock, approver)
