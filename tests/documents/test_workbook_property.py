"""Whatever book is written as the format says is read back to the same records."""

from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loanfund.documents.workbook.cell import plain
from loanfund.documents.workbook.reading import read_book
from loanfund.domain.book import (
    Book,
    BorrowerKind,
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    Place,
    ReceiptRecord,
    RescheduleRecord,
    Sheet,
)
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
from tests.workbooks import Sheets, save

pytestmark = pytest.mark.slow

T = TypeVar("T")

WORDS: dict[tuple[type, object], str] = {  # by type too: both kinds of "bank" are equal
    (BorrowerKind, BorrowerKind.COOPERATIVE): "HTX",
    (BorrowerKind, BorrowerKind.COOPERATIVE_UNION): "Liên hiệp HTX",
    (BorrowerKind, BorrowerKind.COOPERATIVE_GROUP): "Tổ hợp tác",
    (BorrowerKind, BorrowerKind.MEMBER): "Thành viên HTX",
    (OverdueMethod, OverdueMethod.WHOLE_DEBT): "Cả khoản nợ",
    (OverdueMethod, OverdueMethod.TRANSFERRED_PART): "Phần chuyển quá hạn",
    (DebtRuleSet, DebtRuleSet.MFI): "TCVM",
    (DebtRuleSet, DebtRuleSet.BANK): "TCTD",
    (RepaymentMethod, RepaymentMethod.PRINCIPAL_AT_MATURITY): "Gốc cuối kỳ",
    (RepaymentMethod, RepaymentMethod.EQUAL_PRINCIPAL): "Gốc đều",
    (RepaymentMethod, RepaymentMethod.ANNUITY): "Trả góp đều",
    (RepaymentMethod, RepaymentMethod.CUSTOM): "Theo thỏa thuận",
    (DayCount, DayCount.ACTUAL_365): "Thực tế/365",
    (DayCount, DayCount.ACTUAL_360): "Thực tế/360",
    (DayCount, DayCount.ACTUAL_ACTUAL): "Thực tế/thực tế",
    (DayCount, DayCount.THIRTY_E_360): "30E/360",
    (WorkingDayRule, WorkingDayRule.NONE): "Giữ nguyên",
    (WorkingDayRule, WorkingDayRule.FOLLOWING): "Ngày làm việc kế tiếp",
    (Prepayment, Prepayment.NEXT_FIRST): "Kỳ gần nhất trước",
    (Prepayment, Prepayment.LAST_FIRST): "Kỳ cuối trước",
    (Surplus, Surplus.CREDIT): "Giữ lại",
    (Surplus, Surplus.PRINCIPAL): "Trả bớt gốc",
    (PaymentMethod, PaymentMethod.CASH): "Tiền mặt",
    (PaymentMethod, PaymentMethod.BANK): "Chuyển khoản",
    (RescheduleKind, RescheduleKind.ADJUST): "Điều chỉnh",
    (RescheduleKind, RescheduleKind.EXTEND): "Gia hạn",
}
FIELDS = {
    "Nguồn vốn": {
        "Mã nguồn": "code",
        "Tên nguồn vốn": "name",
        "Quỹ chịu rủi ro": "bears_risk",
        "Cách tính quá hạn": "overdue_method",
        "Bộ quy tắc phân loại nợ": "debt_rule_set",
    },
    "Biến động vốn": {
        "Mã nguồn": "source",
        "Ngày": "value_date",
        "Số tiền": "amount",
        "Bên góp": "contributor",
        "Diễn giải": "note",
    },
    "Khách hàng": {
        "Mã KH": "code",
        "Tên": "name",
        "Loại": "kind",
        "Mã số thuế": "tax_code",
        "Người đại diện": "legal_representative",
        "Điện thoại": "phone",
        "Email": "email",
        "Địa chỉ": "address",
        "Huyện": "area",
        "Lĩnh vực": "sector",
    },
    "Hợp đồng": {
        "Số hợp đồng": "number",
        "Mã KH": "borrower",
        "Mã nguồn": "source",
        "Ngày ký": "signed_on",
        "Số tiền duyệt": "amount",
        "Lãi suất %/năm": "annual_rate",
        "Thời hạn (tháng)": "term_months",
        "Cách trả gốc": "repayment_method",
        "Kỳ trả gốc (tháng)": "principal_every_months",
        "Ân hạn gốc (tháng)": "principal_grace_months",
        "Ngày trả lãi": "interest_day",
        "Lãi chậm trả %/năm": "late_interest_rate",
        "Làm tròn gốc": "principal_rounding",
        "Mục đích": "purpose",
        "Giá trị TSBĐ khấu trừ": "deductible_collateral",
        "Lao động": "jobs",
        "Kỳ trả lãi (tháng)": "interest_every_months",
        "Cách đếm ngày": "day_count",
        "Ngày nghỉ chuyển sang": "working_day_rule",
        "Trả trước trừ vào": "prepayment",
        "Tiền thừa": "surplus",
        "Dung sai": "tolerance",
    },
    "Giải ngân": {
        "Số hợp đồng": "contract",
        "Số khế ước": "number",
        "Ngày": "value_date",
        "Số tiền": "amount",
    },
    "Thu nợ": {
        "Số phiếu": "number",
        "Số hợp đồng": "contract",
        "Ngày": "value_date",
        "Số tiền": "amount",
        "Hình thức": "method",
        "Diễn giải": "note",
        "Tiền thừa": "surplus",
    },
    "Cơ cấu nợ": {
        "Số hợp đồng": "contract",
        "Ngày": "value_date",
        "Hình thức": "kind",
        "Số quyết định": "decision",
        "Giữ nhóm nợ": "keeps_debt_group",
        "Lãi chưa trả đến hạn ngày": "unpaid_interest_due",
    },
}
SPLIT = {
    "Gốc": Component.PRINCIPAL,
    "Lãi": Component.INTEREST,
    "Lãi quá hạn": Component.OVERDUE_INTEREST,
    "Lãi chậm trả": Component.LATE_INTEREST,
}

