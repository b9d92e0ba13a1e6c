"""The statement is read back from its PDF: every line, every sum, every letter."""

import hashlib
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from loanfund.documents.layout import BOTTOM, QR_SIZE, RIGHT, clean
from loanfund.documents.layout_table import decimal, figure, rate
from loanfund.documents.qr import QUIET_ZONE, matrix
from loanfund.documents.statement import render_statement
from loanfund.domain.codec import parse_event, parse_terms
from loanfund.domain.errors import LoanFundError
from loanfund.domain.history import read_history
from loanfund.domain.money import Money, total
from loanfund.domain.statement import statement
from loanfund.domain.statement_parts import (
    Balances,
    EarlierStatement,
    Records,
    Statement,
    Voucher,
)
from loanfund.paths import TRANSLATIONS
from loanfund.wording import LANGUAGES, amount_in_words, dmy, texts
from tests.documents.test_fonts import ACCENTED
from tests.papers import pages_of, words_of
from tests.programs import program
from tests.statements import (
    EXAMPLE_EVENTS,
    EXAMPLE_TERMS,
    EXAMPLE_VOUCHERS,
    ISSUE,
    a_head,
    a_reversed_repayment,
    a_statement,
    the_example,
)
from tests.strategies import cases

pytestmark = pytest.mark.slow

A4_UPRIGHT = (595, 842)
HOSTILE = (
    "<img src=file:///etc/passwd>",
    '<img src="http://127.0.0.1:9/x.png"/>',
    "<b>đậm</b> & <font color=red>đỏ</font>",
    "</para><para>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{number} {0} %s %(x)s",
    "<!-- chú thích",
    "<a href='javascript:alert(1)'>bấm</a>",
    "]]> <![CDATA[ x",
)


def flat(text: str) -> str:
    """Text without its line breaks and without the width of its spaces."""
    return " ".join(text.split())


def render(found: Statement, **changes: Any) -> str:
    return words_of(render_statement(found, replace(ISSUE, **changes)))


def joined(*cells: str) -> str:
    return flat(" ".join(cells))


def entry_rows(found: Statement) -> Iterator[str]:
    """Every line of the transactions as it should read."""
    has_credit = any(entry.amounts.credit for entry in found.entries)
    for entry in found.entries:
        one = entry.amounts
        columns = [one.disbursed, one.received, one.late_interest, one.overdue_interest]
        columns += [one.interest, one.principal, *([one.credit] if has_credit else [])]
        balance = entry.principal_balance
        yield joined(
            *(figure(amount) for amount in columns),
            "–" if balance is None else figure(balance, "–" if found.off_balance else "0"),
        )


def line_rows(found: Statement) -> Iterator[str]:
    for charge in found.charges:
        for line in charge.lines:
            amount = charge.exact if len(charge.lines) == 1 else line.amount
            yield joined(
                dmy(line.start),
                dmy(line.end),
                str(line.days),
                figure(line.balance),
                rate(line.annual_rate),
                decimal(amount),
            )
        yield joined(decimal(charge.exact), figure(charge.amount))


def equation_rows(found: Statement) -> Iterator[str]:
    for one in found.equations:
        terms = (one.opening, one.added, one.paid, one.waived, one.written_off, one.closing)
        yield joined(*(figure(amount, "0") for amount in terms))


def assert_everything_is_on(found: Statement, text: str) -> None:
    """What the statement says stands on the paper, in its order."""
    at = 0
    for row in [*entry_rows(found), *line_rows(found), *equation_rows(found)]:
        at = text.find(row, at)
        assert at >= 0, row
    for entry in found.entries:
        assert joined(dmy(entry.value_date), entry.number or "–") in text
    has_credit = any(one.credit for one in found.coming)
    for one in found.coming:
        credit = (one.credit,) if has_credit else ()
        amounts = (one.principal, one.prepaid, one.interest, *credit, one.to_pay)
        assert joined(dmy(one.due_date), *(figure(amount) for amount in amounts)) in text
    for lost in found.off_balance:
        terms = (lost.opening, lost.written_off, lost.recovered, lost.closing)
        assert joined(*(figure(amount, "0") for amount in terms)) in text
    owed = [lost.closing for lost in found.off_balance] or [found.closing.principal]
    assert amount_in_words(total(owed).dong) in text


# What stands on the paper.


