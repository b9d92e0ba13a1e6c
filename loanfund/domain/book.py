"""A loan book as a workbook tells it: one record a row, and what may be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from loanfund.domain.errors import LoanFundError
from loanfund.domain.event import PaymentMethod, RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import Component, DebtRuleSet, PlannedInstalment, RepaymentMethod


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
    """All records of a workbook, each kind in the order of its sheet; `sha256` of the file."""

    sources: tuple[CapitalSourceRecord, ...] = ()
    movements: tuple[CapitalMovementRecord, ...] = ()
    borrowers: tuple[BorrowerRecord, ...] = ()
    contracts: tuple[ContractRecord, ...] = ()
    disbursements: tuple[DisbursementRecord, ...] = ()
    receipts: tuple[ReceiptRecord, ...] = ()
    reschedules: tuple[RescheduleRecord, ...] = ()
    sha256: str = field(default="", compare=False)


class ProblemCode(StrEnum):
    """What can be wrong with a workbook; the sentences are `workbook.problem.<code>`."""

    # the file
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_XLSX = "not_xlsx"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_MANY_ENTRIES = "too_many_entries"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    PACKED_TOO_DENSELY = "packed_too_densely"
    UNSAFE_NAME = "unsafe_name"
    MACROS = "macros"
    EXTERNAL_LINK = "external_link"
    DOCTYPE = "doctype"
    TOO_MANY_CELLS = "too_many_cells"
    TOO_HEAVY = "too_heavy"
    # sheets and headings
    UNKNOWN_SHEET = "unknown_sheet"
    DUPLICATE_SHEET = "duplicate_sheet"
    MISSING_SHEET = "missing_sheet"
    NO_SHEET = "no_sheet"
    UNKNOWN_COLUMN = "unknown_column"
    DUPLICATE_COLUMN = "duplicate_column"
    MISSING_COLUMN = "missing_column"
    MERGED_CELLS = "merged_cells"
    NO_HEADING = "no_heading"
    # cells
    MISSING_VALUE = "missing_value"
    FORMULA = "formula"
    ERROR_VALUE = "error_value"
    NOT_TEXT = "not_text"
    TEXT_TOO_LONG = "text_too_long"
    NOT_A_DAY = "not_a_day"
    NO_SUCH_DAY = "no_such_day"
    DAY_OUT_OF_RANGE = "day_out_of_range"
    NUMBER_AS_TEXT = "number_as_text"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    ZERO = "zero"
    TOO_MANY_DECIMALS = "too_many_decimals"
    PERCENT_FORMAT = "percent_format"
    UNKNOWN_CHOICE = "unknown_choice"
    # records among each other
    DUPLICATE_KEY = "duplicate_key"
    PLAN_WITHOUT_PARENT = "plan_without_parent"
    PLAN_NOT_AGREED = "plan_not_agreed"
    PLAN_MISSING = "plan_missing"
    PLAN_NOT_INCREASING = "plan_not_increasing"
    SPLIT_INCOMPLETE = "split_incomplete"
    SPLIT_MISMATCH = "split_mismatch"
    UNKNOWN_SOURCE = "unknown_source"
    UNKNOWN_BORROWER = "unknown_borrower"
    UNKNOWN_CONTRACT = "unknown_contract"
    # records and the book
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookProblem:
    """One thing that is wrong, and where; `facts` say what is expected instead."""

    code: ProblemCode
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


class WorkbookRefusedError(LoanFundError):
    """The workbook is not taken; `problems` names everything that is wrong with it."""

    code = "workbook"

    def __init__(self, problems: Sequence[BookProblem]) -> None:
        """Keep every problem; the sentence of the refusal itself tells how many."""
        super().__init__("refused", count=len(problems))
        self.problems = tuple(problems)
