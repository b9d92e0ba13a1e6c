"""A workbook from the browser: tried, shown, asked about, proposed, approved; never kept."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.documents.workbook.layout import LAYOUTS
from loanfund.documents.workbook.reading import book_of
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.proposal import Proposal
from loanfund.services.proposal import Decide, approve
from tests.builders import Fund, a_lending_fund, a_loan, repaid
from tests.prepared import prepared
from tests.services.months import closed
from tests.site import Browser, Site
from tests.web.test_proposal import decide, plain, state_of
from tests.workbooks import save
from tests.workbooks import sheets as a_book

BORROWERS = ["Mã KH", "Tên", "Loại"]
READ = re.compile(r'name="read"[^>]*value="([^"]+)"')
FIRST_ODD = "Trang “Hợp đồng”, dòng 2, cột “Lãi suất %/năm”, “0,55”"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """A book that holds a source and a borrower."""
    return a_lending_fund(session, clock)


@pytest.fixture
def officer(site: Site, fund: Fund) -> Browser:
    del fund  # the book holds something
    return site.sign_in(Role.OFFICER)


def borrowers(tmp_path: Path, *rows: list[str]) -> bytes:
    return save(tmp_path / "sổ.xlsx", {"Khách hàng": [BORROWERS, *rows]}).read_bytes()


NEW = ["KH9", "HTX Mới", "HTX"]


def in_millions(tmp_path: Path) -> bytes:
    """A contract typed in millions, its rate by the month."""
    head = ["Số hợp đồng", "Mã KH", "Mã nguồn", "Ngày ký", "Số tiền duyệt"]
    head += ["Lãi suất %/năm", "Thời hạn (tháng)", "Cách trả gốc"]
    row = ["12/2019", "htx-dong-tam", "QUY", date(2019, 3, 15), 500, 0.55, 36, "Gốc cuối kỳ"]
    return save(tmp_path / "triệu.xlsx", {"Hợp đồng": [head, row]}).read_bytes()


def tried(browser: Browser, data: bytes, name: str = "sổ.xlsx") -> TestResponse:
    """Choose a file on the page and try it."""
    browser.get("/import")
    sent: dict[str, Any] = {"workbook": (BytesIO(data), name)}
    return browser.post("/import", sent)


def sent(browser: Browser, shown: TestResponse, **typed: str) -> TestResponse:
    """Send what a page shows."""
    read = READ.search(shown.text)
    key = re.search(r'name="request_key"[^>]*value="([^"]+)"', shown.text)
    assert read
    assert key
    fields = {"read": unescape(read[1]), "request_key": key[1], **typed}
    return browser.post("/import/propose", fields)


def waiting(fund: Fund) -> list[Proposal]:
    fund.session.expire_all()
    return list(fund.session.scalars(select(Proposal)))


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.ACCOUNTANT, 200),
        (Role.MANAGER, 403),
        (Role.ADMIN, 403),
        (Role.AUDITOR, 403),
    ],
)
@pytest.mark.usefixtures("fund")
def test_who_may_propose_an_import_has_the_page(site: Site, role: Role, status: int) -> None:
    browser = site.sign_in(role)

    assert browser.get("/import").status_code == status
    assert browser.get("/import/template.xlsx").status_code == status
    assert ('href="/import"' in browser.get("/proposals").text) == (status == 200)


def test_trying_writes_nothing_and_shows_what_would_come(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    data = borrowers(tmp_path, NEW)

    answer = tried(officer, data)

    assert answer.status_code == 200, plain(answer)
    page = plain(answer)
    assert hashlib.sha256(data).hexdigest() in page
    assert re.search(r"Khách hàng</th>\s*<td[^>]*>1</td>\s*<td[^>]*>0</td>", page)
    assert "Gửi duyệt" in page
    assert waiting(fund) == []
    assert len(fund.session.scalars(select(Borrower.code)).all()) == 1


def test_what_was_shown_is_proposed_once_and_one_act_adds_it(
    site: Site, officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    data = borrowers(tmp_path, NEW)
    shown = tried(officer, data)

    answer = sent(officer, shown)
    again = sent(officer, shown)

    (row,) = waiting(fund)
    assert answer.location == again.location == f"/proposals/{row.id}"
    manager = site.sign_in(Role.MANAGER)
    page = plain(manager.get(f"/proposals/{row.id}"))
    assert "Nhập sổ Excel sổ.xlsx: thêm 1 dòng" in page
    assert hashlib.sha256(data).hexdigest() in page
    assert decide(manager, row.id, "approve").status_code == 302
    assert state_of(fund, row.id)[0] == "approved"
    assert "KH9" in fund.session.scalars(select(Borrower.code)).all()


def test_implausible_values_are_named_and_need_a_reason(
    site: Site, officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    closed(fund, date(2020, 5, 31))
    shown = tried(officer, in_millions(tmp_path))
    refused = sent(officer, shown)
    proposed = sent(officer, refused, meant="Hợp đồng thử")

    for answer in (shown, refused):
        assert FIRST_ODD in plain(answer)
        assert "số tiền nhỏ hơn 1.000.000 đ" in plain(answer)
        assert "QUY, hợp đồng: 1" in plain(answer)
        assert "Tháng 03/2019: hợp đồng 1, giải ngân 0, thu nợ 0, khác 0." in plain(answer)
    assert "Hãy ghi vì sao" in plain(refused)
    assert refused.status_code == 422
    (row,) = waiting(fund)
    assert proposed.location == f"/proposals/{row.id}"
    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{row.id}"))
    assert FIRST_ODD in page
    assert "đây có phải lãi suất tháng không?" in page
    assert "Hợp đồng thử" in page
    assert fund.session.scalars(select(Loan)).all() == []


def test_a_workbook_that_comes_back_after_a_sign_in_is_tried_again_first(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    shown = tried(officer, in_millions(tmp_path))

    back = sent(officer, shown, meant="Hợp đồng thử", came_back="1")
    again = sent(officer, back, meant="Hợp đồng thử", act="look")

    assert back.status_code == 422
    assert "sổ.xlsx" in plain(back)
    assert 'name="act" value="look"' in back.text
    assert 'name="meant" value="Hợp đồng thử"' in plain(back)
    assert FIRST_ODD in plain(again)
    assert waiting(fund) == []
    assert sent(officer, again, meant="Hợp đồng thử").status_code == 302


def test_a_wrong_file_says_where_and_the_way_out(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    answer = tried(officer, borrowers(tmp_path, ["KH9", "HTX Mới", "công ty vũ trụ"]))

    page = plain(answer)
    assert answer.status_code == 422
    assert "Trang “Khách hàng”, dòng 2, cột “Loại”, “công ty vũ trụ”" in page
    assert 'href="/import/template.xlsx"' in page
    assert waiting(fund) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "không phải"), (b"%PDF-1.7", "không phải"), (b"PK\x03\x04broken", "hỏng")],
)
def test_what_is_no_workbook_is_said_in_words(officer: Browser, data: bytes, says: str) -> None:
    answer = tried(officer, data)

    assert answer.status_code == 422
    assert says in plain(answer)


def a_body(token: str, data: bytes) -> bytes:
    """The body of a form with a file, as a browser sends it."""
    parts = (
        f'--end\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n',
        '--end\r\nContent-Disposition: form-data; name="workbook"; filename="s.xlsx"\r\n\r\n',
    )
    return "".join(parts).encode() + data + b"\r\n--end--\r\n"


@pytest.mark.parametrize(("size", "status"), [(10_000_001, 422), (13_000_000, 413)])
def test_a_file_beyond_the_limit_is_refused(officer: Browser, size: int, status: int) -> None:
    officer.get("/import")

    answer = officer.client.post(
        "/import",
        base_url=officer.base_url,
        data=a_body(officer.token, b"PK\x03\x04" + bytes(size)),
        content_type="multipart/form-data; boundary=end",
    )

    assert answer.status_code == status
    assert status == 413 or "10 MB" in plain(answer)


def test_no_file_is_asked_for(officer: Browser) -> None:
    officer.get("/import")

    answer = officer.post("/import")

    assert answer.status_code == 422
    assert "Hãy chọn tệp." in plain(answer)


def test_rows_that_add_nothing_need_nobody(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    data = borrowers(tmp_path, NEW)
    sent(officer, tried(officer, data))
    (row,) = waiting(fund)
    asked = Decide(proposal_id=row.id, payload_hash=row.payload_hash)
    approve(fund.session, asked, fund.manager, fund.clock)

    page = plain(tried(officer, data))

    assert "Mọi dòng đã có trong sổ" in page
    assert "Gửi duyệt" not in page


def test_what_was_tried_is_sealed_and_taken_only_whole(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    shown = tried(officer, borrowers(tmp_path, NEW))
    read = READ.search(shown.text)
    assert read
    assert "KH9" not in read[1]

    answer = sent(officer, shown, read=read[1][:-6] + "AAAAA=")

    assert answer.status_code == 422
    assert "hãy chọn lại tệp" in plain(answer)
    assert waiting(fund) == []


def test_an_empty_book_is_the_operators(site: Site, session: Session) -> None:
    assert session.scalars(select(Borrower)).all() == []

    page = plain(site.sign_in(Role.OFFICER).get("/import"))

    assert "loanfund import" in page
    assert 'type="file"' not in page


def test_the_template_has_an_example_on_every_sheet_and_is_read_as_empty(
    officer: Browser, tmp_path: Path
) -> None:
    """Its examples are rows as they may be typed: with a code for the mark they are read."""
    answer = officer.get("/import/template.xlsx")

    assert 'filename="So mau.xlsx"' in answer.headers["Content-Disposition"]
    book = book_of(answer.data)
    assert all(not getattr(book, layout.rows, ()) for layout in LAYOUTS)
    sheets = {
        sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)]
        for sheet in load_workbook(BytesIO(answer.data))
    }
    assert {len(rows) for rows in sheets.values()} == {2}
    codes = {"Nguồn vốn": "QHT", "Biến động vốn": "QHT", "Khách hàng": "KH001", "Thu nợ": "PT1"}
    for title, (_, example) in sheets.items():
        assert example[0] == "VÍ DỤ"
        example[0] = codes.get(title, "01/2024/HĐTD")
    sheets["Hợp đồng"][1][sheets["Hợp đồng"][0].index("Cách trả gốc")] = "Theo thỏa thuận"
    second = [*sheets["Lịch gốc"][1]]
    second[1] = date(2026, 3, 1)
    sheets["Lịch gốc"].append(second)
    filled = book_of(save(tmp_path / "điền.xlsx", sheets).read_bytes())
    for layout in LAYOUTS:
        if layout.sheet not in {"Lịch gốc", "Lịch cơ cấu"}:
            assert len(getattr(filled, layout.rows)) == 1, layout.sheet


def wrong_in_every_way(tmp_path: Path) -> bytes:
    """Five mistakes of five kinds, on a sheet, in a cell, between rows, by rule, by sense."""
    sheets = a_book()
    sheets["Ghi chú"] = [["Xem lại"]]
    contract = dict(zip(sheets["Hợp đồng"][0], sheets["Hợp đồng"][1], strict=False))
    odd = {**contract, "Số hợp đồng": "03/2019", "Lãi suất %/năm": 0.55}
    orphan = {**contract, "Số hợp đồng": "04/2019", "Mã KH": "KH9"}
    sheets["Hợp đồng"] += [list(odd.values()), list(orphan.values())]
    for number, day in (("03/2019", 9), ("04/2019", 10)):
        lent = [number, f"KU{day}", date(2019, 5, day), 100_000_000]
        sheets["Giải ngân"].append(lent)
        early = [f"PT{day}", number, date(2019, 5, 2), 1_000_000]
        sheets["Thu nợ"].append([*early, *[None] * 6])
    sheets["Thu nợ"][2][3] = "sáu trăm"
    return save(tmp_path / "sai.xlsx", sheets).read_bytes()


def test_one_go_names_all_that_is_wrong_and_each_once(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    """Of loans that lack a row, and of rows that refer to a wrong one, nothing more is said."""
    page = plain(tried(officer, wrong_in_every_way(tmp_path)))

    said = [" ".join(one.split()) for one in re.findall(r"<li>\s*(Trang .*?)</li>", page)]
    starts = [one.partition(":")[0] for one in said]
    assert len(said) == 5, said
    assert starts[0].startswith("Trang “Ghi chú”")
    assert starts[1] == "Trang “Hợp đồng”, dòng 4, cột “Lãi suất %/năm”, “0,55”"
    assert starts[2] == "Trang “Hợp đồng”, dòng 5, cột “Mã KH”, “KH9”"
    assert starts[3] == "Trang “Thu nợ”, dòng 3, cột “Số tiền”, “sáu trăm”"
    assert starts[4] == "Trang “Thu nợ”, dòng 4"
    assert fund.session.scalars(select(Loan)).all() == []


def test_a_day_to_come_and_a_number_that_is_taken_are_named_beside_any_mistake(
    officer: Browser, fund: Fund, tmp_path: Path
) -> None:
    """Neither depends on the rows of its loan that are wrong."""
    number = a_loan(fund)
    repaid(fund, number, date(2020, 5, 10), 1_000_000)
    known = fund.session.scalars(
        select(LoanEvent.number).where(LoanEvent.type == "repayment")
    ).one()
    sheets = {"Thu nợ": a_book()["Thu nợ"][:1]}
    for receipt, day, amount in (
        ("PT8", date(2020, 5, 11), "sáu trăm"),
        ("PT9", date(2020, 6, 2), 1_000_000),
        (known, date(2020, 5, 12), 2_000_000),
    ):
        sheets["Thu nợ"].append([receipt, number, day, amount, *[None] * 6])

    page = plain(tried(officer, save(tmp_path / "sai.xlsx", sheets).read_bytes()))

    rows = re.findall(r"<li>\s*Trang “Thu nợ”, dòng (\d)", page)
    assert rows == ["2", "3", "4"], page
