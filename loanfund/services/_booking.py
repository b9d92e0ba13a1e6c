"""Who books what, approved by whom, at which instant and on which business date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from loanfund.clock import Clock
from loanfund.domain.permission import Actor
from loanfund.store.ledger import Posted


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What everything that one unit of work books has in common."""

    at: datetime
    actor: int
    approved_by: int | None
    business_date: date
    closed_through: date | None

    def posted(
        self, source_id: int, loan_id: int | None = None, event_id: int | None = None
    ) -> Posted:
        """Give what the ledger rows of one source or loan say of themselves."""
        return Posted(
            source_id=source_id,
            loan_id=loan_id,
            recorded_at=self.at,
            recorded_by=self.actor,
            business_date=self.business_date,
            closed_through=self.closed_through,
            event_id=event_id,
        )


def booking_by(
    actor: Actor, clock: Clock, closed_through: date | None, approver: Actor | None = None
) -> Booking:
    """Give the booking of an act that happens now; the months through a day are closed."""
    return Booking(
        at=clock.now(),
        actor=actor.user_id,
        approved_by=approver.user_id if approver else None,
        business_date=clock.today(),
        closed_through=closed_through,
    )
