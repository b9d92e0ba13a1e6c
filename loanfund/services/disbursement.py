"""Lend money on an approved contract, at once or in tranches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Actor
from loanfund.services import _loan_change
from loanfund.services._loan_change import LoanChange, Recorded
from loanfund.store.request_key import new_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Disburse:
    """A disbursement of a part or all of the approved amount."""

    contract_number: str
    value_date: date
    amount: Money
    method: PaymentMethod = PaymentMethod.BANK
    note: str | None = None
    key: str = field(default_factory=new_key)
    version: int | None = None

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        event = {
            "type": "disbursement",
            "date": self.value_date.isoformat(),
            "amount": self.amount.dong,
            "method": self.method.value,
        }
        return LoanChange(
            contract_number=self.contract_number,
            action=Action.DISBURSE,
            events=(event,),
            key=self.key,
            version=self.version,
            note=self.note,
        )


def disburse(
    session: Session,
    request: Disburse,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Lend; OverDisbursementError beyond what is approved or the source still has."""
    return _loan_change.record(session, request.change(), actor, clock, approver)
