"""What can happen to a loan (rules §8): typed facts, appended and never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, assert_never, cast

from loanfund.domain.errors import InvalidEventError, PlanMismatchError, SplitMismatchError
from loanfund.domain.money import Money, Rate, total
from loanfund.domain.terms import Component, PlannedInstalment, Surplus


class PaymentMethod(StrEnum):
    """Whether money moves as cash or through the bank (hình thức)."""

    CASH = "cash"
    BANK = "bank"


class RescheduleKind(StrEnum):
    """Điều chỉnh kỳ hạn (same maturity at the latest) or gia hạn (later maturity)."""

    ADJUST = "adjust"
    EXTEND = "extend"


class WaiverOf(StrEnum):
    """Which charges a waiver may touch."""

    INTEREST = "interest"
    OVERDUE_INTEREST = "overdue_interest"
    LATE_INTEREST = "late_interest"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has: its id, and the id of the event whose place of the day it takes."""

    type: ClassVar[str]
    id: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEvent(Event):
    """An event that takes effect for the loan on a day."""

    value_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyEvent(DatedEvent):
    """An event in which money changes hands."""

    amount: Money
    method: PaymentMethod = PaymentMethod.BANK


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(MoneyEvent):
    """Money lent (giải ngân); the first one sets S, later ones are tranches."""

    type: ClassVar[str] = "disbursement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment(MoneyEvent):
    """Money from the borrower (thu nợ); a given split is the permissioned exception."""

    type: ClassVar[str] = "repayment"
    split: Mapping[Component, Money] | None = None
    surplus: Surplus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange(DatedEvent):
    """A new yearly rate from this day on."""

    type: ClassVar[str] = "rate_change"
    annual_rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(DatedEvent):
    """A new plan of instalments (cơ cấu lại thời hạn trả nợ)."""

    type: ClassVar[str] = "reschedule"
    kind: RescheduleKind
    plan: tuple[PlannedInstalment, ...]
    unpaid_interest_due: date | None = None
    keeps_debt_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(DatedEvent):
    """Khoanh nợ: nothing accrues on the days [value_date, until)."""

    type: ClassVar[str] = "freeze"
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestWaiver(DatedEvent):
    """Open charges forgiven (miễn, giảm lãi)."""

    type: ClassVar[str] = "interest_waiver"
    amount: Money
    of: WaiverOf
    keeps_debt_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(DatedEvent):
    """Everything open leaves the balance sheet; the debtor still owes it."""

    type: ClassVar[str] = "write_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(MoneyEvent):
    """Money collected after a write-off."""

    type: ClassVar[str] = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefund(MoneyEvent):
    """Credit paid back to the borrower."""

    type: ClassVar[str] = "credit_refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend(Event):
    """The contract said this from the start; null restores a field of rules §11."""

    type: ClassVar[str] = "amend"
    changes: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal(Event):
    """The event it names counts as never having happened."""

    type: ClassVar[str] = "reversal"
    of: str


AnyEvent = (
    Disbursement
    | Repayment
    | RateChange
    | Reschedule
    | Freeze
    | InterestWaiver
    | WriteOff
    | Recovery
    | CreditRefund
    | Amend
    | Reversal
)
"""Every kind of event there is, for a `match` that must speak of all (`assert_never`)."""


def check_event(event: Event) -> None:
    """Refuse an event that is malformed whatever the loan's state.

    InvalidEventError, for a plan PlanMismatchError, for a split SplitMismatchError.
    """
    known = cast(AnyEvent, event)
    match known:
        case Disbursement() | Recovery() | CreditRefund() | InterestWaiver():
            _refuse_if(known.amount.dong <= 0, "amount_not_positive", known)
        case Repayment():
            _refuse_if(known.amount.dong <= 0, "amount_not_positive", known)
            _check_split(known)
        case RateChange():
            _refuse_if(known.annual_rate.ppm < 0, "rate_negative", known)
        case Freeze():
            _refuse_if(known.until <= known.value_date, "until_not_after", known)
        case Reschedule():
            until = known.unpaid_interest_due or date.max
            _refuse_if(until <= known.value_date, "until_not_after", known)
            _check_plan(known)
        case WriteOff() | Amend() | Reversal():
            pass  # their fields say nothing that could be malformed by itself
        case _:
            assert_never(known)


def _refuse_if(is_wrong: object, fault: str, event: Event) -> None:
    if is_wrong:
        raise InvalidEventError(fault, event=event.id)


def _check_plan(event: Reschedule) -> None:
    """Refuse a plan that fits no loan: empty, not positive, out of order, not after the day."""
    if any(row.amount.dong <= 0 for row in event.plan):
        raise PlanMismatchError("amount_not_positive", event=event.id)
    days = [event.value_date, *(row.due_date for row in event.plan)]
    if not event.plan or any(a >= b for a, b in pairwise(days)):
        raise PlanMismatchError("dates", event=event.id)


def _check_split(event: Repayment) -> None:
    """Refuse a split that no loan could take: parts below nothing, or another sum."""
    split = event.split
    if not split:
        return
    if min(split.values()).dong < 0:
        raise SplitMismatchError("negative", event=event.id)
    parts = total(list(split.values()))
    if parts != event.amount:
        raise SplitMismatchError("sum", event=event.id, parts=parts, amount=event.amount)
