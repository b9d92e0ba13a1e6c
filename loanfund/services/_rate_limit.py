"""Count one use of what is limited, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from loanfund.domain.errors import TooManyRequestsError
from loanfund.domain.rate_limit import LIMITS, Use, after_one_more, seconds_to_wait
from loanfund.models.rate_limit import LimitedUse
from loanfund.store.counter import forget, locked_counter
from loanfund.store.user import hash_of


def count(session: Session, use: Use, subject: str, now: datetime) -> None:
    """Count one use by a person or network; raise TooManyRequestsError when it is one too many.

    What is refused does not count. Of who is long quiet nothing is kept.
    """
    limit = LIMITS[use]
    start = {"kind": use, "subject_hash": hash_of(subject), "won_back_at": now}
    row = locked_counter(session, LimitedUse, start)
    seconds = seconds_to_wait(limit, row.won_back_at, now)
    if seconds:
        raise TooManyRequestsError(use, seconds=seconds)
    row.won_back_at = after_one_more(limit, row.won_back_at, now)
    forget(session, LimitedUse, LimitedUse.won_back_at < now - limit.per)