PLACES = {sheet: Place(sheet, 2) for sheet in Sheet}
TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\ufffe\uffff"),
    max_size=30,
).map(plain)
# Codes that differ more than by the case of a letter.
CODES = st.text("ABĐ0123456789/.-_", min_size=1, max_size=20)
GIVEN = TEXTS.filter(bool).filter(lambda words: words[0] not in "=#")
MAYBE = st.none() | GIVEN
DAYS = st.dates(date(1990, 1, 1), date(2199, 12, 31))
AMOUNTS = st.builds(Money, st.integers(1, 10**15))
PARTS = st.builds(Money, st.integers(0, 10**14))
PARTS_OF_PLAN = st.builds(Money, st.integers(1, 10**14))
METHODS = st.sampled_from(RepaymentMethod)


def rates(highest: int) -> st.SearchStrategy[Rate]:
    return st.builds(Rate, st.integers(0, highest * 10_000))


def maybe(low: int, high: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(low, high)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlannedInstalment, ...]:
    days = sorted(draw(st.sets(DAYS, min_size=1, max_size=4)))
    return tuple(PlannedInstalment(day, draw(PARTS_OF_PLAN)) for day in days)


@st.composite
def contracts(draw: st.DrawFn) -> ContractRecord:
    method = draw(METHODS)
    plan = draw(plans()) if method is RepaymentMethod.CUSTOM else ()
    summed = st.just(Money(sum(one.amount.dong for one in plan)))
    return draw(
        st.builds(
            ContractRecord,
            place=st.just(PLACES[Sheet.CONTRACT]),
            number=CODES,
            borrower=CODES,
            source=CODES,
            signed_on=DAYS,
            amount=summed if plan else AMOUNTS,
            annual_rate=rates(100),
            term_months=st.integers(1, 1200),
            repayment_method=st.just(method),
            principal_every_months=maybe(1, 1200),
            principal_grace_months=maybe(0, 1200),
            interest_day=maybe(1, 31),
            overdue_rate_thousandths=maybe(0, 10_000),
            late_interest_rate=st.none() | rates(10),
            principal_rounding=maybe(1, 10**9),
            purpose=MAYBE,
            deductible_collateral=st.none() | PARTS,
            jobs=maybe(0, 10**6),
            principal_plan=st.just(plan),
            interest_every_months=maybe(1, 1200),
            day_count=st.none() | st.sampled_from(DayCount),
            working_day_rule=st.none() | st.sampled_from(WorkingDayRule),
            prepayment=st.none() | st.sampled_from(Prepayment),
            surplus=st.none() | st.sampled_from(Surplus),
            tolerance=st.none() | PARTS,
        )
    )


