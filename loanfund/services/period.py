"""Close a month for two people at once; proposed by one it waits for the other instead."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.locked import Locked
from loanfund.domain.permission import Actor
from loanfund.services._closing import at_close, locked_by
from loanfund.services._period import Closed, close_books


def close_month(
    session: Session, day: date, actor: Actor, clock: Clock, approver: Actor
) -> Closed:
    """Close the month that ends on a day, in order and after it; a closed month stays closed.

    Every loan must be reconciled through that day (the closing job does that first).
    """
    with unit_of_work(session):
        return close_books(session, day, actor, clock, approver)


def would_lock(session: Session, day: date) -> Locked:
    """Give what closing the month that ends on a day would lock; nothing is written."""
    return locked_by(at_close(session, day))