def test_the_example_stands_on_the_paper() -> None:
    found = the_example()
    text = render(found)

    assert_everything_is_on(found, text)
    assert "05/04/2020 20/04/2020 15 300.000.000 7,20 % 887.671,23" in text
    assert "20/04/2020 05/05/2020 15 250.000.000 7,20 % 739.726,03" in text
    assert "30 1.627.397,26 1.627.397" in text
    assert "Gốc 0 300.000.000 50.000.000 0 0 250.000.000" in text
    assert "Lãi trong hạn 0 1.627.397 1.627.397 0 0 0" in text
    assert "7,20 %/năm = 0,60 %/tháng" in text
    assert "Số tiền để tất toán trong ngày 31/05/2020: 251.282.192 đ" in text
    assert "Lãi trong hạn dồn tích đến hết ngày 31/05/2020, chưa đến hạn" in text
    assert "theo dư nợ đến hết ngày 31/05/2020" in text  # the paper is made a day later


def test_the_head_names_fund_borrower_and_contract() -> None:
    found = the_example()
    text = render(found)

    head = found.head
    for fact in (head.fund.name, head.fund.address, head.fund.phone, head.borrower.name):
        assert fact in text
    for fact in (head.borrower.tax_code, head.source, head.purpose, head.contract_number):
        assert fact in text
    assert "023/2020/HĐTD ngày 01/04/2020" in text
    assert "Từ ngày 05/04/2020 đến hết ngày 31/05/2020" in text
    assert "như Quỹ ghi nhận đến lúc kết xuất ghi ở chân trang" in text
    assert "Bắc Giang, ngày 01 tháng 6 năm 2020" in text
    for title, name in (("NGƯỜI LẬP", ISSUE.issued_by), ("GIÁM ĐỐC", "Đặng Quốc Khánh")):
        assert title in text
        assert name in text


def test_a_reversed_line_is_struck_and_names_its_reversal() -> None:
    plain = render(the_example())
    struck = a_reversed_repayment()
    found = a_statement(
        EXAMPLE_TERMS,
        EXAMPLE_EVENTS,
        "2020-05-31",
        vouchers=EXAMPLE_VOUCHERS,
        reversed_events=[struck],
    )

    text = render(found)

    assert (
        "20/04/2020 PT-000106 Thu nợ. Ghi nhầm số tiền (đã hủy theo HT-000012) – 5.000.000"
        in text
    )
    total = "Cộng phát sinh 300.000.000 51.627.397"
    assert total in text
    assert total in plain


def test_arrears_rates_and_notices_are_said() -> None:
    terms = {**EXAMPLE_TERMS, "annual_rate": "7", "late_interest_rate": "10"}
    moved = {
        "id": "s",
        "type": "reschedule",
        "date": "2020-07-20",
        "kind": "extend",
        "plan": [{"date": "2021-10-05", "amount": 300_000_000}],
    }
    changed = {"id": "r", "type": "rate_change", "date": "2020-07-21", "annual_rate": "6.6"}
    found = a_statement(
        terms,
        [EXAMPLE_EVENTS[0], moved, changed],
        "2020-07-31",
        "2020-06-01",
        vouchers={"s": Voucher(number="15/QĐ-QHT")},
        disputes=("Khoản thu ngày 01/06/2020",),
    )

    text = render(found)

    assert_everything_is_on(found, text)
    assert "6,60 %/năm = 0,55 %/tháng (theo hợp đồng 7,00 %/năm)" in text
    assert "quá hạn 87 ngày" in text
    assert (
        "Gia hạn nợ ngày 20/07/2020, ngày đáo hạn mới 05/10/2021. Quyết định số 15/QĐ-QHT."
        in text
    )
    assert "Lãi suất từ ngày 21/07/2020: 6,60 %/năm." in text
    assert "Nội dung đang được xem xét: Khoản thu ngày 01/06/2020" in text
    assert "Trong đó lãi trong hạn đã đến hạn chưa trả" in text
    assert "trong vòng 15 ngày kể từ ngày phát hành, điện thoại 0204 3854 321" in text


def test_a_rate_that_is_no_round_month_is_called_about() -> None:
    found = a_statement({**EXAMPLE_TERMS, "annual_rate": "7"}, EXAMPLE_EVENTS, "2020-05-31")

    assert "7,00 %/năm, khoảng 0,5833 %/tháng" in render(found)


