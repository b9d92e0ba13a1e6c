"""Take back an event, or replace it by the right one; what stood stays on record (rules §8)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.permission import Action, Actor
from loanfund.services import _loan_change
from loanfund.services._loan_change import LoanChange, Preview, Recorded
from loanfund.services.repayment import Repay
from loanfund.store.request_key import new_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """Let the event with this sequence count as never having happened."""

    contract_number: str
    sequence: int
    reason: str
    key: str = field(default_factory=new_key)
    version: int | None = None

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        return LoanChange(
            contract_number=self.contract_number,
            action=Action.REVERSE,
            events=({"type": "reversal", "of": str(self.sequence)},),
            key=self.key,
            version=self.version,
            note=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """Reverse a repayment and record it again as it should have been, in one act."""

    sequence: int
    repayment: Repay
    reason: str

    def change(self) -> LoanChange:
        """Give the change that this asks for; the new event takes the old one's place."""
        change = self.repayment.change()
        reversal = {"type": "reversal", "of": str(self.sequence)}
        again = {**change.events[0], "replaces": str(self.sequence)}
        is_split = change.action is Action.RECORD_GIVEN_SPLIT
        return replace(
            change,
            action=change.action if is_split else Action.REVERSE,
            events=(reversal, again),
            reason=self.reason,
        )


def reverse(
    session: Session,
    request: Reverse | Correct,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Reverse or correct; a value date in a closed month needs a second person."""
    return _loan_change.record(session, request.change(), actor, clock, approver)


def preview_reversal(
    session: Session, request: Reverse | Correct, clock: Clock, *, as_shown: bool = False
) -> Preview:
    """Show what would stand again and which later splits change, writing nothing."""
    return _loan_change.preview(session, request.change(), clock, as_shown=as_shown)