@st.composite
def receipts(draw: st.DrawFn) -> ReceiptRecord:
    parts = draw(st.none() | st.tuples(AMOUNTS, PARTS, PARTS, PARTS))
    amount = draw(AMOUNTS)
    split = None
    if parts:
        split = dict(
            zip(SPLIT.values(), (Money(one.dong // 10 + 1) for one in parts), strict=True)
        )
        amount = Money(sum(one.dong for one in split.values()))
    return ReceiptRecord(
        place=PLACES[Sheet.RECEIPT],
        number=draw(CODES),
        contract=draw(CODES),
        value_date=draw(DAYS),
        amount=amount,
        method=draw(st.sampled_from(PaymentMethod)),
        split=split,
        note=draw(MAYBE),
        surplus=draw(st.none() | st.sampled_from(Surplus)),
    )


def several(records: st.SearchStrategy[T], *key: str) -> st.SearchStrategy[tuple[T, ...]]:
    def key_of(record: T) -> tuple[Any, ...]:
        return tuple(getattr(record, name) for name in key)

    return st.lists(records, max_size=4, unique_by=key_of if key else None).map(tuple)


BOOKS = st.builds(
    Book,
    sources=several(
        st.builds(
            CapitalSourceRecord,
            place=st.just(PLACES[Sheet.SOURCE]),
            code=CODES,
            name=GIVEN,
            bears_risk=st.booleans(),
            overdue_method=st.sampled_from(OverdueMethod),
            debt_rule_set=st.sampled_from(DebtRuleSet),
        ),
        "code",
    ),
    movements=several(
        st.builds(
            CapitalMovementRecord,
            place=st.just(PLACES[Sheet.MOVEMENT]),
            source=CODES,
            value_date=DAYS,
            amount=AMOUNTS | AMOUNTS.map(lambda amount: -amount),
            contributor=GIVEN,
            note=MAYBE,
            rank=st.just(0),
        ),
        "source",
    ),
    borrowers=several(
        st.builds(
            BorrowerRecord,
            place=st.just(PLACES[Sheet.BORROWER]),
            code=CODES,
            name=GIVEN,
            kind=st.sampled_from(BorrowerKind),
            tax_code=MAYBE,
            phone=MAYBE,
            email=MAYBE,
            address=MAYBE,
            area=MAYBE,
            sector=MAYBE,
        ),
        "code",
    ),
    contracts=several(contracts(), "number"),
    disbursements=several(
        st.builds(
            DisbursementRecord,
            place=st.just(PLACES[Sheet.DISBURSEMENT]),
            contract=CODES,
            number=CODES,
            value_date=DAYS,
            amount=AMOUNTS,
        ),
        "number",
    ),
    receipts=several(receipts(), "number"),
    reschedules=several(
        st.builds(
            RescheduleRecord,
            place=st.just(PLACES[Sheet.RESCHEDULE]),
            contract=CODES,
            value_date=DAYS,
            kind=st.sampled_from(RescheduleKind),
            decision=GIVEN,
            keeps_debt_group=st.booleans(),
            unpaid_interest_due=st.none() | DAYS,
            plan=plans(),
        ),
        "contract",
        "value_date",
    ),
    sha256=st.just(""),
)


def written(value: Any) -> Any:
    """Give a value as a person would type it into a cell."""
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, Rate):
        return float(value.text)
    if isinstance(value, bool):
        return "Có" if value else "Không"
    return WORDS.get((type(value), value), value)


def as_sheets(book: Book) -> Sheets:
    """Write a book as the format says."""
    records: dict[str, tuple[Any, ...]] = {
        "Nguồn vốn": book.sources,
        "Biến động vốn": book.movements,
        "Khách hàng": book.borrowers,
        "Hợp đồng": book.contracts,
        "Giải ngân": book.disbursements,
        "Thu nợ": book.receipts,
        "Cơ cấu nợ": book.reschedules,
    }
    content: Sheets = {}
    for title, fields in FIELDS.items():
        rows = [
            [written(getattr(one, name)) for name in fields.values()] for one in records[title]
        ]
        content[title] = [list(fields), *rows]
    content["Hợp đồng"][0].append("Lãi quá hạn (% lãi trong hạn)")
    for row, contract in zip(content["Hợp đồng"][1:], book.contracts, strict=True):
        thousandths = contract.overdue_rate_thousandths
        row.append(None if thousandths is None else thousandths / 10)
    content["Thu nợ"][0].extend(SPLIT)
    for row, receipt in zip(content["Thu nợ"][1:], book.receipts, strict=True):
        split = receipt.split
        row.extend(None if split is None else split[one].dong for one in SPLIT.values())
    content["Lịch gốc"] = [["Số hợp đồng", "Ngày đến hạn", "Số tiền gốc"]] + [
        [contract.number, one.due_date, one.amount.dong]
        for contract in book.contracts
        for one in contract.principal_plan
    ]
    content["Lịch cơ cấu"] = [
        ["Số hợp đồng", "Ngày cơ cấu", "Ngày đến hạn", "Số tiền gốc"],
        *(
            [rescheduling.contract, rescheduling.value_date, one.due_date, one.amount.dong]
            for rescheduling in book.reschedules
            for one in rescheduling.plan
        ),
    ]
    return content


@settings(
    max_examples=10,
    deadline=None,  # each example starts a process, so that shrinking would take minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(book=BOOKS)
def test_a_book_that_is_written_is_read_back(tmp_path: Path, book: Book) -> None:
    assert read_book(save(tmp_path / "book.xlsx", as_sheets(book))) == book