def test_a_difference_since_the_earlier_statement_is_one_line() -> None:
    said = Balances(principal=Money(260_000_000), interest=Money(12))
    found = a_statement(
        EXAMPLE_TERMS,
        EXAMPLE_EVENTS,
        "2020-05-31",
        "2020-05-01",
        earlier=EarlierStatement(number="SK-2020-000100", closing=said),
    )

    text = render(found)

    assert "Đầu ngày 01/05/2020 250.000.000 0 0 0 0" in text
    assert "Điều chỉnh sau khi phát hành SK-2020-000100 (10.000.000) (12) 0 0 0" in text


def test_credit_and_written_off_debt_are_equations_too() -> None:
    ahead = {"id": "e4", "type": "repayment", "date": "2020-05-06", "amount": 2_000_000}
    paid_ahead = a_statement(EXAMPLE_TERMS, (*EXAMPLE_EVENTS, ahead), "2020-06-30")
    lost = (
        *EXAMPLE_EVENTS[:2],
        {"id": "w", "type": "write_off", "date": "2020-05-05"},
        {"id": "y", "type": "recovery", "date": "2020-06-01", "amount": 100_000_000},
    )
    written_off = a_statement(EXAMPLE_TERMS, lost, "2020-06-30", "2020-05-01")

    credit, off_balance = render(paid_ahead), render(written_off)

    assert_everything_is_on(paid_ahead, credit)
    assert (
        "Tiền thừa: đầu kỳ 0 đ + nhận 2.000.000 đ − đã dùng trả nợ 1.528.767 đ − hoàn lại 0 đ"
        " = cuối kỳ 471.233 đ" in credit
    )
    assert_everything_is_on(written_off, off_balance)
    assert "Gốc 0 250.000.000 100.000.000 150.000.000" in off_balance
    assert "Lãi 0 1.627.397 0 1.627.397" in off_balance
    assert "Nợ đã xử lý rủi ro, còn phải thu: 151.627.397 đ" in off_balance
    assert "Cộng thu nợ đã xử lý rủi ro – 100.000.000" in off_balance
    assert "bên vay vẫn có nghĩa vụ trả" in off_balance


@pytest.mark.parametrize(
    ("last", "sentence"),
    [(True, "Khoản vay đã tất toán."), (False, "Không còn kỳ trả nợ nào phía trước")],
)
def test_a_loan_with_nothing_ahead_says_why(last: bool, sentence: str) -> None:  # noqa: FBT001
    terms = {**EXAMPLE_TERMS, "term_months": 1}
    paid = {"id": "p", "type": "repayment", "date": "2020-05-05", "amount": 301_775_342}
    events = [EXAMPLE_EVENTS[0], *([paid] if last else [])]
    found = a_statement(terms, events, "2020-05-31", "2020-05-20")

    text = render(found)

    assert sentence in text
    assert "Trong kỳ không có khoản lãi nào được tính hoặc đến hạn." in text


@pytest.mark.parametrize("day_count", ["actual/365", "actual/360", "actual/actual", "30E/360"])
def test_every_day_count_has_its_rule(day_count: str) -> None:
    found = a_statement({**EXAMPLE_TERMS, "day_count": day_count}, EXAMPLE_EVENTS, "2020-05-31")

    text = render(found)

    assert text.count("tính ngày đầu, không tính ngày cuối, làm tròn đến đồng theo kỳ") == 1
    assert_everything_is_on(found, text)


# A ledger of 2.000 lines.


@pytest.fixture(scope="module")
def long_ledger() -> Statement:
    first = date(2015, 1, 5)
    disbursed = {"id": "e", "type": "disbursement", "date": "2015-01-05", "amount": 300_000_000}
    paid = [
        {
            "id": f"p{number}",
            "type": "repayment",
            "date": (first + timedelta(days=number + 1)).isoformat(),
            "amount": 60_000 + number * 7919 % 50_000,
            "surplus": "principal",
        }
        for number in range(2000)
    ]
    events: list[dict[str, Any]] = [disbursed, *paid]
    vouchers = {
        event["id"]: Voucher(number=f"PT-{place:06d}", note="Thu tại quầy" if place % 3 else "")
        for place, event in enumerate(events)
    }
    terms = {**EXAMPLE_TERMS, "term_months": 120, "late_interest_rate": "10"}
    return a_statement(terms, events, "2020-12-31", vouchers=vouchers)


@pytest.fixture(scope="module")
def long_pages(long_ledger: Statement) -> list[str]:
    return pages_of(render_statement(long_ledger, ISSUE))


