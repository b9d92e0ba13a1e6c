"""The sheets of a workbook and their columns: which field a heading fills, how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loanfund.documents.workbook.cell import (
    LONGEST_KEY,
    Reader,
    amount,
    choice,
    day,
    key,
    movement,
    percent_units,
    rate,
    text,
    whole,
)
from loanfund.documents.workbook.choices import (
    BORROWER_KINDS,
    DAY_COUNTS,
    DEBT_RULE_SETS,
    METHODS_IN_SHORT,
    OVERDUE_METHODS,
    PAYMENT_METHODS,
    PREPAYMENTS,
    REPAYMENT_METHODS,
    RESCHEDULE_KINDS,
    SURPLUSES,
    WORKING_DAY_RULES,
    YES_OR_NO,
)
from loanfund.domain.book import (
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    PlanRecord,
    ReceiptRecord,
    Record,
    ReschedulePlanRecord,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.money import Rate
from loanfund.domain.terms import (
    HIGHEST_LATE_INTEREST,
    LAST_DAY_OF_MONTH,
    LONGEST_TERM_MONTHS,
    Component,
)

MONTHS_OF_A_YEAR = 12
HIGHEST_RATE = 100  # percent a year; 13,75 read as 1375 does not pass
HIGHEST_OVERDUE_RATE = 1000  # percent of the rate within the term
MOST_JOBS = 1_000_000
LARGEST_ROUNDING = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its field is left to the record's own default where a cell is empty.

    A required column may name the field of another one that says the same `instead`.
    """

    heading: str
    field: str
    read: Reader
    is_required: bool = True
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet; `key` names the fields that other rows know a row by."""

    sheet: Sheet
    rows: str
    record: Callable[..., Record]
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def receipt(**values: Any) -> ReceiptRecord:
    """Give the receipt of a row, with the parts of a split that are given."""
    split = {part: values.pop(part) for part in Component if part in values}
    return ReceiptRecord(**values, split=split or None)


def contract(**values: Any) -> ContractRecord:
    """Give the contract of a row; a rate a month is a twelfth of the rate a year."""
    monthly = values.pop("monthly_rate", None)
    if monthly is not None:
        values["annual_rate"] = Rate(monthly.ppm * MONTHS_OF_A_YEAR)
    return ContractRecord(**values)


_KEY = key()
_AMOUNT = amount()

LAYOUTS = (
    Layout(
        Sheet.SOURCE,
        "sources",
        CapitalSourceRecord,
        ("code",),
        (
            Column("Mã nguồn", "code", _KEY),
            Column("Tên nguồn vốn", "name", text()),
            Column("Quỹ chịu rủi ro", "bears_risk", choice(YES_OR_NO)),
            Column("Cách tính quá hạn", "overdue_method", choice(OVERDUE_METHODS)),
            Column("Bộ quy tắc phân loại nợ", "debt_rule_set", choice(DEBT_RULE_SETS)),
        ),
    ),
    Layout(
        Sheet.MOVEMENT,
        "movements",
        CapitalMovementRecord,
        (),
        (
            Column("Mã nguồn", "source", _KEY),
            Column("Ngày", "value_date", day),
            Column("Số tiền", "amount", movement),
            Column("Bên góp", "contributor", text()),
            Column("Diễn giải", "note", text(), is_required=False),
        ),
    ),
    Layout(
        Sheet.BORROWER,
        "borrowers",
        BorrowerRecord,
        ("code",),
        (
            Column("Mã KH", "code", _KEY),
            Column("Tên", "name", text()),
            Column("Loại", "kind", choice(BORROWER_KINDS)),
            Column("Mã số thuế", "tax_code", text(), is_required=False),
            Column("Người đại diện", "legal_representative", text(), is_required=False),
            Column("Điện thoại", "phone", text(), is_required=False),
            Column("Email", "email", text(), is_required=False),
            Column("Địa chỉ", "address", text(), is_required=False),
            Column("Huyện", "area", text(), is_required=False),
            Column("Lĩnh vực", "sector", text(), is_required=False),
        ),
    ),
    Layout(
        Sheet.CONTRACT,
        "contracts",
        contract,
        ("number",),
        (
            Column("Số hợp đồng", "number", _KEY),
            Column("Mã KH", "borrower", _KEY),
            Column("Mã nguồn", "source", _KEY),
            Column("Ngày ký", "signed_on", day),
            Column("Số tiền duyệt", "amount", _AMOUNT),
            Column("Lãi suất %/năm", "annual_rate", rate(HIGHEST_RATE), instead="monthly_rate"),
            Column("Thời hạn (tháng)", "term_months", whole(1, LONGEST_TERM_MONTHS)),
            Column(
                "Cách trả gốc", "repayment_method", choice(REPAYMENT_METHODS, METHODS_IN_SHORT)
            ),
            *(
                Column(heading, field, read, is_required=False)
                for heading, field, read in (
                    (
                        "Kỳ trả gốc (tháng)",
                        "principal_every_months",
                        whole(1, LONGEST_TERM_MONTHS),
                    ),
                    (
                        "Ân hạn gốc (tháng)",
                        "principal_grace_months",
                        whole(0, LONGEST_TERM_MONTHS),
                    ),
                    ("Ngày trả lãi", "interest_day", whole(1, LAST_DAY_OF_MONTH)),
                    (
                        "Lãi quá hạn (% lãi trong hạn)",
                        "overdue_rate_thousandths",
                        percent_units(1, HIGHEST_OVERDUE_RATE),
                    ),
                    (
                        "Lãi chậm trả %/năm",
                        "late_interest_rate",
                        rate(int(HIGHEST_LATE_INTEREST.text)),
                    ),
                    (
                        "Lãi suất %/tháng",
                        "monthly_rate",
                        rate(HIGHEST_RATE // MONTHS_OF_A_YEAR),
                    ),
                    (
                        "Kỳ trả lãi (tháng)",
                        "interest_every_months",
                        whole(1, LONGEST_TERM_MONTHS),
                    ),
                    ("Cách đếm ngày", "day_count", choice(DAY_COUNTS)),
                    ("Ngày nghỉ chuyển sang", "working_day_rule", choice(WORKING_DAY_RULES)),
                    ("Trả trước trừ vào", "prepayment", choice(PREPAYMENTS)),
                    ("Tiền thừa", "surplus", choice(SURPLUSES)),
                    ("Dung sai", "tolerance", amount(0)),
                    ("Làm tròn gốc", "principal_rounding", whole(1, LARGEST_ROUNDING)),
                    ("Mục đích", "purpose", text()),
                    ("Giá trị TSBĐ khấu trừ", "deductible_collateral", amount(0)),
                    ("Lao động", "jobs", whole(0, MOST_JOBS)),
                )
            ),
        ),
    ),
    Layout(
        Sheet.PLAN,
        "plan",
        PlanRecord,
        ("contract",),
        (
            Column("Số hợp đồng", "contract", _KEY),
            Column("Ngày đến hạn", "due_date", day),
            Column("Số tiền gốc", "amount", _AMOUNT),
        ),
    ),
    Layout(
        Sheet.DISBURSEMENT,
        "disbursements",
        DisbursementRecord,
        ("number",),
        (
            Column("Số hợp đồng", "contract", _KEY),
            Column("Số khế ước", "number", _KEY),
            Column("Ngày", "value_date", day),
            Column("Số tiền", "amount", _AMOUNT),
        ),
    ),
    Layout(
        Sheet.RECEIPT,
        "receipts",
        receipt,
        ("number",),
        (
            Column("Số phiếu", "number", _KEY),
            Column("Số hợp đồng", "contract", _KEY),
            Column("Ngày", "value_date", day),
            Column("Số tiền", "amount", _AMOUNT),
            Column("Hình thức", "method", choice(PAYMENT_METHODS), is_required=False),
            Column("Gốc", Component.PRINCIPAL, amount(0), is_required=False),
            Column("Lãi", Component.INTEREST, amount(0), is_required=False),
            Column("Lãi quá hạn", Component.OVERDUE_INTEREST, amount(0), is_required=False),
            Column("Lãi chậm trả", Component.LATE_INTEREST, amount(0), is_required=False),
            Column("Diễn giải", "note", text(), is_required=False),
            Column("Tiền thừa", "surplus", choice(SURPLUSES), is_required=False),
        ),
    ),
    Layout(
        Sheet.RESCHEDULE,
        "reschedules",
        RescheduleRecord,
        ("contract", "value_date"),
        (
            Column("Số hợp đồng", "contract", _KEY),
            Column("Ngày", "value_date", day),
            Column("Hình thức", "kind", choice(RESCHEDULE_KINDS)),
            Column("Số quyết định", "decision", text(LONGEST_KEY)),
            Column("Giữ nhóm nợ", "keeps_debt_group", choice(YES_OR_NO), is_required=False),
            Column("Lãi chưa trả đến hạn ngày", "unpaid_interest_due", day, is_required=False),
        ),
    ),
    Layout(
        Sheet.RESCHEDULE_PLAN,
        "reschedule_plan",
        ReschedulePlanRecord,
        ("contract", "value_date"),
        (
            Column("Số hợp đồng", "contract", _KEY),
            Column("Ngày cơ cấu", "value_date", day),
            Column("Ngày đến hạn", "due_date", day),
            Column("Số tiền gốc", "amount", _AMOUNT),
        ),
    ),
)
