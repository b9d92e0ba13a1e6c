"""Notices are read back from their PDF: figures, days, words, numbers; on one page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from itertools import groupby

import pytest
from pypdf import PdfReader

from loanfund.documents.notice import render_notice, render_notices
from loanfund.documents.reminder_letter import render_letter
from loanfund.domain.accrual import InterestLine
from loanfund.domain.calendar import DayCount
from loanfund.domain.letter import Cited, Letter, LoanPart
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.notice import (
    DUE_NOTICE,
    OVERDUE_NOTICE,
    Notice,
    dump_notice,
    listed_dues,
    read_notice,
)
from loanfund.domain.reminder import Due
from loanfund.domain.statement_parts import Borrower
from loanfund.domain.terms import Component
from loanfund.domain.working import Working, Workings
from loanfund.wording import amount_in_words
from tests.papers import pages_of, words_of
from tests.statements import ISSUE as STATEMENT_ISSUE
from tests.statements import a_fund

ISSUE = replace(STATEMENT_ISSUE, number="TB-2020/000012")
TODAY = date(2020, 6, 1)
A4_WIDTH, A4_HEIGHT = 595, 842


def a_due(day: date, principal: int, interest: int, credit: int = 0) -> Due:
    return Due(
        due_date=day,
        principal=Money(principal),
        interest=Money(interest),
        credit=Money(credit),
        overdue_from=day + timedelta(days=1) if day < TODAY else None,
        days_past_due=max(0, (TODAY - day).days),
    )


COMING = LoanPart(
    contract_number="01/2019/HĐTD-QHTPT",
    contract_date=date(2019, 12, 26),
    source="Quỹ Hỗ trợ phát triển HTX tỉnh",
    dues=(a_due(date(2020, 6, 8), 15_000_000, 509_589, 9_589),),
    penalties=NOTHING,
    penalty_a_day=NOTHING,
    overdue_rate="9.9",
    principal_outstanding=Money(100_000_000),
    transfer_note="Tra no HD 01/2019/HDTD-QHTPT",
)
OVERDUE = replace(
    COMING,
    dues=(
        a_due(date(2020, 3, 5), 10_000_000, 542_466),
        a_due(date(2020, 4, 5), 10_000_000, 500_000),
        a_due(date(2020, 5, 5), 0, 442_466),
        a_due(date(2020, 6, 5), 10_000_000, 400_000),
    ),
    penalties=Money(312_345),
    penalty_a_day=Money(5_425),
    notice=2,
    earlier=(Cited("03/TB-QHT", date(2020, 5, 6)),),
)


def a_notice(loan: LoanPart, borrower: str = "HTX Nông nghiệp Sao Mai 1") -> Notice:
    told = Letter(
        fund=a_fund(),
        superior="Liên minh hợp tác xã tỉnh Bắc Giang",
        bank_account="2501 0000 000 000, Ngân hàng Nông nghiệp, chi nhánh Bắc Giang",
        borrower=Borrower(name=borrower, tax_code="2409010000", address="Thôn 1"),
        day=date(2020, 6, 1),
        loans=(loan,),
    )
    return Notice(told=told, loan=loan, deadline=date(2020, 6, 11), workings=workings_of(loan))


def workings_of(loan: LoanPart) -> Workings:
    """One line for each due's interest: as many days as make it, of the balance at 6.6 %."""
    sums = [
        Working(
            kind=Component.INTEREST,
            due_date=due.due_date,
            lines=(a_line(due.due_date, f"{due.interest.dong}.12"),),
            exact=f"{due.interest.dong}.12",
            amount=due.interest,
            settled=Money(17) if number == 1 else NOTHING,
        )
        for number, due in enumerate(listed_dues(loan, TODAY))
    ]
    if loan.penalties:
        sums.append(
            Working(
                kind=Component.OVERDUE_INTEREST,
                due_date=None,
                lines=(a_line(date(2020, 6, 1), "312344.75"),),
                exact="312344.75",
                amount=loan.penalties,
            )
        )
    return Workings(day_count=DayCount.ACTUAL_365, sums=tuple(sums))


def a_line(end: date, amount: str) -> InterestLine:
    return InterestLine(
        start=end - timedelta(days=30),
        end=end,
        days=30,
        balance=100_000_000,
        annual_rate="6.6",
        amount=amount,
    )


