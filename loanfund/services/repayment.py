"""Money from and to borrowers: repayments, recoveries after a write-off, refunds of credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.terms import Component, Surplus
from loanfund.services import _loan_change
from loanfund.services._loan_change import LoanChange, Preview, Recorded
from loanfund.store.request_key import new_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Repay:
    """A repayment; a given split needs a second person's approval.

    Whoever `must_decide` is refused where a surplus is a decision that is not made (rules §7);
    others leave it to the contract. An amount that `must_be_meant`, because somebody types it,
    is refused far beyond what is asked for, unless `meant` says why it is right.
    """

    contract_number: str
    value_date: date
    amount: Money
    method: PaymentMethod = PaymentMethod.BANK
    split: Mapping[Component, Money] | None = None
    surplus: Surplus | None = None
    must_decide: bool = False
    must_be_meant: bool = False
    meant: str | None = None
    payer: str | None = None
    reference: str | None = None
    note: str | None = None
    key: str = field(default_factory=new_key)
    version: int | None = None

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        event: dict[str, Any] = {
            "type": "repayment",
            "date": self.value_date.isoformat(),
            "amount": self.amount.dong,
            "method": self.method.value,
        }
        if self.split:
            event["split"] = {part.value: amount.dong for part, amount in self.split.items()}
        if self.surplus is not None:
            event["surplus"] = self.surplus.value
        return LoanChange(
            contract_number=self.contract_number,
            action=Action.RECORD_GIVEN_SPLIT if self.split else Action.RECORD_REPAYMENT,
            events=(event,),
            key=self.key,
            version=self.version,
            payer=self.payer,
            reference=self.reference,
            note=self.note,
            must_decide=self.must_decide,
            must_be_meant=self.must_be_meant,
            meant=self.meant,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """What a recovery and a refund of credit share: an amount on a day."""

    contract_number: str
    value_date: date
    amount: Money
    method: PaymentMethod = PaymentMethod.BANK
    payer: str | None = None
    reference: str | None = None
    note: str | None = None
    key: str = field(default_factory=new_key)
    version: int | None = None

    def _change(self, kind: str, action: Action) -> LoanChange:
        event = {
            "type": kind,
            "date": self.value_date.isoformat(),
            "amount": self.amount.dong,
            "method": self.method.value,
        }
        return LoanChange(
            contract_number=self.contract_number,
            action=action,
            events=(event,),
            key=self.key,
            version=self.version,
            payer=self.payer,
            reference=self.reference,
            note=self.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover(_Money):
    """Money collected after a write-off.

    What `must_be_meant` is refused beyond what is still owed, unless `meant` says why.
    """

    must_be_meant: bool = False
    meant: str | None = None

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        asked = self._change("recovery", Action.RECORD_RECOVERY)
        return replace(asked, must_be_meant=self.must_be_meant, meant=self.meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(_Money):
    """Credit paid back to the borrower, who is the `payer` unless another took the money."""

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        return self._change("credit_refund", Action.REFUND_CREDIT)


def repay(
    session: Session, request: Repay, actor: Actor, clock: Clock, approver: Actor | None = None
) -> Recorded:
    """Record a repayment and give its receipt (rules §7)."""
    return _loan_change.record(session, request.change(), actor, clock, approver)


def preview_repayment(
    session: Session, request: Repay, clock: Clock, *, as_shown: bool = False
) -> Preview:
    """Show what a repayment would do, writing nothing; `as_shown`, what it would have done."""
    return _loan_change.preview(session, request.change(), clock, as_shown=as_shown)


def recover(session: Session, request: Recover, actor: Actor, clock: Clock) -> Recorded:
    """Record money collected after a write-off (rules §8)."""
    return _loan_change.record(session, request.change(), actor, clock)


def preview_recovery(
    session: Session, request: Recover, clock: Clock, *, as_shown: bool = False
) -> Preview:
    """Show what a recovery would do, writing nothing; `as_shown`, what it would have done."""
    return _loan_change.preview(session, request.change(), clock, as_shown=as_shown)


def refund_credit(
    session: Session,
    request: Refund,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Pay credit back to the borrower (rules §8)."""
    return _loan_change.record(session, request.change(), actor, clock, approver)