AMOUNT = r"(–|\(?[\d.]+\)?)"
ROW = re.compile(rf"(\d\d/\d\d/\d{{4}}) (PT-\d{{6}}) (.+?) {' '.join([AMOUNT] * 7)}(?= |$)")
CARRIED = re.compile(rf"Cộng mang sang {' '.join([AMOUNT] * 6)}")
BROUGHT = re.compile(rf"Cộng trang trước {' '.join([AMOUNT] * 6)}")
TOTAL = re.compile(rf"Cộng phát sinh {' '.join([AMOUNT] * 7)}")


def dong(cell: str) -> int:
    digits = cell.strip("()").replace(".", "").replace("–", "0")
    return -int(digits) if cell.startswith("(") else int(digits)


def added(rows: Sequence[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def test_two_thousand_lines_are_all_there(
    long_ledger: Statement, long_pages: list[str]
) -> None:
    assert len(long_ledger.entries) == 2001
    assert_everything_is_on(long_ledger, " ".join(long_pages))


def test_the_totals_are_those_of_the_rows_as_printed(long_pages: list[str]) -> None:
    text = " ".join(long_pages)
    rows = [[dong(cell) for cell in found.groups()[3:]] for found in ROW.finditer(text)]
    total = TOTAL.search(text)

    assert len(rows) == 2001
    assert total is not None
    *sums, closing = [dong(cell) for cell in total.groups()]
    assert sums == added([row[:6] for row in rows])
    assert closing == rows[-1][6]
    balance = 0
    for disbursed, received, late, overdue, interest, principal, after in rows:
        balance += disbursed - principal
        assert after == balance
        assert received == late + overdue + interest + principal


def test_sums_are_carried_from_page_to_page(long_pages: list[str]) -> None:
    so_far = [0] * 6
    brought_pages = 0
    for page in long_pages:
        rows = [[dong(cell) for cell in found.groups()[3:9]] for found in ROW.finditer(page)]
        if not rows:
            continue
        brought, carried = BROUGHT.search(page), CARRIED.search(page)
        if brought is not None:
            brought_pages += 1
            assert [dong(cell) for cell in brought.groups()] == so_far
        so_far = added([so_far, *rows])
        if carried is not None:
            assert [dong(cell) for cell in carried.groups()] == so_far
        assert "Số phiếu Nội dung" in page
    assert brought_pages > 30


def test_every_page_has_its_number_and_the_code(long_pages: list[str]) -> None:
    count = len(long_pages)
    running = "Sao kê SK-2020-000123 · Hợp đồng 023/2020/HĐTD"

    for number, page in enumerate(long_pages, start=1):
        assert f"Trang {number}/{count}" in page
        assert "Số SK-2020-000123 · Mã kiểm tra 7K3M-9QXT-2ABC" in page
        assert "Kết xuất lúc 01/06/2020 09:14 (GMT+7) bởi Trần Thị Ngọc Ánh" in page
        assert "Kiểm tra chứng từ tại https://quy.example.vn/verify/7K3M9QXT2ABC" in page
        assert (running in page) == (number > 1)


# The paper itself.


def test_the_same_statement_gives_the_same_bytes(tmp_path: Path) -> None:
    here = render_statement(the_example(), ISSUE)
    program = (
        "import hashlib; from loanfund.documents.statement import render_statement;"
        "from tests.statements import ISSUE, the_example;"
        "print(hashlib.sha256(render_statement(the_example(), ISSUE)).hexdigest(),"
        " hashlib.sha256(render_statement(the_example(), ISSUE)).hexdigest())"
    )
    environment = {"PYTHONHASHSEED": "5", "XDG_CACHE_HOME": str(tmp_path), "PATH": ""}

    found = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=TRANSLATIONS.parent,
    )

    assert render_statement(the_example(), ISSUE) == here
    assert set(found.stdout.split()) == {hashlib.sha256(here).hexdigest()}


def test_it_is_an_upright_a4_in_vietnamese_with_its_own_fonts_only() -> None:
    reader = PdfReader(BytesIO(render_statement(the_example(), ISSUE)))

    fonts_drawn = {
        font.get_object()["/BaseFont"]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }

    page = reader.pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == A4_UPRIGHT
    assert reader.trailer["/Root"]["/Lang"] == "vi"  # type: ignore[index]
    assert reader.metadata is not None
    assert reader.metadata.author == the_example().head.fund.name
    assert all("+" in name for name in fonts_drawn), fonts_drawn
    names = {name.partition("+")[2] for name in fonts_drawn}
    assert {"NotoSerif-Regular", "NotoSerif-Bold", "Roboto-Regular", "Roboto-Bold"} <= names


def test_amounts_too_wide_for_an_upright_page_lie_across() -> None:
    big = 999_999_999_999
    terms = {**EXAMPLE_TERMS, "amount": big, "late_interest_rate": "10"}
    events = [
        {"id": "e", "type": "disbursement", "date": "2020-04-05", "amount": big},
        {"id": "p", "type": "repayment", "date": "2021-04-20", "amount": big - 7},
        {"id": "q", "type": "repayment", "date": "2022-04-20", "amount": big - 7},
    ]
    found = a_statement(terms, events, "2022-05-31")

    pdf = render_statement(found, ISSUE)

    page = PdfReader(BytesIO(pdf)).pages[0]
    assert (round(page.mediabox.height), round(page.mediabox.width)) == A4_UPRIGHT
    assert_everything_is_on(found, words_of(pdf))


LONGEST_NAME = (
    "Liên hiệp hợp tác xã sản xuất, chế biến và tiêu thụ nông sản sạch, dược liệu và dịch vụ "
    "tổng hợp Yên Thế – Lục Ngạn, Sơn"
)


def test_everything_stands_between_the_margins(tmp_path: Path) -> None:
    found = the_example()
    borrower = replace(found.head.borrower, name=LONGEST_NAME, address=LONGEST_NAME)
    fund = replace(found.head.fund, name=LONGEST_NAME, address=LONGEST_NAME)
    head = replace(found.head, borrower=borrower, fund=fund, purpose=LONGEST_NAME * 3)
    path = tmp_path / "statement.pdf"
    path.write_bytes(
        render_statement(replace(found, head=head), replace(ISSUE, issued_by=LONGEST_NAME))
    )

    boxes = subprocess.run(
        [program("pdftotext", package="poppler-utils"), "-bbox", path, "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    words = [
        tuple(float(edge) for edge in found)
        for found in re.findall(
            r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)"', boxes
        )
    ]
    assert len(LONGEST_NAME) == 120
    assert len(words) > 300
    assert min(left for left, _, _, _ in words) >= 30 * mm - 0.5
    assert max(right for _, _, right, _ in words) <= (210 - 15) * mm + 0.5
    assert min(top for _, top, _, _ in words) >= 10 * mm
    assert max(bottom for _, _, _, bottom in words) <= (297 - 5) * mm
    assert LONGEST_NAME in words_of(path.read_bytes())


def test_the_qr_code_as_drawn_is_that_of_the_address(tmp_path: Path) -> None:
    path = tmp_path / "statement.pdf"
    path.write_bytes(render_statement(the_example(), ISSUE))
    modules = matrix(ISSUE.verify_url)
    resolution = 600
    subprocess.run(
        [
            program("pdftoppm", package="poppler-utils"),
            "-r",
            str(resolution),
            "-gray",
            "-f",
            "1",
            "-l",
            "1",
            path,
            tmp_path / "p",
        ],
        check=True,
    )
    (image,) = tmp_path.glob("p*.pgm")

    drawn = sampled(image.read_bytes(), len(modules), resolution / 72)

    assert drawn == [list(row) for row in modules]


def sampled(image: bytes, count: int, scale: float) -> list[list[bool]]:
    """Read the middles of the modules of the code at the foot of a page."""
    _, size, _, pixels = image.split(b"\n", 3)
    width, height = (int(number) for number in size.split())
    module = QR_SIZE / (count + 2 * QUIET_ZONE)
    left = A4[0] - RIGHT - QR_SIZE
    top = A4[1] - (BOTTOM - 2 * mm - 1 * mm)
    middles = [(QUIET_ZONE + place + 0.5) * module for place in range(count)]
    assert len(pixels) == width * height
    return [
        [
            pixels[round((top + down) * scale) * width + round((left + across) * scale)] < 128
            for across in middles
        ]
        for down in middles
    ]


# Letters.


def test_every_accented_letter_survives() -> None:
    found = the_example()
    letters = " ".join("".join(ACCENTED[at : at + 20]) for at in range(0, len(ACCENTED), 20))
    head = replace(
        found.head, purpose=letters, borrower=replace(found.head.borrower, name=letters)
    )

    text = render(replace(found, head=head), issued_by=letters[:60])

    assert text.count(letters) >= 2
    assert letters[:60] in text


def test_every_text_of_the_papers_can_be_drawn() -> None:
    for language in LANGUAGES:
        for message in texts.merged(TRANSLATIONS / language):
            if str(message.id).startswith(("paper.", "statement.")):
                assert clean(str(message.string)) == message.string


def test_decomposed_letters_are_composed() -> None:
    found = the_example()
    head = found.head
    decomposed = replace(
        head,
        purpose=unicodedata.normalize("NFD", head.purpose),
        borrower=replace(head.borrower, name=unicodedata.normalize("NFD", head.borrower.name)),
    )

    assert render_statement(replace(found, head=decomposed), ISSUE) == render_statement(
        found, ISSUE
    )


def test_what_cannot_be_drawn_is_seen_and_what_misleads_is_dropped() -> None:
    assert clean("Hợp tác xã 農業 🌾") == "Hợp tác xã \ufffd\ufffd \ufffd"
    assert clean("a\u202eb\u200bc\x00d\n e\tf") == "abcd  e f"
    assert clean("1.000\u00a0đ") == "1.000\u00a0đ"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_is_text(hostile: str) -> None:
    found = a_statement(
        EXAMPLE_TERMS,
        EXAMPLE_EVENTS,
        "2020-05-31",
        vouchers={"e2": Voucher(number="PT-1", note=hostile)},
        reversed_events=[
            replace(a_reversed_repayment(), voucher=Voucher(number="PT-2", note=hostile))
        ],
        disputes=(hostile,),
    )
    fund = replace(found.head.fund, name=hostile, address=hostile, place=hostile)
    borrower = replace(found.head.borrower, name=hostile, address=hostile, tax_code=hostile)
    head = replace(
        found.head,
        fund=fund,
        borrower=borrower,
        source=hostile,
        purpose=hostile,
        contract_number=hostile,
    )

    pdf = render_statement(replace(found, head=head), replace(ISSUE, issued_by=hostile))

    text = words_of(pdf).replace(" ", "")
    assert text.count(hostile.replace(" ", "")) >= 10
    for page in PdfReader(BytesIO(pdf)).pages:
        assert "/XObject" not in page["/Resources"]  # type: ignore[operator]
        assert "/Annots" not in page


def test_endless_texts_are_cut_where_all_can_see() -> None:
    endless = "Dài dòng văn tự " * 400
    found = a_statement(
        EXAMPLE_TERMS,
        EXAMPLE_EVENTS,
        "2020-05-31",
        vouchers={"e2": Voucher(number="FT" + "20123456789" * 5, note=endless)},
        disputes=(endless,),
    )
    borrower = replace(found.head.borrower, address=endless)
    head = replace(found.head, borrower=borrower, purpose=endless)

    text = render(replace(found, head=head))

    assert text.count("…") == 3
    assert "Cộng phát sinh 300.000.000 51.627.397" in text


def test_instants_are_those_of_the_office_and_the_day_is_the_funds() -> None:
    late = datetime(2020, 12, 31, 18, 30, tzinfo=UTC)

    text = render(the_example(), issued_at=late)

    assert "Kết xuất lúc 01/01/2021 01:30 (GMT+7)" in text
    assert "Bắc Giang, ngày 01 tháng 6 năm 2020" in text


def test_figures_of_columns() -> None:
    assert figure(Money(1_234_567)) == "1.234.567"
    assert figure(-400_000) == "(400.000)"
    assert (figure(0), figure(0, "0")) == ("–", "0")
    assert decimal("887671.23") == "887.671,23"
    assert decimal("0.497") == "0,497"
    assert (rate("7"), rate("7.2"), rate("0.5833")) == (
        "7,00\u00a0%",
        "7,20\u00a0%",
        "0,5833\u00a0%",
    )


# Whatever the loan went through.


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_any_statement_reads_as_its_figures(case: dict[str, Any]) -> None:
    for event in case["events"]:
        event.pop("recorded_on", None)
    try:
        events = [parse_event(event) for event in case["events"]]
        history = read_history(parse_terms(case["terms"]), events)
        end = max(date.fromisoformat(case["as_of"]), history.events[0].value_date)
        found = statement(history, a_head(), None, end, Records())
    except (LoanFundError, IndexError):
        assume(condition=False)
        raise

    assert_everything_is_on(found, render(found))
