"""Notices are read back from their PDF: figures, days, words, numbers; on one page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from loanfund.documents.notice import render_notice, render_notices
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.notice import DUE_NOTICE, OVERDUE_NOTICE, Notice, dump_notice, read_notice
from loanfund.domain.reminder import Cited, Due, Letter, LoanPart
from loanfund.domain.statement_parts import Borrower
from loanfund.wording import amount_in_words
from tests.papers import pages_of, words_of
from tests.statements import ISSUE as STATEMENT_ISSUE
from tests.statements import a_fund

ISSUE = replace(STATEMENT_ISSUE, number="TB-2020/000012")
A4_WIDTH, A4_HEIGHT = 595, 842


def a_due(day: date, principal: int, interest: int, credit: int = 0) -> Due:
    return Due(
        due_date=day,
        principal=Money(principal),
        interest=Money(interest),
        credit=Money(credit),
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
    return Notice(told=told, loan=loan, deadline=date(2020, 6, 11))


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
    assert "1 05/03/2020 88 10.000.000 542.466 10.542.466" in found
    assert "2 05/04/2020 57 10.000.000 500.000 10.500.000" in found
    assert "3 05/05/2020 27 – 442.466 442.466" in found
    assert "05/06/2020" not in found
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
def test_a_notice_is_one_upright_page_even_for_the_longest_name(loan: LoanPart) -> None:
    name = ("Hợp tác xã Sản xuất, Kinh doanh và Dịch vụ tổng hợp " * 3)[:120].strip()

    pdf = render_notice(a_notice(loan, name), ISSUE)
    reader = PdfReader(BytesIO(pdf))

    assert len(reader.pages) == 1
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

    counts = [("Trang 1/1", 1), ("Trang 1/2", 2), ("Trang 2/2", 2), ("Trang 1/1", 3)]
    assert len(found) == len(counts)
    for page, (count, number) in zip(found, counts, strict=True):
        assert count in page
        assert f"Số TB-2020/00000{number} ·" in page
    assert "Thông báo TB-2020/000002 · Hợp đồng" in found[2]


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

    assert "tiền mặt tại trụ sở Quỹ; khi nộp xin ghi rõ nội dung" in found
    assert "số điện thoại" not in found
