"""A loan book as a workbook tells it: one record a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from loanfund.domain.calendar import DayCount
from loanfund.domain.event import PaymentMethod, RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import (
    Component,
    DebtRuleSet,
    PlannedInstalment,
    Prepayment,
    RepaymentMethod,
    Surplus,
    WorkingDayRule,
)

# Columns that came later stay out of a record's fingerprint where they say nothing, so that
# what was imported before them is still known.
LATER = {"later": True}


class Sheet(StrEnum):
    """The sheets of a workbook, one a kind of record."""

    SOURCE = "Nguồn vốn"
    MOVEMENT = "Biến động vốn"
    BORROWER = "Khách hàng"
    CONTRACT = "Hợp đồng"
    PLAN = "Lịch gốc"
    DISBURSEMENT = "Giải ngân"
    RECEIPT = "Thu nợ"
    RESCHEDULE = "Cơ cấu nợ"
    RESCHEDULE_PLAN = "Lịch cơ cấu"


class Heading(StrEnum):
    """The headings that rows refer to each other by."""

    SOURCE = "Mã nguồn"
    BORROWER = "Mã KH"
    CONTRACT = "Số hợp đồng"
    DRAWDOWN = "Số khế ước"
    RECEIPT = "Số phiếu"
    DATE = "Ngày"
    DUE_DATE = "Ngày đến hạn"
    RESCHEDULE_DATE = "Ngày cơ cấu"
    AMOUNT = "Số tiền"
    REPAYMENT_METHOD = "Cách trả gốc"
    APPROVED = "Số tiền duyệt"
    ANNUAL_RATE = "Lãi suất %/năm"


class BorrowerKind(StrEnum):
    """Who may borrow: HTX, liên hiệp HTX, tổ hợp tác, thành viên HTX."""

    COOPERATIVE = "cooperative"
    COOPERATIVE_UNION = "cooperative_union"
    COOPERATIVE_GROUP = "cooperative_group"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the workbook a record stands; rows count from 1, the heading is row 1."""

    sheet: Sheet
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has; records are the same where only their places differ."""

    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalSourceRecord(Record):
    """Where lent money comes from (nguồn vốn)."""

    code: str
    name: str
    bears_risk: bool
    overdue_method: OverdueMethod
    debt_rule_set: DebtRuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalMovementRecord(Record):
    """Capital put in (positive) or taken out; `rank` counts identical rows before this one."""

    source: str
    value_date: date
    amount: Money
    contributor: str
    note: str | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerRecord(Record):
    """Who borrows (khách hàng)."""

    code: str
    name: str
    kind: BorrowerKind
    tax_code: str | None = None
    legal_representative: str | None = field(default=None, metadata=LATER)
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    area: str | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord(Record):
    """A contract (hợp đồng); what is None takes the fund's setting of the signing day."""

    number: str
    borrower: str
    source: str
    signed_on: date
    amount: Money
    annual_rate: Rate
    term_months: int
    repayment_method: RepaymentMethod
    principal_every_months: int | None = None
    principal_grace_months: int | None = None
    interest_day: int | None = None
    overdue_rate_thousandths: int | None = None
    late_interest_rate: Rate | None = None
    principal_rounding: int | None = None
    purpose: str | None = None
    deductible_collateral: Money | None = None
    jobs: int | None = None
    principal_plan: tuple[PlannedInstalment, ...] = ()
    interest_every_months: int | None = field(default=None, metadata=LATER)
    day_count: DayCount | None = field(default=None, metadata=LATER)
    working_day_rule: WorkingDayRule | None = field(default=None, metadata=LATER)
    prepayment: Prepayment | None = field(default=None, metadata=LATER)
    surplus: Surplus | None = field(default=None, metadata=LATER)
    tolerance: Money | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord(Record):
    """One agreed instalment of a contract, before it joins its contract (lịch gốc)."""

    contract: str
    due_date: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DisbursementRecord(Record):
    """Money lent (giải ngân); `number` is the drawdown's (khế ước)."""

    contract: str
    number: str
    value_date: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRecord(Record):
    """Money from the borrower (thu nợ); a given split names every component."""

    number: str
    contract: str
    value_date: date
    amount: Money
    method: PaymentMethod = PaymentMethod.BANK
    split: Mapping[Component, Money] | None = None
    note: str | None = None
    surplus: Surplus | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleRecord(Record):
    """A new plan of instalments (cơ cấu nợ) and the decision it rests on."""

    contract: str
    value_date: date
    kind: RescheduleKind
    decision: str
    keeps_debt_group: bool = False
    unpaid_interest_due: date | None = None
    plan: tuple[PlannedInstalment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReschedulePlanRecord(Record):
    """One instalment of a rescheduling, before it joins it (lịch cơ cấu)."""

    contract: str
    value_date: date
    due_date: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All records of a workbook, each kind in the order of its sheet.

    `sheets` are those that the workbook has, `sha256` is the file's.
    """

    sources: tuple[CapitalSourceRecord, ...] = ()
    movements: tuple[CapitalMovementRecord, ...] = ()
    borrowers: tuple[BorrowerRecord, ...] = ()
    contracts: tuple[ContractRecord, ...] = ()
    disbursements: tuple[DisbursementRecord, ...] = ()
    receipts: tuple[ReceiptRecord, ...] = ()
    reschedules: tuple[RescheduleRecord, ...] = ()
    sheets: frozenset[Sheet] = field(default=frozenset(Sheet), compare=False)
    sha256: str = field(default="", compare=False)