def text(notice: Notice) -> str:
    return " ".join(pages_of(render_notice(notice, ISSUE)))


def test_a_notice_of_debt_due_says_what_when_and_how() -> None:
    notice = a_notice(COMING)

    found = text(notice)

    assert notice.kind == DUE_NOTICE
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in found
    assert "Độc lập – Tự do – Hạnh phúc" in found
    assert "LIÊN MINH HỢP TÁC XÃ TỈNH BẮC GIANG" in found
    assert "Số: TB-2020/000012" in found
    assert "Bắc Giang, ngày 01 tháng 6 năm 2020" in found
    assert "Về việc trả nợ đến hạn theo Hợp đồng số 01/2019/HĐTD-QHTPT" in found
    assert "Kính gửi: HTX Nông nghiệp Sao Mai 1" in found
    assert "1 08/06/2020 15.000.000 509.589 9.589 15.500.000" in found
    assert "15.500.000 đ (Mười lăm triệu năm trăm nghìn đồng)" in found
    assert "2501 0000 000 000" in found
    assert "Tra no HD 01/2019/HDTD-QHTPT" in found
    assert "GIÁM ĐỐC" in found
    assert "Đặng Quốc Khánh" in found
    assert "quá hạn" not in found


def test_a_notice_of_overdue_debt_adds_up_and_says_what_follows() -> None:
    """10 542 466 + 10 500 000 + 442 466 + 312 345 = 21 797 277; June's due comes later."""
    notice = a_notice(OVERDUE)

    found = text(notice)

    assert notice.kind == OVERDUE_NOTICE
    assert "(Lần thứ 2)" in found
    assert "1 05/03/2020 06/03/2020 88 10.000.000 542.466 10.542.466" in found
    assert "2 05/04/2020 06/04/2020 57 10.000.000 500.000 10.500.000" in found
    assert "3 05/05/2020 06/05/2020 27 – 442.466 442.466" in found
    assert "05/06/2020" not in found
    assert "Cách tính từng khoản lãi ở phụ lục kèm theo" in found
    assert "(Kèm theo Thông báo số TB-2020/000012 ngày 01/06/2020)" in found
    assert "Cộng 20.000.000 1.484.932 21.484.932" in found
    assert "Lãi quá hạn, chậm trả 312.345" in found
    assert "Tổng cộng phải trả 21.797.277" in found
    assert amount_in_words(21_797_277) in found
    assert "9,90 %/năm" in found
    assert "5.425 đ" in found
    assert "03/TB-QHT ngày 06/05/2020" in found
    assert "chậm nhất ngày 11/06/2020" in found
    assert "gia hạn nợ" in found


@pytest.mark.parametrize("loan", [COMING, OVERDUE], ids=["due", "overdue"])
def test_a_notice_is_of_upright_pages_even_for_the_longest_name(loan: LoanPart) -> None:
    name = ("Hợp tác xã Sản xuất, Kinh doanh và Dịch vụ tổng hợp " * 3)[:120].strip()

    pdf = render_notice(a_notice(loan, name), ISSUE)
    reader = PdfReader(BytesIO(pdf))

    assert len(reader.pages) == 2  # the second one begins with the signature, or the annex
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (A4_WIDTH, A4_HEIGHT)
    assert name in words_of(pdf)


def test_the_same_notice_gives_the_same_bytes_and_survives_its_json() -> None:
    notice = a_notice(OVERDUE)

    again = read_notice(dump_notice(notice))

    assert again == notice
    assert render_notice(again, ISSUE) == render_notice(notice, ISSUE)


def test_letters_in_one_file_keep_their_own_numbers_and_pages() -> None:
    long = replace(OVERDUE, dues=tuple(a_due(date(2018, 1, 5), 1, n) for n in range(1, 40)))
    issues = [replace(ISSUE, number=f"TB-2020/00000{number}") for number in (1, 2, 3)]
    papers = [a_notice(COMING), a_notice(long), a_notice(OVERDUE)]

    found = pages_of(render_notices(list(zip(papers, issues, strict=True))))

    feet = [re.search(r"Trang (\d+/\d+) Số (\S+) ·", one) for one in found]
    counted = [(one[2][-1], one[1]) for one in feet if one]
    assert [one for one, _ in groupby(number for number, _ in counted)] == ["1", "2", "3"]
    for number, pages in groupby(counted, key=lambda one: one[0]):
        counts = [count for _, count in pages]
        assert counts == [f"{at}/{len(counts)}" for at in range(1, len(counts) + 1)], number
    assert len(counted) == len(found) >= 6
    assert "Thông báo TB-2020/000002 · Hợp đồng" in found[3]


