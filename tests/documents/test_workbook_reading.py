"""Right workbooks are read exactly; wrong ones are refused with every reason at once."""

import json
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from loanfund.documents.workbook.grid import Cell, CellKind
from loanfund.documents.workbook.layout import LAYOUTS
from loanfund.documents.workbook.reading import read_book
from loanfund.documents.workbook.sentence import sentence
from loanfund.domain.book import Book, BorrowerKind, Place, Sheet
from loanfund.domain.book_problem import BookProblem, ProblemCode, WorkbookRefusedError
from loanfund.domain.book_spelling import CODES
from loanfund.domain.errors import ConflictError
from loanfund.domain.event import PaymentMethod, RescheduleKind
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import (
    Component,
    DebtRuleSet,
    PlannedInstalment,
    RepaymentMethod,
)
from loanfund.paths import DEMO_BOOK, TRANSLATIONS
from loanfund.wording import LANGUAGES, explain, texts
from tests.workbooks import (
    BOOK,
    cell_of,
    make,
    read_here,
    repack,
    replaced,
    save,
    sheets,
    with_cell,
)

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[1] / "data"
NBSP = "\N{NO-BREAK SPACE}"

Found = list[tuple[str | None, int | None, str | None, ProblemCode]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def problems_of(path: Path) -> tuple[BookProblem, ...]:
    """Give why a workbook is refused; every reason can be said in both languages."""
    with pytest.raises(WorkbookRefusedError) as refusal:
        read_here(path)
    for language in LANGUAGES:
        assert str(len(refusal.value.problems)) in explain(refusal.value, language)
        assert all(sentence(problem, language) for problem in refusal.value.problems)
    return refusal.value.problems


def found(path: Path) -> Found:
    return [(one.sheet, one.row, one.column, one.code) for one in problems_of(path)]


def test_a_book_is_read_exactly(path: Path) -> None:
    book = read_here(save(path))

    assert [(one.code, one.bears_risk, one.overdue_method) for one in book.sources] == [
        ("QHT", True, OverdueMethod.WHOLE_DEBT),
        ("QVL", False, OverdueMethod.TRANSFERRED_PART),
    ]
    assert [one.debt_rule_set for one in book.sources] == [DebtRuleSet.MFI, DebtRuleSet.BANK]
    assert [(one.amount.dong, one.rank) for one in book.movements] == [
        (5_000_000_000, 0),
        (5_000_000_000, 1),
        (-1_000_000, 0),
    ]
    assert book.borrowers[0].phone == "0204 3000 100"
    assert book.borrowers[1].kind is BorrowerKind.COOPERATIVE_GROUP
    assert book.borrowers[1].tax_code is None
    assert book.disbursements[1].number == "KU2"
    assert len(book.sha256) == 64


def test_a_contract_keeps_what_is_given_and_leaves_the_rest_to_the_settings(
    path: Path,
) -> None:
    first, agreed = read_here(save(path)).contracts

    assert first.place == Place(Sheet.CONTRACT, 2)
    assert first.signed_on == date(2019, 3, 1)
    assert first.annual_rate == Rate.percent("6.6")
    assert first.overdue_rate_thousandths == 1500
    assert first.late_interest_rate == Rate.percent("10")
    assert first.deductible_collateral == Money(375_000_000)
    assert first.jobs == 12
    assert first.interest_day is None
    assert agreed.annual_rate == Rate.percent("7.92")
    assert agreed.repayment_method is RepaymentMethod.CUSTOM
    assert agreed.overdue_rate_thousandths is None
    assert agreed.principal_plan == (
        PlannedInstalment(date(2019, 10, 1), Money(40_000_000)),
        PlannedInstalment(date(2020, 4, 1), Money(50_000_000)),
    )


def a_rate_a_month(monthly: float | None, yearly: float | None) -> Any:
    content = with_cell("Hợp đồng", "Lãi suất %/năm", yearly)
    content["Hợp đồng"][0].append("Lãi suất %/tháng")
    content["Hợp đồng"][1].append(monthly)
    return content


def test_a_rate_may_be_given_a_month(path: Path) -> None:
    book = read_here(save(path, a_rate_a_month(0.55, None)))

    assert [one.annual_rate.text for one in book.contracts] == ["6.6", "7.92"]


@pytest.mark.parametrize(
    ("monthly", "yearly", "code"),
    [(0.55, 6.6, ProblemCode.BOTH_GIVEN), (None, None, ProblemCode.MISSING_VALUE)],
)
def test_a_rate_is_given_once(
    path: Path, monthly: float | None, yearly: float | None, code: ProblemCode
) -> None:
    assert found(save(path, a_rate_a_month(monthly, yearly))) == [
        ("Hợp đồng", 2, "Lãi suất %/năm", code)
    ]


def test_the_column_of_the_yearly_rate_may_be_that_of_the_monthly_one(path: Path) -> None:
    content = sheets()
    for row, monthly in zip(content["Hợp đồng"], ["Lãi suất %/tháng", 0.55, 0.66], strict=True):
        row[5] = monthly

    assert read_here(save(path, content)) == read_here(save(path.with_name("year.xlsx")))


def test_receipts_and_reschedulings_are_read(path: Path) -> None:
    book = read_here(save(path))

    assert [one.method for one in book.receipts] == [PaymentMethod.CASH, PaymentMethod.BANK]
    assert book.receipts[0].split is None
    assert book.receipts[1].split == {
        Component.INTEREST: Money(100_000),
        Component.OVERDUE_INTEREST: Money(0),
        Component.LATE_INTEREST: Money(0),
        Component.PRINCIPAL: Money(500_000),
    }
    rescheduling = book.reschedules[0]
    assert rescheduling.kind is RescheduleKind.EXTEND
    assert rescheduling.keeps_debt_group
    assert rescheduling.unpaid_interest_due == date(2020, 7, 31)
    assert [one.due_date.year for one in rescheduling.plan] == [2021, 2022]


def test_the_book_of_2020_is_read() -> None:
    book = read_book(DEMO_BOOK)

    assert (len(book.sources), len(book.borrowers), len(book.contracts)) == (2, 74, 94)
    assert (len(book.receipts), len(book.reschedules)) == (1250, 4)


def test_the_book_of_2020_adds_up_to_what_was_published() -> None:
    book = read_book(DEMO_BOOK)
    expected = json.loads((DATA / "bacgiang-2020.expected.json").read_text())

    for day, figures in expected["figures"].items():
        for source, figure in figures.items():
            capital = sum(
                one.amount.dong
                for one in book.movements
                if one.source == source and one.value_date <= date.fromisoformat(day)
            )
            assert capital == figure["capital"], (day, source)
    for number, loan in expected["loans_at_2020_05_31"].items():
        receipts = [
            one
            for one in book.receipts
            if one.contract == number and one.value_date <= date(2020, 5, 31)
        ]
        assert len(receipts) == loan["receipts"], number


def test_columns_may_stand_in_any_order(path: Path) -> None:
    turned = {title: [row[::-1] for row in rows] for title, rows in BOOK.items()}

    assert read_here(save(path, turned)) == read_here(save(path.with_name("other.xlsx")))


def test_a_later_workbook_may_hold_new_receipts_only(path: Path) -> None:
    book = read_here(save(path, {"Thu nợ": BOOK["Thu nợ"]}))

    assert book.contracts == ()
    assert len(book.receipts) == 2


def test_spaces_and_composition_of_letters_make_no_difference(path: Path) -> None:
    def strewn(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        loose = value.replace(" ", f" {NBSP} ")
        return f"{NBSP} {unicodedata.normalize('NFD', loose)}\n"

    content = {
        unicodedata.normalize("NFD", title): [[strewn(value) for value in row] for row in rows]
        for title, rows in BOOK.items()
    }

    assert read_here(save(path, content)) == read_here(save(path.with_name("plain.xlsx")))


def test_empty_rows_and_cells_of_spaces_say_nothing(path: Path) -> None:
    content = sheets()
    content["Thu nợ"][2:2] = [[], [None, "  ", NBSP]]

    book = read_here(save(path, content))

    assert [one.place.row for one in book.receipts] == [2, 5]


def test_a_heading_of_spaces_over_nothing_says_nothing(path: Path) -> None:
    content = sheets()
    content["Giải ngân"][0].append(NBSP)

    assert len(read_here(save(path, content)).disbursements) == 2


def test_hidden_rows_columns_and_sheets_are_read_like_others(path: Path) -> None:
    workbook = make()
    workbook["Thu nợ"].row_dimensions[3].hidden = True
    workbook["Thu nợ"].column_dimensions["D"].hidden = True
    workbook["Khách hàng"].sheet_state = "veryHidden"
    workbook.save(path)

    book = read_here(path)

    assert len(book.receipts) == 2
    assert len(book.borrowers) == 2


@pytest.mark.parametrize(
    "written",
    ["05/04/2019", f" 05/04/2019{NBSP}", datetime(2019, 4, 5, 14, 30)],  # noqa: DTZ001 -- Excel knows no zones
)
def test_a_day_may_have_a_time_or_be_text(path: Path, written: object) -> None:
    book = read_here(save(path, with_cell("Thu nợ", "Ngày", written)))

    assert book.receipts[0].value_date == date(2019, 4, 5)


def test_days_of_1904_workbooks_are_the_days_that_they_show(path: Path) -> None:
    workbook = make()
    workbook.epoch = CALENDAR_MAC_1904
    workbook.save(path)

    assert read_here(path).receipts[0].value_date == date(2019, 4, 5)


@pytest.mark.parametrize("written", ["1650000", "1650000.0", "1.65E6"])
def test_whole_amounts_may_be_written_as_floats(path: Path, written: str) -> None:
    edit = replaced("xl/worksheets/sheet7.xml", "<v>1650000</v>", f"<v>{written}</v>")

    book = read_here(repack(save(path), edit))

    assert book.receipts[0].amount == Money(1_650_000)


@pytest.mark.parametrize(
    ("written", "ppm"),
    [(6.6, 66_000), (7, 70_000), (0.07, 700), (0, 0), (13.75, 137_500), (7.1234, 71_234)],
)
def test_rates_are_exact(path: Path, written: float, ppm: int) -> None:
    book = read_here(save(path, with_cell("Hợp đồng", "Lãi suất %/năm", written)))

    assert book.contracts[0].annual_rate == Rate(ppm)


def test_a_percent_sign_in_quotes_is_only_shown(path: Path) -> None:
    workbook = make()
    cell_of(workbook, "Hợp đồng", "Lãi suất %/năm").number_format = '0.00"%"'
    workbook.save(path)

    assert read_here(path).contracts[0].annual_rate == Rate.percent("6.6")


def test_text_that_looks_like_a_formula_stays_text(path: Path) -> None:
    workbook = make()
    cell = cell_of(workbook, "Thu nợ", "Diễn giải")
    cell.value = "=HYPERLINK(1)"
    cell.data_type = "s"
    workbook.save(path)

    assert read_here(path).receipts[0].note == "=HYPERLINK(1)"


READ_VALUES: list[tuple[str, str, Any, Any]] = [  # what may be typed, and what is meant
    ("Thu nợ", "Số tiền", "1.650.000", 1_650_000),
    ("Thu nợ", "Số tiền", "1650000", 1_650_000),
    ("Thu nợ", "Số tiền", " 1,650,000 ", 1_650_000),
    ("Thu nợ", "Số tiền", f"1{NBSP}650{NBSP}000 đ", 1_650_000),
    ("Thu nợ", "Số tiền", "1.650.000 VNĐ", 1_650_000),
    ("Thu nợ", "Ngày", "5/4/2019", date(2019, 4, 5)),
    ("Thu nợ", "Ngày", "05.04.2019", date(2019, 4, 5)),
    ("Thu nợ", "Ngày", "05-04-2019", date(2019, 4, 5)),
    ("Thu nợ", "Ngày", "2019-04-05", date(2019, 4, 5)),
    ("Thu nợ", "Hình thức", "TIỀN MẶT", "Tiền mặt"),
    ("Thu nợ", "Số phiếu", "P\u200bT\u00ad1\ufeff", "PT1"),
    ("Thu nợ", "Số phiếu", "ＰＴ１", "PT1"),  # as some keyboards write Latin letters
    ("Thu nợ", "Diễn giải", "Thu\u202e lãi", "Thu lãi"),
    ("Khách hàng", "Loại", "htx", "HTX"),
    ("Hợp đồng", "Lãi suất %/năm", "6,6", 6.6),
    ("Hợp đồng", "Lãi suất %/năm", "6.6 %", 6.6),
    ("Hợp đồng", "Lãi suất %/năm", 6.599999999999999, 6.6),  # 0,55 × 12
    ("Hợp đồng", "Thời hạn (tháng)", "24", 24),
    ("Hợp đồng", "Mã KH", "kh1", "KH1"),
    ("Cơ cấu nợ", "Giữ nhóm nợ", "có", "Có"),
    ("Lịch gốc", "Số tiền gốc", "40.000.000", 40_000_000),
]


@pytest.mark.parametrize(("title", "heading", "typed", "meant"), READ_VALUES)
def test_what_can_mean_one_thing_only_is_read(
    tmp_path: Path, title: str, heading: str, typed: object, meant: object
) -> None:
    as_typed = save(tmp_path / "typed.xlsx", with_cell(title, heading, typed))
    as_meant = save(tmp_path / "meant.xlsx", with_cell(title, heading, meant))

    assert read_here(as_typed) == read_here(as_meant)


def test_other_names_of_a_choice_are_read(path: Path) -> None:
    book = read_here(save(path, with_cell("Hợp đồng", "Cách trả gốc", "cuối kỳ")))

    assert book.contracts[0].repayment_method is RepaymentMethod.PRINCIPAL_AT_MATURITY


def test_headings_and_titles_of_sheets_may_be_written_in_any_case(path: Path) -> None:
    content = {
        title.upper(): [[str(heading).upper() for heading in rows[0]], *rows[1:]]
        for title, rows in BOOK.items()
    }

    assert read_here(save(path, content)) == read_here(save(path.with_name("plain.xlsx")))


def test_titles_may_stand_above_the_headings(path: Path) -> None:
    workbook = make({title: [["QUỸ HỖ TRỢ"], [], *rows] for title, rows in BOOK.items()})
    for sheet in workbook.worksheets:
        sheet.merge_cells("A1:C1")
    workbook.save(path)

    book = read_here(path)

    assert book == read_here(save(path.with_name("plain.xlsx")))
    assert [one.place.row for one in book.receipts] == [4, 5]


def test_a_sheet_without_a_word_is_no_sheet(path: Path) -> None:
    content = {**sheets(), "Sheet1": [], "Sheet2": [["  ", None]]}

    assert len(read_here(save(path, content)).receipts) == 2


@pytest.mark.parametrize(
    ("name", "facts"),
    [  # contracts, receipts, and the rate of the first contract
        ("w05_strict", (2, 2, "7.2")),
        ("w13_case", (2, 2, "7.2")),
        ("w20_zwsp", (2, 2, "7.2")),
        ("x01b_comment_br", (2, 2, "7.2")),
        ("x03_2", (2, 2, "7.2")),
        ("y3_cash_rounding", (3, 12, "6")),
        ("amounts-in-million", (1, 1, "0.55")),
    ],
)
def test_files_as_people_have_them_are_read(name: str, facts: tuple[int, int, str]) -> None:
    book = read_here(DATA / "inputs" / f"{name}.xlsx")

    numbers = {contract.number for contract in book.contracts}
    assert (len(numbers), len(book.receipts), book.contracts[0].annual_rate.text) == facts
    assert {receipt.contract for receipt in book.receipts} <= numbers


BAD_VALUES: list[tuple[str, str, Any, ProblemCode]] = [
    ("Thu nợ", "Số tiền", "1,234", ProblemCode.NUMBER_AS_TEXT),
    ("Thu nợ", "Số tiền", "1.234,5", ProblemCode.NUMBER_AS_TEXT),
    ("Thu nợ", "Số tiền", "1.23.456", ProblemCode.NUMBER_AS_TEXT),
    ("Thu nợ", "Số tiền", "một triệu", ProblemCode.NOT_A_NUMBER),
    ("Thu nợ", "Số tiền", 1_650_000.5, ProblemCode.NOT_WHOLE),
    ("Thu nợ", "Số tiền", 0, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Thu nợ", "Số tiền", -5, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Thu nợ", "Số tiền", 1e300, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Thu nợ", "Số tiền", True, ProblemCode.NOT_A_NUMBER),
    ("Thu nợ", "Số tiền", date(2019, 1, 1), ProblemCode.NOT_A_NUMBER),
    ("Thu nợ", "Số tiền", "=1+1", ProblemCode.FORMULA),
    ("Thu nợ", "Số tiền", "#REF!", ProblemCode.ERROR_VALUE),
    ("Thu nợ", "Số tiền", None, ProblemCode.MISSING_VALUE),
    ("Thu nợ", "Ngày", "31/02/2019", ProblemCode.NO_SUCH_DAY),
    ("Thu nợ", "Ngày", "2019-04", ProblemCode.NOT_A_DAY),
    ("Thu nợ", "Ngày", "5/4/19", ProblemCode.NOT_A_DAY),
    ("Thu nợ", "Ngày", 43_560, ProblemCode.NOT_A_DAY),
    ("Thu nợ", "Ngày", datetime(2019, 4, 5).time(), ProblemCode.NOT_A_DAY),  # noqa: DTZ001
    ("Thu nợ", "Ngày", date(1919, 4, 5), ProblemCode.DAY_OUT_OF_RANGE),
    ("Thu nợ", "Ngày", "05/04/0219", ProblemCode.DAY_OUT_OF_RANGE),
    ("Thu nợ", "Ngày", "=TODAY()", ProblemCode.FORMULA),
    ("Thu nợ", "Hình thức", "Séc", ProblemCode.UNKNOWN_CHOICE),
    ("Thu nợ", "Hình thức", "=A1", ProblemCode.FORMULA),
    ("Thu nợ", "Số phiếu", 7, ProblemCode.NOT_TEXT),
    ("Thu nợ", "Số phiếu", "#N/A", ProblemCode.ERROR_VALUE),
    ("Thu nợ", "Số phiếu", "x" * 101, ProblemCode.TEXT_TOO_LONG),
    ("Khách hàng", "Điện thoại", 204_300_100, ProblemCode.NOT_TEXT),
    ("Khách hàng", "Loại", "Công ty", ProblemCode.UNKNOWN_CHOICE),
    ("Nguồn vốn", "Quỹ chịu rủi ro", True, ProblemCode.UNKNOWN_CHOICE),
    ("Biến động vốn", "Số tiền", 0, ProblemCode.ZERO),
    ("Hợp đồng", "Lãi suất %/năm", "1.375,5", ProblemCode.NUMBER_AS_TEXT),
    ("Hợp đồng", "Lãi suất %/năm", "7,2 một năm", ProblemCode.NOT_A_NUMBER),
    ("Hợp đồng", "Lãi suất %/năm", 1375, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Hợp đồng", "Lãi suất %/năm", 6.60001, ProblemCode.TOO_MANY_DECIMALS),
    ("Hợp đồng", "Lãi suất %/năm", 7.19999999999, ProblemCode.TOO_MANY_DECIMALS),
    ("Hợp đồng", "Lãi quá hạn (% lãi trong hạn)", 130.25, ProblemCode.TOO_MANY_DECIMALS),
    ("Hợp đồng", "Lãi chậm trả %/năm", 10.5, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Hợp đồng", "Thời hạn (tháng)", 0, ProblemCode.NUMBER_OUT_OF_RANGE),
    ("Hợp đồng", "Cách trả gốc", "Tùy ý", ProblemCode.UNKNOWN_CHOICE),
    ("Cơ cấu nợ", "Giữ nhóm nợ", "co", ProblemCode.UNKNOWN_CHOICE),
]
KEYS = {"Thu nợ": 0, "Khách hàng": 0, "Nguồn vốn": 0, "Hợp đồng": 0, "Cơ cấu nợ": 0}


@pytest.fixture(scope="module")
def refused_values(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Found]:
    """Put every bad value into a row of its own, in one workbook, and read it once."""
    content = sheets()
    for title, heading, value, _ in BAD_VALUES:
        row = list(BOOK[title][1])
        if title in KEYS:
            row[KEYS[title]] = f"{title} {len(content[title])}"
        row[BOOK[title][0].index(heading)] = value
        content[title].append(row)
    result: dict[tuple[str, int], Found] = {}
    path = save(tmp_path_factory.mktemp("workbook") / "book.xlsx", content)
    for sheet, row_number, column, code in found(path):
        assert sheet is not None
        assert row_number is not None
        key = (sheet, row_number)
        result.setdefault(key, []).append((sheet, row_number, column, code))
    return result


@pytest.mark.parametrize("case", range(len(BAD_VALUES)), ids=lambda n: str(BAD_VALUES[n][1:3]))
def test_a_value_that_is_not_of_its_columns_kind_is_refused(
    refused_values: dict[tuple[str, int], Found], case: int
) -> None:
    sheet, heading, _, code = BAD_VALUES[case]
    earlier = sum(one[0] == sheet for one in BAD_VALUES[:case])
    row = len(BOOK[sheet]) + earlier + 1

    assert refused_values[sheet, row] == [(sheet, row, heading, code)]


def test_nothing_but_the_bad_values_is_refused(
    refused_values: dict[tuple[str, int], Found],
) -> None:
    assert len(refused_values) == len(BAD_VALUES)


def test_an_infinite_number_is_none(path: Path) -> None:
    edit = replaced("xl/worksheets/sheet7.xml", "<v>1650000</v>", "<v>1E999</v>")

    assert found(repack(save(path), edit)) == [
        ("Thu nợ", 2, "Số tiền", ProblemCode.NOT_A_NUMBER)
    ]


def test_a_rate_shown_as_percentage_is_refused(path: Path) -> None:
    workbook = make()
    cell = cell_of(workbook, "Hợp đồng", "Lãi suất %/năm")
    cell.value, cell.number_format = 0.066, "0.0%"
    workbook.save(path)

    assert found(path) == [("Hợp đồng", 2, "Lãi suất %/năm", ProblemCode.PERCENT_FORMAT)]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (CellKind.NUMBER, 12.5, "12,5"),
        (CellKind.NUMBER, 0.1 + 0.2, "0,3"),
        (CellKind.NUMBER, 7, "7"),
        (CellKind.PERCENTAGE, 0.066, "6,6%"),
        (CellKind.TEXT, "2.5tr", "2.5tr"),
    ],
)
def test_a_number_is_quoted_as_numbers_are_written_here(
    kind: CellKind, value: float | str, shown: str
) -> None:
    assert Cell(kind, value).shown == shown


def test_a_day_that_excel_cannot_show_is_refused(path: Path) -> None:
    workbook = make()
    cell = cell_of(workbook, "Thu nợ", "Ngày")
    cell.value, cell.number_format = 99_999_999, "dd/mm/yyyy"
    workbook.save(path)

    assert found(path) == [("Thu nợ", 2, "Ngày", ProblemCode.ERROR_VALUE)]


def with_head(title: str, place: int, heading: object) -> Any:
    content = sheets()
    content[title][0][place] = heading
    return content


def with_sheet(title: str) -> Any:
    return {**sheets(), title: [["Ghi chú"]]}


def without_sheet(title: str) -> Any:
    content = sheets()
    del content[title]
    return content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (with_sheet("Sheet1"), [("Sheet1", None, None, ProblemCode.UNKNOWN_SHEET)]),
        (
            {"Sheet1": [["a"]]},
            [
                ("Sheet1", None, None, ProblemCode.UNKNOWN_SHEET),
                (None, None, None, ProblemCode.NO_SHEET),
            ],
        ),
        (
            {**sheets(), unicodedata.normalize("NFD", "Thu nợ"): BOOK["Thu nợ"]},
            [("Thu nợ", None, None, ProblemCode.DUPLICATE_SHEET)],
        ),
        (
            without_sheet("Lịch gốc"),
            [("Lịch gốc", None, None, ProblemCode.MISSING_SHEET)],
        ),
        (
            without_sheet("Lịch cơ cấu"),
            [("Lịch cơ cấu", None, None, ProblemCode.MISSING_SHEET)],
        ),
        (
            with_head("Thu nợ", 9, "Ghi chú"),
            [("Thu nợ", None, "Ghi chú", ProblemCode.UNKNOWN_COLUMN)],
        ),
        (
            with_head("Thu nợ", 9, 2020),
            [("Thu nợ", None, "2020", ProblemCode.UNKNOWN_COLUMN)],
        ),
        (
            with_head("Thu nợ", 9, "Lãi"),
            [("Thu nợ", None, "Lãi", ProblemCode.DUPLICATE_COLUMN)],
        ),
        (
            with_head("Thu nợ", 0, "Số phiếu thu"),
            [
                ("Thu nợ", None, "Số phiếu thu", ProblemCode.UNKNOWN_COLUMN),
                ("Thu nợ", None, "Số phiếu", ProblemCode.MISSING_COLUMN),
            ],
        ),
        (with_head("Thu nợ", 9, None), [("Thu nợ", 2, None, ProblemCode.NO_HEADING)]),
        (
            {**sheets(), "Giải ngân": []},
            [
                ("Giải ngân", None, heading, ProblemCode.MISSING_COLUMN)
                for heading in BOOK["Giải ngân"][0]
            ],
        ),
    ],
)
def test_sheets_and_headings_must_be_those_of_a_book(
    path: Path, content: Any, expected: Found
) -> None:
    save(path, content)

    assert found(path) == expected


def test_merged_heads_are_refused(path: Path) -> None:
    workbook = make()
    workbook["Thu nợ"].merge_cells("F1:I1")
    workbook.save(path)

    refused = problems_of(path)

    assert (refused[0].code, refused[0].row) == (ProblemCode.MERGED_CELLS, 1)
    assert refused[0].value == "F1:I1"


def test_all_mistakes_of_all_sheets_are_named_at_once(path: Path) -> None:
    content = sheets()
    content["Thu nợ"][1][3] = "1,234"
    content["Thu nợ"][2][2] = "31/02/2019"
    content["Thu nợ"][2][1] = None
    content["Khách hàng"][1][2] = "Công ty"
    content["Khách hàng"].append(["KH2", "Lại là tổ hợp tác", "Tổ hợp tác"])
    content["Lịch gốc"][2][2] -= 1
    content["Lịch gốc"].append(["02/2019", date(2020, 1, 1), 1])
    content["Sheet1"] = [["Ghi chú"]]

    assert found(save(path, content)) == [
        ("Sheet1", None, None, ProblemCode.UNKNOWN_SHEET),
        ("Khách hàng", 2, "Loại", ProblemCode.UNKNOWN_CHOICE),
        ("Khách hàng", 4, "Mã KH", ProblemCode.DUPLICATE_KEY),
        ("Lịch gốc", 4, "Ngày đến hạn", ProblemCode.PLAN_NOT_INCREASING),
        ("Thu nợ", 2, "Số tiền", ProblemCode.NUMBER_AS_TEXT),
        ("Thu nợ", 3, "Số hợp đồng", ProblemCode.MISSING_VALUE),
        ("Thu nợ", 3, "Ngày", ProblemCode.NO_SUCH_DAY),
    ]


def test_one_bad_cell_is_not_told_again_by_the_rows_that_refer_to_it(path: Path) -> None:
    save(path, with_cell("Hợp đồng", "Số tiền duyệt", "90 triệu", row=3))

    assert found(path) == [("Hợp đồng", 3, "Số tiền duyệt", ProblemCode.NOT_A_NUMBER)]


def test_a_problem_is_said_with_its_place_its_value_and_the_way_out(path: Path) -> None:
    (problem,) = problems_of(save(path, with_cell("Thu nợ", "Số tiền", "1,234")))

    assert sentence(problem, "vi").startswith(
        "Trang “Thu nợ”, dòng 2, cột “Số tiền”, “1,234”: là chữ và có thể hiểu theo hai cách;"
    )
    assert sentence(problem, "en").startswith(
        "Sheet “Thu nợ”, row 2, column “Số tiền”, “1,234”: this is text that can be understood"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_rules_refuse_is_said_in_their_words(language: str) -> None:
    error = ConflictError("duplicate")
    problem = BookProblem(
        code=ProblemCode.REFUSED, sheet=Sheet.RECEIPT, row=7, facts={"error": error}
    )

    assert sentence(problem, language).endswith(f" 7: {explain(error, language)}")


def test_a_long_value_is_quoted_in_part(path: Path) -> None:
    (problem,) = problems_of(save(path, with_cell("Thu nợ", "Diễn giải", "x" * 5000)))

    assert problem.value == "x" * 59 + "…"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_its_sentence(language: str) -> None:
    written = {str(one.id) for one in texts.merged(TRANSLATIONS / language) if one.id}
    needed = {f"workbook.problem.{code}" for code in ProblemCode}

    # What the rules refuse is said in the words of the rules.
    assert needed - written == {"workbook.problem.refused"}


def test_a_file_that_is_not_there_is_refused(path: Path) -> None:
    with pytest.raises(WorkbookRefusedError) as refusal:
        read_book(path)

    assert [one.code for one in refusal.value.problems] == [ProblemCode.UNREADABLE]


def test_an_empty_book_is_a_book(path: Path) -> None:
    heads = {title: rows[:1] for title, rows in BOOK.items()}

    assert read_here(save(path, heads)) == Book()


def test_every_column_of_codes_reads_them_as_codes() -> None:
    headings = {heading.value for codes in CODES.values() for heading in codes.values()}
    columns = [
        (layout.sheet, one)
        for layout in LAYOUTS
        for one in layout.columns
        if one.heading in headings
    ]

    assert {one.heading for _, one in columns} == headings
    assert len({sheet for sheet, _ in columns}) >= len({*LAYOUTS}) - 1
    for _, column in columns:
        assert column.read(Cell(CellKind.TEXT, " ＰＴ\u200b１/HÐ ")) == "PT1/HĐ"
