"""The parts of a loan statement (sao kê khoản vay); `statement` computes them from the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from loanfund.domain.account import Position
from loanfund.domain.accrual import InterestLine
from loanfund.domain.calendar import DayCount
from loanfund.domain.event import RescheduleKind
from loanfund.domain.money import NOTHING, Money, Rate
from loanfund.domain.terms import Component
from loanfund.domain.to_pay import ToPay


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who signs for the fund, and as what."""

    title: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """The fund on its papers; an objection is heard for `objection_days` after issue."""

    name: str
    address: str
    phone: str
    tax_code: str
    place: str
    signatories: tuple[Signatory, ...]
    objection_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """The cooperative as the paper names it."""

    name: str
    tax_code: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above the figures and the fold does not know."""

    fund: Fund
    borrower: Borrower
    contract_number: str
    contract_date: date
    source: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """The number of an event's receipt or decision, and what was written on it."""

    number: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedEvent:
    """A movement of money that counts as never having happened; its line stays, struck."""

    event: str
    type: str
    value_date: date
    amount: Money
    voucher: Voucher
    reversed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What is open of each component at the end of a day, and the borrower's credit."""

    principal: Money = NOTHING
    interest: Money = NOTHING
    overdue_interest: Money = NOTHING
    late_interest: Money = NOTHING
    credit: Money = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierStatement:
    """The statement issued for the period up to the day before, and its closing balances."""

    number: str
    closing: Balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the books know beside the fold; vouchers and decisions by their event's id."""

    vouchers: Mapping[str, Voucher] = field(default_factory=dict)
    reversed_events: Sequence[ReversedEvent] = ()
    earlier: EarlierStatement | None = None
    disputes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanTerms:
    """The terms that the paper repeats; `overdue_rate` is a decimal text in percent a year."""

    amount: Money
    annual_rate: Rate
    rate_in_force: Rate
    overdue_rate: str
    late_interest_rate: Rate
    term_months: int
    day_count: DayCount
    first_disbursement: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """Opening + added − paid − waived − written off = closing, of one component."""

    component: Component
    opening: Money
    added: Money = NOTHING
    paid: Money = NOTHING
    waived: Money = NOTHING
    written_off: Money = NOTHING
    closing: Money

    def __post_init__(self) -> None:
        """Never state what does not add up."""
        moved = self.added - self.paid - self.waived - self.written_off
        assert self.opening + moved == self.closing, self


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditEquation:
    """Opening + received − applied − refunded = closing, of money paid ahead (tiền thừa)."""

    opening: Money
    received: Money
    applied: Money
    refunded: Money
    closing: Money

    def __post_init__(self) -> None:
        """Never state what does not add up."""
        moved = self.received - self.applied - self.refunded
        assert self.opening + moved == self.closing, self


@dataclass(frozen=True, slots=True, kw_only=True)
class OffBalanceEquation:
    """Opening + written off − recovered = closing, of what is tracked off the balance sheet."""

    component: Component
    opening: Money
    written_off: Money
    recovered: Money
    closing: Money

    def __post_init__(self) -> None:
        """Never state what does not add up."""
        assert self.opening + self.written_off - self.recovered == self.closing, self


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Opening less what the earlier statement closed with, where they differ."""

    number: str
    difference: Balances


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The columns of the transactions; money received is the sum of its parts and credit."""

    disbursed: Money = NOTHING
    received: Money = NOTHING
    late_interest: Money = NOTHING
    overdue_interest: Money = NOTHING
    interest: Money = NOTHING
    principal: Money = NOTHING
    credit: Money = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the transactions; `reversed_by` names the reversal of one that is struck."""

    event: str | None
    type: str
    value_date: date
    number: str
    note: str
    amounts: Amounts
    principal_balance: Money | None
    reversed_by: str | None = None


class Group(StrEnum):
    """Transactions that are added up together: of money, and of debt given up or won back."""

    TURNOVER = "turnover"
    WAIVED = "waived"
    WRITTEN_OFF = "written_off"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of the lines of a group, struck ones aside."""

    group: Group
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestCharge:
    """A charge and its lines; `exact` is their sum as text, which rounds to the amount."""

    kind: Component
    start: date
    end: date
    due_date: date
    lines: tuple[InterestLine, ...]
    exact: str
    amount: Money
    is_of_period: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingInstalment:
    """What falls due on one day, what of it is prepaid or comes from credit, and the rest."""

    due_date: date
    principal: Money
    prepaid: Money
    interest: Money
    credit: Money
    to_pay: Money
    principal_balance: Money  # left after it, if all is paid when due


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change of the contract: a rescheduling, a freeze or another rate, with its decision."""

    type: str
    value_date: date
    number: str
    kind: RescheduleKind | None = None
    until: date | None = None
    annual_rate: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A loan over a period of value dates; the position is that at the end of its last day."""

    head: Head
    terms: LoanTerms
    period_from: date
    period_to: date
    opening: Balances
    adjustment: Adjustment | None
    entries: tuple[Entry, ...]
    totals: tuple[Total, ...]
    charges: tuple[InterestCharge, ...]
    equations: tuple[Equation, ...]
    credit: CreditEquation
    off_balance: tuple[OffBalanceEquation, ...]
    closing: Balances
    position: Position
    to_pay: ToPay
    coming: tuple[ComingInstalment, ...]
    notices: tuple[Notice, ...]
    disputes: tuple[str, ...]
