"""Receipts and payment vouchers are read back from their PDF: what was paid, by whom, once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from loanfund.documents.layout import Issue
from loanfund.documents.voucher import COPIES, render_voucher
from loanfund.domain.event import MoneyEvent, PaymentMethod
from loanfund.domain.folded import fold_loan
from loanfund.domain.money import Money, total
from loanfund.domain.posting import Account, Books
from loanfund.domain.statement_parts import Head
from loanfund.domain.voucher import (
    AnyVoucher,
    Booked,
    Copy,
    Entry,
    JournalVoucher,
    MoneyVoucher,
    Part,
    Struck,
    Taken,
    VoucherKind,
    taken,
)
from loanfund.wording import amount_in_words
from tests.loans import history, lent, paid
from tests.papers import pages_of
from tests.statements import a_head

AT = datetime(2020, 6, 1, 2, 14, tzinfo=UTC)
ISSUE = Issue(
    number="PT-2020/000131",
    code="7K3M9QXT2ABC",
    day=date(2020, 6, 1),
    issued_at=AT,
    issued_by="Trần Thị Ngọc Ánh",
    verify_url="https://quy.example.vn/verify/7K3M9QXT2ABC",
)
NUMBERS = {"bank": "1121", "principal_in_term": "1283"}
A5_ACROSS = (595, 420)
LONGEST = ("Hợp tác xã Sản xuất, Kinh doanh và Dịch vụ tổng hợp Nông Lâm Ngư nghiệp " * 3)[:120]
RISK = Books(bears_risk=True)

# 20,000 a day: interest 620,000 on 10/02 and 580,000 on 10/03, of 100 million at 7.3 %.
HISTORY = history(
    lent("2020-01-10"),
    paid("2020-03-10", 51_200_000, surplus="principal"),
    paid("2020-06-01", 100_000_000, method="cash"),
)


def what_was(event: str) -> Taken:
    found = next(one for one in HISTORY.events if one.id == event)
    assert isinstance(found, MoneyEvent)
    return taken(fold_loan(HISTORY, found.value_date), found, RISK, NUMBERS)


def a_receipt(**facts: object) -> MoneyVoucher:
    known = MoneyVoucher(
        kind=VoucherKind.RECEIPT,
        type="repayment",
        sequence=2,
        head=a_head(),
        circular="Ban hành theo Thông tư 99/2025/TT-BTC",
        number="PT-2020/000131",
        value_date=date(2020, 3, 10),
        party="Bà Nguyễn Thị Tư",
        amount=Money(51_200_000),
        method=PaymentMethod.CASH,
        reference="",
        note="Nộp trước hạn một phần gốc",
        taken=what_was("e2"),
        recorded_at=AT,
        recorded_by="Lê Văn An",
    )
    return replace(known, **facts)  # type: ignore[arg-type]


def a_journal_voucher(head: Head, struck: Struck | None = None) -> JournalVoucher:
    """Interest of 620,000 written off: it leaves receivables, and is tracked off balance."""
    accounts = (
        (Account.INTEREST_INCOME, Account.INTEREST_RECEIVABLE, ("5151", "1388")),
        (Account.OFF_BALANCE_INTEREST, Account.OFF_BALANCE_CONTRA, ("", "")),
    )
    return JournalVoucher(
        kind=VoucherKind.JOURNAL_VOUCHER,
        type="write_off",
        sequence=9,
        head=head,
        number="PKT-2020/000003",
        value_date=date(2020, 3, 10),
        reference="07/QĐ-QHT",
        note="Mất khả năng trả " * (30 if struck else 1),
        recorded_at=AT,
        recorded_by="Lê Văn An",
        struck=struck,
        entries=tuple(
            Entry(
                debit=Booked(account=debit, number=numbers[0]),
                credit=Booked(account=credit, number=numbers[1]),
                amount=Money(620_000),
            )
            for debit, credit, numbers in accounts
        ),
        approved_by="Vũ Cúc",
    )


def pages(voucher: AnyVoucher, issue: Issue = ISSUE) -> list[str]:
    return pages_of(render_voucher(voucher, issue))


def test_what_a_payment_did_is_worked_out_part_by_part() -> None:
    """Interest 620,000 + 580,000, the other 50,000,000 prepay principal.

    On 29/02 the loan is 19 days late and in group 2, so the interest is income only now.
    """
    found = what_was("e2")

    assert [(one.name, one.amount.dong) for one in found.parts] == [
        ("principal", 50_000_000),
        ("interest", 1_200_000),
        ("overdue_interest", 0),
        ("late_interest", 0),
    ]
    assert found.left == (Part(name="principal_balance", amount=Money(50_000_000)),)
    assert found.dues == (date(2020, 2, 10), date(2020, 3, 10))
    assert [(one.account, one.number) for one in found.debit] == [(Account.BANK, "1121")]
    assert {(one.account, one.number) for one in found.credit} == {
        (Account.INTEREST_INCOME, ""),
        (Account.PRINCIPAL_IN_TERM, "1283"),
    }


def test_too_much_money_is_kept_and_the_parts_add_up() -> None:
    found = what_was("e3")

    assert total([one.amount for one in found.parts]) == Money(100_000_000)
    assert found.parts[-1].name == "credit"
    assert found.left == (Part(name="principal_balance", amount=Money(0)),)
    assert found.debit[0].account is Account.CASH


def test_a_disbursement_says_its_tranche_and_what_is_left_of_the_contract() -> None:
    found = what_was("e1")

    assert (found.parts, found.tranche) == ((), 1)
    assert [(one.name, one.amount.dong) for one in found.left] == [
        ("disbursed", 100_000_000),
        ("undisbursed", 0),
        ("principal_balance", 100_000_000),
    ]
    assert [one.number for one in (*found.debit, *found.credit)] == ["1283", "1121"]


def test_a_receipt_has_what_the_form_asks_for_on_each_of_three_copies() -> None:
    found = pages(a_receipt())

    assert len(found) == COPIES[VoucherKind.RECEIPT] == 3
    for copy, page in zip(("Lưu", "Giao người nộp tiền", "Thủ quỹ"), found, strict=True):
        for said in (
            "Quỹ Hỗ trợ phát triển hợp tác xã tỉnh Bắc Giang",
            "Số 45 đường Ngô Gia Tự",
            "Mẫu số 01 – TT",
            "(Ban hành theo Thông tư 99/2025/TT-BTC)",
            "PHIẾU THU",
            "Ngày 10 tháng 03 năm 2020",
            "Quyển số:",
            "Số: PT-2020/000131",
            "Nợ: 1121",
            "1283",
            "Thu lãi cho vay",
            "Bà Nguyễn Thị Tư – Hợp tác xã Nông nghiệp Đồng Tâm 3",
            "Xã Tân Thanh, huyện Lạng Giang, Bắc Giang",
            "Hợp đồng số 023/2020/HĐTD ngày 01/04/2020, lãi đến hạn 10/02/2020, 10/03/2020.",
            "51.200.000 đ",
            "Hình thức: tiền mặt.",
            "50.000.000 1.200.000 0 0 50.000.000",
            "Giám đốc Kế toán trưởng Người nộp tiền Người lập phiếu Thủ quỹ",
            "Đặng Quốc Khánh Nguyễn Thị Hường Lê Văn An",
            "Đã nhận đủ số tiền (viết bằng chữ): Năm mươi mốt triệu hai trăm nghìn đồng.",
            "Mã kiểm tra 7K3M-9QXT-2ABC",
            "Kết xuất lúc 01/06/2020 09:14 (GMT+7) bởi Trần Thị Ngọc Ánh",
            "Trang 1/1",
            copy,
        ):
            assert said in page, said
        assert "CỘNG HÒA" not in page
        assert "ĐÃ HỦY" not in page
        assert "In lại" not in page


@pytest.mark.parametrize("dong", [1, 1_627_397, 129_000_000, 13_300_000_000])
def test_the_words_say_the_figures(dong: int) -> None:
    found = pages(a_receipt(amount=Money(dong)))[0]

    figures = re.search(r"Số tiền: ([\d.]+) đ", found)
    assert figures is not None
    assert int(figures[1].replace(".", "")) == dong
    assert found.count(amount_in_words(dong)) == 2


def test_each_copy_is_one_page_across_whatever_stands_in_it() -> None:
    head = a_head(LONGEST.strip())
    struck = Struck(number="#9", at=AT, by="Lê An", reason="Sai " * 40, replaced_by="PT-2")
    crowded = a_receipt(
        head=replace(head, borrower=replace(head.borrower, address="Thôn Bến, xã Bờ " * 12)),
        party=("Bà " + "Nguyễn Thị Thu Hà " * 7)[:120],
        note="ghi chú dài dòng " * 18,
        reference="FT" + "9" * 58,
        replaces="PT-2020/000130",
        struck=struck,
        copy=Copy(number=12, first_printed_at=AT, differs=True),
    )

    at_bank = replace(crowded, kind=VoucherKind.BANK_PAYMENT, account="2501 0000 " * 12)
    for voucher in (a_receipt(head=head), crowded, at_bank, a_journal_voucher(head, struck)):
        pdf = render_voucher(voucher, ISSUE)
        for page in PdfReader(BytesIO(pdf)).pages:
            box = page.mediabox
            assert (round(box.width), round(box.height)) == A5_ACROSS
        texts = pages_of(pdf)
        assert len(texts) == COPIES[voucher.kind]
        for text in texts:
            assert LONGEST.strip() in text
            assert "Người lập" in text


def test_a_receipt_taken_back_is_struck_and_names_the_reversal() -> None:
    struck = Struck(
        number="#5", at=AT, by="Hà Bình", reason="Sai số tiền", replaced_by="PT-2020/000132"
    )

    found = pages(a_receipt(struck=struck))[0]

    assert "ĐÃ HỦY" in found
    assert (
        "Chứng từ đã hủy theo #5, Hà Bình ghi lúc 01/06/2020 09:14. Lý do: Sai số tiền."
        in found
    )
    assert "Chứng từ thay thế: PT-2020/000132." in found


def test_a_reprint_says_so_and_whether_the_split_changed() -> None:
    same = pages(a_receipt(copy=Copy(number=2, first_printed_at=AT, differs=False)))[0]
    other = pages(a_receipt(copy=Copy(number=3, first_printed_at=AT, differs=True)))[0]

    assert "In lại lần 2 (lần đầu: 01/06/2020 09:14)" in same
    assert "Phân bổ ghi" not in same
    assert "In lại lần 3" in other
    assert "Phân bổ ghi trên chứng từ này là của lần in đầu (01/06/2020 09:14)" in other


def test_money_that_leaves_has_a_payment_voucher() -> None:
    found = pages(
        a_receipt(
            kind=VoucherKind.PAYMENT_VOUCHER,
            type="disbursement",
            number="PC-2020/000007",
            amount=Money(100_000_000),
            taken=what_was("e1"),
            reference="",
            note="",
        )
    )[1]

    for said in (
        "PHIẾU CHI",
        "Mẫu số 02 – TT",
        "Liên 2: Giao người nhận tiền",
        "Họ và tên người nhận tiền: Bà Nguyễn Thị Tư",
        "Lý do chi: Giải ngân đợt 1 theo Hợp đồng số 023/2020/HĐTD ngày 01/04/2020.",
        "100.000.000 0 100.000.000",
        "Thủ quỹ Người lập phiếu Người nhận tiền",
    ):
        assert said in found, said


def test_money_through_the_bank_has_a_voucher_of_its_own_without_a_form_of_cash() -> None:
    found = pages(
        a_receipt(
            kind=VoucherKind.BANK_RECEIPT,
            number="TTG-2020/000131",
            method=PaymentMethod.BANK,
            reference="FT20070123",
            account="2501 0000 000 000, Ngân hàng Nông nghiệp",
        )
    )

    assert len(found) == 2
    for said in (
        "CHỨNG TỪ THU TIỀN GỬI",
        "Số: TTG-2020/000131",
        "Bên trả tiền: Bà Nguyễn Thị Tư – Hợp tác xã Nông nghiệp Đồng Tâm 3",
        "Vào tài khoản của Quỹ: 2501 0000 000 000, Ngân hàng Nông nghiệp",
        "chuyển khoản, mã giao dịch FT20070123",
        "51.200.000 đ (Viết bằng chữ: Năm mươi mốt triệu hai trăm nghìn đồng)",
        "Nợ: 1121",
        "Liên 2: Giao bên trả tiền",
        "Người lập phiếu Kế toán trưởng Giám đốc",
    ):
        assert said in found[1], said
    for cash in ("Mẫu số", "Thông tư", "Quyển số", "Thủ quỹ", "PHIẾU THU", "Đã nhận đủ"):
        assert cash not in " ".join(found), cash


def test_entries_without_money_are_listed_account_by_account() -> None:
    """The amount is that on the balance sheet; memo entries say what they are."""
    (found,) = pages(a_journal_voucher(a_head()))

    for said in (
        "PHIẾU KẾ TOÁN",
        "Số: PKT-2020/000003",
        "Khách hàng vay: Hợp tác xã Nông nghiệp Đồng Tâm 3",
        "Nội dung: Xử lý rủi ro, chuyển ngoại bảng nợ theo Hợp đồng số 023/2020/HĐTD",
        "ngày 01/04/2020, theo quyết định số 07/QĐ-QHT. Mất khả năng trả",
        "620.000 đ (Viết bằng chữ: Sáu trăm hai mươi nghìn đồng)",
        "1 5151 Thu lãi cho vay 1388 Lãi phải thu 620.000",
        "2 Lãi chưa thu (ngoại bảng) Đối ứng ngoại bảng 620.000",
        "Người duyệt trên chương trình: Vũ Cúc",
        "Người lập phiếu Kế toán trưởng Giám đốc",
        "Lê Văn An",
    ):
        assert said in found, (said, found)
    assert "Thông tư" not in found


def test_the_maker_is_who_recorded_it_not_who_prints() -> None:
    """The foot says who printed it."""
    for voucher in (a_receipt(), a_journal_voucher(a_head())):
        signed = pages(voucher)[0].split("(Ký, họ tên)")[-1]

        assert "Lê Văn An" in signed
        assert "Trần Thị Ngọc Ánh" not in signed.partition("Mã kiểm tra")[0]


@pytest.mark.parametrize(
    "hostile", ["<b>đậm</b> & <font color=red>", "{number} %s", "</para><img src=/etc/passwd>"]
)
def test_a_name_is_never_read_as_markup(hostile: str) -> None:
    assert hostile in pages(a_receipt(party=hostile, note=hostile))[0]


def test_the_same_voucher_gives_the_same_bytes() -> None:
    assert render_voucher(a_receipt(), ISSUE) == render_voucher(a_receipt(), ISSUE)
