"""Builders of statements: a believable head, and loans told as cases of section 11."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from loanfund.documents.layout import Issue
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.history import History, read_history
from loanfund.domain.money import Money
from loanfund.domain.statement import statement
from loanfund.domain.statement_parts import (
    Borrower,
    Fund,
    Head,
    Records,
    ReversedEvent,
    Signatory,
    Statement,
    Voucher,
)

Json = Mapping[str, Any]

ISSUE = Issue(
    number="SK-2020-000123",
    code="7K3M9QXT2ABC",
    day=date(2020, 6, 1),
    issued_at=datetime(2020, 6, 1, 2, 14, tzinfo=UTC),
    issued_by="Trần Thị Ngọc Ánh",
    made_by="Trần Thị Ngọc Ánh",
    verify_url="https://quy.example.vn/verify/7K3M9QXT2ABC",
)

# The example of the design: 300 million at 7.2 %, 50 million prepaid after 15 days.
EXAMPLE_TERMS: Json = {
    "amount": 300_000_000,
    "annual_rate": "7.2",
    "term_months": 12,
    "repayment_method": "principal_at_maturity",
}
EXAMPLE_EVENTS: Sequence[Json] = (
    {"id": "e1", "type": "disbursement", "date": "2020-04-05", "amount": 300_000_000},
    {
        "id": "e2",
        "type": "repayment",
        "date": "2020-04-20",
        "amount": 50_000_000,
        "surplus": "principal",
    },
    {"id": "e3", "type": "repayment", "date": "2020-05-05", "amount": 1_627_397},
)
EXAMPLE_VOUCHERS = {
    "e1": Voucher(number="PC-000041", note="Đợt 1"),
    "e2": Voucher(number="PT-000107", note="Trả trước một phần gốc"),
    "e3": Voucher(number="PT-000131"),
}


def a_fund() -> Fund:
    return Fund(
        name="Quỹ Hỗ trợ phát triển hợp tác xã tỉnh Bắc Giang",
        address="Số 45 đường Ngô Gia Tự, thành phố Bắc Giang",
        phone="0204 3854 321",
        tax_code="2400291234",
        place="Bắc Giang",
        signatories=(
            Signatory(title="Kế toán trưởng", name="Nguyễn Thị Hường"),
            Signatory(title="Giám đốc", name="Đặng Quốc Khánh"),
        ),
        objection_days=15,
    )


def a_head(name: str = "Hợp tác xã Nông nghiệp Đồng Tâm 3") -> Head:
    return Head(
        fund=a_fund(),
        borrower=Borrower(
            name=name,
            tax_code="2400567890",
            address="Xã Tân Thanh, huyện Lạng Giang, Bắc Giang",
        ),
        contract_number="023/2020/HĐTD",
        contract_date=date(2020, 4, 1),
        source="Quỹ Hỗ trợ phát triển HTX (vốn tỉnh)",
        purpose="Mua máy sấy và mở rộng kho lạnh bảo quản vải thiều",
    )


def a_history(terms: Json, events: Sequence[Json]) -> History:
    return read_history(parse_terms(terms), [parse_event(event) for event in events])


def a_statement(
    terms: Json,
    events: Sequence[Json],
    period_to: str,
    period_from: str | None = None,
    **records: Any,
) -> Statement:
    start = None if period_from is None else date.fromisoformat(period_from)
    return statement(
        a_history(terms, events),
        a_head(),
        start,
        date.fromisoformat(period_to),
        Records(**records),
    )


def the_example(period_to: str = "2020-05-31", period_from: str | None = None) -> Statement:
    return a_statement(
        EXAMPLE_TERMS, EXAMPLE_EVENTS, period_to, period_from, vouchers=EXAMPLE_VOUCHERS
    )


def a_reversed_repayment(day: str = "2020-04-20", amount: int = 5_000_000) -> ReversedEvent:
    return ReversedEvent(
        event="e9",
        type="repayment",
        value_date=date.fromisoformat(day),
        amount=Money(amount),
        voucher=Voucher(number="PT-000106", note="Ghi nhầm số tiền"),
        reversed_by="HT-000012",
    )
