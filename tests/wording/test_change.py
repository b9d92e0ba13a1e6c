"""What the audit log says: codes in words, what has no words as it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from loanfund.domain.notice import DUE_NOTICE, OVERDUE_NOTICE
from loanfund.domain.voucher import VoucherKind
from loanfund.wording import LANGUAGES
from loanfund.wording.change import facts_in_words, named


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({"action": "change_settings"}, "Đổi thiết lập, ngày nghỉ, thông tin Quỹ"),
        ({"subject": ["setting", "fund_phone"]}, "thiết lập, Điện thoại"),
        ({"subject": ["loan", "01/2020/HĐTD"]}, "khoản vay, 01/2020/HĐTD"),
        ({"role": "auditor"}, "Kiểm soát"),
        ({"terms": {"day_count": "actual/365"}}, "Ngày thực tế, năm 365 ngày"),
        ({"terms": {"allocation_order": ["interest", "principal"]}}, "Lãi trong hạn, Gốc"),
        (
            {"events": [{"id": "2", "type": "repayment", "amount": 1_500_000}]},
            "loại sự kiện: Thu nợ; số tiền: 1.500.000\N{NO-BREAK SPACE}đ",
        ),
        ({"value_date": "2020-06-01"}, "01/06/2020"),
        ({"state": "no such word"}, "no such word"),
    ],
)
def test_a_fact_reads_as_the_pages_say_it(fact: dict[str, Any], said: str) -> None:
    (only,) = facts_in_words(fact, "vi")

    assert only.after.casefold() == said.casefold()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_paper_that_is_issued_has_its_name(language: str) -> None:
    kinds = ("statement", DUE_NOTICE, OVERDUE_NOTICE, *VoucherKind)
    for kind in kinds:
        assert named("action", f"issue_{kind}", language) != f"issue {kind.replace('_', ' ')}"