def test_no_letter_ends_on_a_page_without_what_it_ends() -> None:
    """However many dues it lists, what is signed stands below a whole paragraph."""
    told = a_notice(COMING).told
    turned = set()
    for count in range(1, 30):
        dues = tuple(a_due(date(2018, 1, 5), 1, number) for number in range(1, count))
        loan = replace(COMING, dues=dues + COMING.dues)
        *_, last = pages = pages_of(render_letter(replace(told, loans=(loan,))))
        turned.add(len(pages))
        assert re.search(r"Nếu đơn vị đã trả đủ.*Trân trọng, Quỹ", last), count
    assert turned == {1, 2}


@pytest.mark.parametrize(
    "hostile", ["<b>đậm</b> & <font color=red>", "{number} %s", "</para><img src=/etc/passwd>"]
)
def test_a_name_is_never_read_as_markup(hostile: str) -> None:
    assert hostile in text(a_notice(COMING, hostile))


def test_a_bare_fund_still_makes_a_paper() -> None:
    notice = a_notice(COMING)
    bare = replace(notice.told.fund, phone="", place="", signatories=())
    told = replace(notice.told, fund=bare, superior="", bank_account="")

    found = text(replace(notice, told=told))

    assert "tiền mặt tại trụ sở Quỹ, khi nộp xin ghi rõ:" in found
    assert "Số tài khoản" not in found
    assert "số điện thoại" not in found


Box = tuple[str, float, float, float, float]


def boxes_of(pdf: bytes) -> list[Box]:
    """Every word of the first page and where it stands, in millimetres from its upper left."""
    command = ["pdftotext", "-bbox", "-l", "1", "-", "-"]
    read = subprocess.run(command, input=pdf, check=True, capture_output=True).stdout.decode()
    number = r'="([\d.]+)"'
    word = rf"<word xMin{number} yMin{number} xMax{number} yMax{number}>([^<]*)"
    return [
        (one[5], in_mm(one[1]), in_mm(one[2]), in_mm(one[3]), in_mm(one[4]))
        for one in re.finditer(word, read)
    ]


def in_mm(points: str) -> float:
    return float(points) / 72 * 25.4


@pytest.mark.parametrize("loan", [COMING, OVERDUE], ids=["due", "overdue"])
@pytest.mark.parametrize(
    "name", ["HTX Sao Mai", ("Hợp tác xã Sản xuất và Dịch vụ tổng hợp " * 3)[:120].strip()]
)
def test_only_name_and_address_show_in_the_window_of_an_envelope(
    loan: LoanPart, name: str
) -> None:
    """Of a DL envelope, 90 × 35 mm, 20 mm from its left and lower edge (110 mm high).

    Folded in three the sheet is 99 mm high: its upper edge lies 0 to 11 mm below that of the
    envelope, so the window shows 55 to 90 mm of it, or 44 to 79, or anything between.
    """
    address = "Số 12, đường Nguyễn Văn Cừ, phường Bắc Giang, tỉnh Bắc Ninh"
    notice = a_notice(loan, name)
    borrower = replace(notice.told.borrower, address=address)
    notice = replace(notice, told=replace(notice.told, borrower=borrower))

    words = boxes_of(render_notice(notice, ISSUE))

    whole = f"Kính gửi: {name} {address}"
    assert seen(words, 55, 79, in_part=False) == whole
    assert seen(words, 44, 90, in_part=True) == whole


def seen(words: Sequence[Box], first: float, last: float, *, in_part: bool) -> str:
    """What shows from so many to so many millimetres below the upper edge of the sheet."""
    return " ".join(
        word
        for word, left, top, right, bottom in words
        if (in_part and right > 20 and left < 110 and bottom > first and top < last)
        or (left >= 20 and right <= 110 and top >= first and bottom <= last)
    )
