"""Changes to a loan that one person proposes and another approves (rules §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.codec import dump_plan
from loanfund.domain.event import RescheduleKind, WaiverOf
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Action, Actor
from loanfund.domain.terms import PlannedInstalment
from loanfund.services import _loan_change
from loanfund.services._loan_change import LoanChange, Preview, Recorded
from loanfund.store.request_key import new_key


class Restructuring(Protocol):
    """What every request of this module can say of itself."""

    def change(self) -> LoanChange:
        """Give the change that the request asks for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What the requests share; `reference` is the number of the decision."""

    contract_number: str
    reference: str | None = None
    note: str | None = None
    key: str = field(default_factory=new_key)
    version: int | None = None

    def _change(self, action: Action, event: dict[str, Any]) -> LoanChange:
        return LoanChange(
            contract_number=self.contract_number,
            action=action,
            events=(event,),
            key=self.key,
            version=self.version,
            reference=self.reference,
            note=self.note,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(_Request):
    """A new plan of instalments: adjusted within the maturity, or extended beyond it."""

    value_date: date
    kind: RescheduleKind
    plan: Sequence[PlannedInstalment]
    unpaid_interest_due: date | None = None
    keeps_debt_group: bool = False

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        due = self.unpaid_interest_due
        event = {
            "type": "reschedule",
            "date": self.value_date.isoformat(),
            "kind": self.kind.value,
            "plan": dump_plan(tuple(self.plan)),
            "unpaid_interest_due": due.isoformat() if due else None,
            "keeps_debt_group": self.keeps_debt_group,
        }
        return self._change(Action.RESCHEDULE, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRate(_Request):
    """A new yearly rate from a day on."""

    value_date: date
    annual_rate: Rate

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        event = {
            "type": "rate_change",
            "date": self.value_date.isoformat(),
            "annual_rate": self.annual_rate.text,
        }
        return self._change(Action.CHANGE_RATE, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(_Request):
    """Khoanh nợ on [value_date, until)."""

    value_date: date
    until: date

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        days = {"date": self.value_date.isoformat(), "until": self.until.isoformat()}
        return self._change(Action.FREEZE, {"type": "freeze", **days})


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveInterest(_Request):
    """Open charges forgiven."""

    value_date: date
    amount: Money
    of: WaiverOf = WaiverOf.ANY
    keeps_debt_group: bool = False

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        event = {
            "type": "interest_waiver",
            "date": self.value_date.isoformat(),
            "amount": self.amount.dong,
            "of": self.of.value,
            "keeps_debt_group": self.keeps_debt_group,
        }
        return self._change(Action.WAIVE, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(_Request):
    """Everything open moved off the balance sheet."""

    value_date: date

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        event = {"type": "write_off", "date": self.value_date.isoformat()}
        return self._change(Action.WRITE_OFF, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend(_Request):
    """The contract said this from the start; `terms` are fields of rules §11."""

    terms: Mapping[str, Any]

    def change(self) -> LoanChange:
        """Give the change that this request asks for."""
        return self._change(Action.AMEND, {"type": "amend", "terms": dict(self.terms)})


def restructure(
    session: Session,
    request: Restructuring,
    actor: Actor,
    clock: Clock,
    approver: Actor | None = None,
) -> Recorded:
    """Record a change that was proposed by the actor and approved by another person."""
    return _loan_change.record(session, request.change(), actor, clock, approver)


def preview_restructuring(session: Session, request: Restructuring, clock: Clock) -> Preview:
    """Show what a change would do, writing nothing."""
    return _loan_change.preview(session, request.change(), clock)
