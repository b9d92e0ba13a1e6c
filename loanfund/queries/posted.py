"""What became of a form whose answer got lost: the key it carried tells."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from loanfund.models.loan import LoanEvent


@dataclass(frozen=True, slots=True)
class Posted:
    """The receipt that a form posted, or that it took back."""

    loan_id: int
    sequence: int


def posted_by(session: Session, key: str, user_id: int) -> Posted | None:
    """Give what a person's form posted; None while nothing was, and for anybody else's key."""
    taken_back = aliased(LoanEvent)
    query = (
        select(LoanEvent.loan_id, func.coalesce(taken_back.sequence, LoanEvent.sequence))
        .outerjoin(taken_back, taken_back.id == LoanEvent.reverses)
        .where(LoanEvent.idempotency_key == key, LoanEvent.recorded_by == user_id)
    )
    found = session.execute(query).one_or_none()
    return Posted(*found) if found else None
