"""Months closed by two people in their browsers, and what is booked for them later (S19)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.audit_chain import Head
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.models.period import Books, Period
from loanfund.models.proposal import Proposal
from loanfund.queries.restated import BOOKS
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.job import Begin, Report, begin_run, finish_run
from loanfund.web.asked import known_parameter
from loanfund.web.report_offer import OFFERS
from tests.books import a_small_book
from tests.builders import Fund, a_contract, repaid
from tests.papers import words_of
from tests.prepared import prepared
from tests.site import Browser, Site
from tests.tables import tables_of
from tests.web.test_proposal import decide, decided_last, plain
from tests.web.test_repayment import hidden
from tests.web.test_report import ask, sheet_text

MARK = re.compile(r"Dấu nội dung: (\w+)")
MONEY_OF = re.compile(r"Dư nợ đã khóa ngày 31/05/2020: ([\d.]+)")
MAY, TODAY = date(2020, 5, 31), date(2020, 6, 1)
AN = "01/2020/HĐTD"


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    """Three loans, reconciled through today and never closed."""
    return a_small_book(session, clock)


def looked_at(fund: Fund, *, failed: int = 0) -> None:
    """Let the verification of the night after May have run."""
    begun = begin_run(fund.session, Begin(job="verify", slot=TODAY, runner="test"), fund.clock)
    assert begun is not None
    finish_run(fund.session, begun, Report(done=3, failed=failed), fund.clock)


def sent(accountant: Browser, typed: dict[str, str]) -> TestResponse:
    """Send the form of the page as it stands."""
    return accountant.post("/period", hidden(plain(accountant.get("/period"))) | typed)


def proposed(site: Site) -> tuple[Browser, int]:
    """Let an accountant propose the close of May."""
    accountant = site.sign_in(Role.ACCOUNTANT)
    answer = sent(accountant, {"note": "Đã đối chiếu", "request_key": "k-close"})
    assert answer.status_code == 302, plain(answer)
    return accountant, int(answer.location.rpartition("/")[2])


def closed(site: Site) -> Browser:
    """Let a manager confirm what an accountant proposed."""
    _, number = proposed(site)
    manager = site.sign_in(Role.MANAGER)
    answer = decide(manager, number, "approve")
    assert answer.status_code == 302, plain(answer)
    return manager


def test_the_next_month_shows_its_checks_and_what_would_be_locked(
    site: Site, fund: Fund
) -> None:
    """An 100 000 000, Ánh 200 000 000; of Đặng 120 000 000 April's 10 000 000 was repaid.

    What came in for May, 5 542 466, went to principal: 110 000 000 - 5 542 466 = 104 457 534.
    Provisions: half of Ánh's (group 4), and 0.5 % of the 300 000 000 whose risk the fund bears.
    """
    looked_at(fund)

    page = plain(site.sign_in(Role.ACCOUNTANT).get("/period"))

    assert "đến hết 31/05/2020" in page
    assert "Đề nghị khóa sổ" in page
    months = page.index("Các tháng đã khóa")
    assert decided_last(page[:months], "/period")
    assert "Chưa đạt" not in page
    assert "404.457.534" in page  # 100 000 000 + 200 000 000 + 104 457 534
    assert "101.500.000" in page
    assert fund.session.get_one(Books, 1).closed_through is None


def test_a_month_nobody_verified_cannot_be_proposed(site: Site, fund: Fund) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)

    page = plain(accountant.get("/period"))
    answer = accountant.post("/period", {"request_key": "k-close"})

    assert "Chưa đạt" in page
    assert "Đề nghị khóa sổ" not in page
    assert answer.status_code == 422
    assert "Chưa kiểm tra sổ sau ngày 31/05/2020" in plain(answer)
    assert fund.session.scalars(select(Proposal)).all() == []


def test_differences_found_at_night_stop_the_close(site: Site, fund: Fund) -> None:
    looked_at(fund, failed=2)

    assert "Chưa đạt" in plain(site.sign_in(Role.ACCOUNTANT).get("/period"))


def test_loans_behind_stop_the_close(site: Site, fund: Fund) -> None:
    looked_at(fund)
    loan = fund.session.scalars(select(Loan).where(Loan.contract_number == AN)).one()
    loan.reconciled_through = date(2020, 5, 30)
    fund.session.commit()

    assert "Còn 1 khoản vay chưa đối chiếu" in plain(
        site.sign_in(Role.ACCOUNTANT).get("/period")
    )


def test_the_accountant_proposes_and_the_manager_closes(site: Site, fund: Fund) -> None:
    looked_at(fund)
    accountant, number = proposed(site)
    assert accountant.actor is not None

    assert f"/proposals/{number}" in accountant.get("/period").text
    assert decide(accountant, number, "approve").status_code == 403
    manager = site.sign_in(Role.MANAGER)
    assert "Khóa sổ tháng đến hết ngày 31/05/2020" in plain(manager.get(f"/proposals/{number}"))
    decide(manager, number, "approve")

    fund.session.expire_all()
    period = fund.session.scalars(select(Period)).one()
    assert manager.actor is not None
    assert (period.month_end, period.closed_by, period.confirmed_by) == (
        MAY,
        accountant.actor.user_id,
        manager.actor.user_id,
    )
    page = plain(manager.get("/period"))
    assert "05/2020" in page
    assert "Không có tháng nào cần khóa" in page


def test_the_same_month_is_proposed_once(site: Site, fund: Fund) -> None:
    looked_at(fund)
    accountant, _ = proposed(site)

    assert sent(accountant, {"request_key": "k-other"}).status_code == 422


def test_another_table_than_was_shown_is_shown_first(site: Site, fund: Fund) -> None:
    looked_at(fund)
    accountant = site.sign_in(Role.ACCOUNTANT)
    shown = hidden(plain(accountant.get("/period")))
    repaid(fund, "03/2020/HĐTD", date(2020, 5, 30), 1_000_000)

    refused = accountant.post("/period", shown)
    again = accountant.post("/period", hidden(plain(refused)))

    assert refused.status_code == 422
    assert "đã thay đổi từ khi bạn mở trang" in plain(refused)
    assert "403.457.534" in plain(refused)  # 404 457 534 - 1 000 000
    assert again.status_code == 302


def cells_of(page: str, head: str) -> list[str]:
    """Give the cells of the first row of a report table that begins with these words."""
    for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL):
        cells = [
            " ".join(re.sub(r"<[^>]*>", "", cell).split())
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        ]
        if " ".join(cells).startswith(head):
            return cells
    raise AssertionError(head)


def test_whoever_confirms_sees_the_table_by_source_and_group(site: Site, fund: Fund) -> None:
    """An of group 1, Ánh of group 2 to 5, both the fund's risk; Đặng's is not.

    Ánh fell due on 15/04: 46 days late, group 2 by days; but interest of February is open since
    15/02, 106 days: group 4, half of 200 million. General: 0.5 % of 300 million.
    """
    looked_at(fund)
    _, number = proposed(site)

    page = plain(site.sign_in(Role.MANAGER).get(f"/proposals/{number}"))

    first = ["QUY", "Nhóm 1", "1", "100.000.000", "33,33 %", "–", "", "–"]
    assert cells_of(page, "QUY Nhóm 1") == first
    fourth = ["QUY", "Nhóm 4", "1", "200.000.000", "66,67 %", "100.000.000", "", "100.000.000"]
    assert cells_of(page, "QUY Nhóm 4") == fourth
    assert cells_of(page, "QUY Dự phòng chung")[-2:] == ["1.500.000", "1.500.000"]
    whole = ["2", "300.000.000", "100,00 %", "100.000.000", "1.500.000", "101.500.000"]
    assert cells_of(page, "Cộng QUY")[2:] == whole
    ratios = ["300.000.000", "66,67 %", "66,67 %", "–", "101.500.000", "101.500.000"]
    assert cells_of(page, "QUY – Nguồn QUY")[1:] == ratios
    assert decided_last(page)


def test_a_close_sent_again_names_what_it_is_in_the_place_of(site: Site, fund: Fund) -> None:
    """The one before says so too, and what came back is told on the maker's day by its name."""
    looked_at(fund)
    accountant, first = proposed(site)
    decide(site.sign_in(Role.MANAGER), first, "return", reason="Thiếu biên bản kiểm quỹ")
    day = re.sub(r"<[^>]*>", "", plain(accountant.get("/today")))
    again = re.search(r'href="(/period[^"]*)">Sửa', accountant.get(f"/proposals/{first}").text)
    assert again is not None

    page = accountant.get(again[1])
    typed = hidden(plain(page)) | {"note": "Đã kiểm quỹ"}
    second = accountant.post("/period", typed).location

    assert "Khóa sổ tháng đến hết ngày 31/05/2020" in day
    assert "2020-05-31" not in day
    assert "Thiếu biên bản kiểm quỹ" in page.text
    assert "Đã đối chiếu" in page.text
    assert f"Thay đề nghị số {first}: Đã kiểm quỹ" in plain(accountant.get(second))
    former = accountant.get(f"/proposals/{first}").text
    assert "Sửa và gửi lại" not in former
    assert f'href="{second}"' in former


def test_money_below_nothing_is_to_be_looked_at_and_stops_no_close(
    site: Site, fund: Fund
) -> None:
    """Nobody ever brought cash, and 50 000 000 of it are lent."""
    looked_at(fund)
    accountant = site.sign_in(Role.ACCOUNTANT)
    book = "/reports/cash_book?from=2020-05-01&to=2020-05-31"
    sound = [plain(accountant.get(page)) for page in ("/period", book)]
    a_contract(fund, "09/2020/HĐTD", borrower="htx-an", signed_on=date(2020, 5, 20))
    lent = Disburse(
        contract_number="09/2020/HĐTD",
        value_date=date(2020, 5, 20),
        amount=Money(50_000_000),
        method=PaymentMethod.CASH,
    )
    disburse(fund.session, lent, fund.officer, fund.clock, fund.manager)

    checks, seen = (plain(accountant.get(page)) for page in ("/period", book))

    assert cells_of(checks, "Tiền mặt cuối tháng không âm")[1] == "Nên xem"
    assert "−50.000.000 đ" in cells_of(checks, "Tiền mặt cuối tháng không âm")[2]
    assert cells_of(checks, "Tiền gửi ngân hàng cuối tháng không âm")[1] == "Đạt"
    below = "Cuối ngày 20/05/2020, tài khoản Tiền mặt âm: −50.000.000 đ"
    assert below in seen
    assert not [page for page in sound if "không thể âm" in page or "Nên xem" in page]


def test_figures_that_moved_send_the_proposal_back(site: Site, fund: Fund) -> None:
    looked_at(fund)
    _, number = proposed(site)
    manager = site.sign_in(Role.MANAGER)
    repaid(fund, "03/2020/HĐTD", date(2020, 5, 30), 1_000_000)

    seen = plain(manager.get(f"/proposals/{number}"))
    row = fund.session.get_one(Proposal, number)
    manager.post(f"/proposals/{number}/approve", {"payload_hash": row.payload_hash})

    fund.session.expire_all()
    row = fund.session.get_one(Proposal, number)
    assert (row.state, row.reason) == ("returned", "moved")
    for page in (seen, plain(manager.get(f"/proposals/{number}"))):
        moved = cells_of(page, "03/2020/HĐTD HTX Đặng Dư nợ gốc")
        assert moved[-2:] == ["104.457.534 đ", "103.457.534 đ"]
        then, _, now = page.rpartition('class="of-now"')  # both tables, then and now
        assert cells_of(then, "Cộng VIEC")[3] == "104.457.534"
        assert cells_of(now, "Cộng VIEC")[3] == "103.457.534"
    assert fund.session.get_one(Books, 1).closed_through is None
    assert fund.session.scalars(select(Period)).all() == []


def test_what_comes_later_shows_as_a_restatement_below_its_month(
    site: Site, fund: Fund
) -> None:
    looked_at(fund)
    manager = closed(site)
    before = plain(manager.get("/period/2020-05"))
    last = fund.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id.desc())).first()

    repaid(fund, AN, date(2020, 5, 20), 1_234_567)

    late = fund.session.scalars(
        select(LedgerEntry).where(LedgerEntry.id > last, LedgerEntry.value_date <= MAY)
    ).all()
    page = plain(manager.get("/period/2020-05"))
    assert "Chưa có bút toán nào ghi sau" in before
    assert {row.booking_date for row in late} == {TODAY}
    assert "1.234.567" in page
    assert AN in page
    shown = re.findall(r'<td class="number"[^>]*>(\d+)</td>', manager.get("/period").text)
    assert f"{len(late)}" in shown
    assert "404.457.534" in page  # what was locked stays


def test_months_before_the_first_close_are_locked_with_it(site: Site, fund: Fund) -> None:
    """What is booked for April stands under April, which has no minutes of its own."""
    looked_at(fund)
    manager = closed(site)
    quiet = plain(manager.get("/period/2020-02"))
    repaid(fund, AN, date(2020, 4, 20), 1_234_567)

    april, may = (plain(manager.get(f"/period/2020-{month}")) for month in ("04", "05"))

    assert "khóa cùng lần với tháng 05/2020" in april
    assert "Chưa có bút toán nào ghi sau" in quiet
    assert "20/04/2020" in april
    assert "20/04/2020" not in may
    months = plain(manager.get("/period"))
    assert "Các tháng trước 05/2020 khóa cùng lần" in months
    assert 'href="/period/2020-04"' in months
    assert 'href="/period/2020-02"' not in months
    assert manager.get("/period/2020-04.pdf").status_code == 404
    assert "Tháng 06/2020 chưa khóa" in plain(manager.get("/period/2020-06"))


def test_every_report_of_a_locked_month_says_what_was_booked_for_it_since(
    site: Site, fund: Fund
) -> None:
    """Page, sheet and paper; books by the day of booking are as they were and say nothing.

    As known before, each page says and is marked as it was then.
    """
    looked_at(fund)
    manager = closed(site)
    days = {True: "from=2020-05-01&to=2020-05-31", False: "as_of=2020-05-31"}
    asked = {name: f"/reports/{name}?{days[offer.is_period]}" for name, offer in OFFERS.items()}
    then = {name: manager.get(path).text for name, path in asked.items()}
    count = select(func.count()).select_from(LedgerEntry)
    asked_for = known_parameter(fund.clock.now())
    before = fund.session.scalar(count) or 0

    repaid(fund, AN, date(2020, 5, 20), 1_234_567)

    locked = "Tháng 05/2020 đã khóa"
    added = f"đã ghi thêm {(fund.session.scalar(count) or 0) - before} bút toán"
    for name, path in asked.items():
        says = name not in BOOKS
        page = manager.get(path).text
        parts = (locked, added, 'href="/period/2020-05"')
        assert locked not in then[name], name
        assert [part in page for part in parts] == [says] * 3, name
        again = manager.get(f"{path}&known_at={asked_for}").text
        assert locked not in again, name
        assert MARK.findall(again) == MARK.findall(then[name]), name
    assert "404.457.534" in MONEY_OF.findall(manager.get(asked["sources"]).text)
    assert locked in words_of(ask(manager, "/reports/sources.pdf", to="2020-05-31").data)
    sheet = sheet_text(ask(manager, "/reports/sources.xlsx", to="2020-05-31"))
    assert any(one.startswith(locked) for one in sheet)


def rows_of(page: str, caption: str) -> list[str]:
    """The rows of a table as printed, without signs of what is nothing."""
    table = next(one for one in tables_of(page) if caption in one.caption)
    rows = [*table.part("tbody"), *table.part("tfoot")]
    return [" ".join(row.text.replace("\N{NO-BREAK SPACE}", " ").split()) for row in rows]


def test_the_minutes_say_what_was_locked_and_by_whom(site: Site, fund: Fund) -> None:
    """Page and paper of a closed month are the table that its approver saw, row by row."""
    looked_at(fund)
    _, number = proposed(site)
    manager = site.sign_in(Role.MANAGER)
    seen = manager.get(f"/proposals/{number}").text
    assert decide(manager, number, "approve").status_code == 302
    repaid(fund, AN, date(2020, 5, 20), 50_000_000)

    answer = manager.get("/period/2020-05.pdf")
    words = words_of(answer.data)
    page = manager.get("/period/2020-05").text

    for caption in ("Theo nguồn vốn và nhóm nợ", "Tỷ lệ và dự phòng của từng nguồn"):
        rows = rows_of(seen, caption)
        assert len(rows) > 2
        assert rows_of(page, caption) == rows
        for row in rows:
            assert row.rpartition("Nguồn")[2] in words.replace("\N{NO-BREAK SPACE}", " "), row

    assert answer.mimetype == "application/pdf"
    assert "BIÊN BẢN KHÓA SỔ" in words
    assert "404.457.534" in words
    assert "ngày 01 tháng 6 năm 2020" in words  # the fund's day, as on every paper
    assert manager.actor is not None
    assert words.count(manager.actor.name) >= 2  # the sentence, and the place to sign
    closing = select(AuditLine.id, AuditLine.hash).where(AuditLine.action == "close_month")
    line, code = fund.session.execute(closing).one()
    assert f"Nhật ký đến dòng {line}: {Head(line, code).printed()}" in words


@pytest.mark.usefixtures("fund")
def test_a_month_that_is_open_has_no_minutes(site: Site) -> None:
    manager = site.sign_in(Role.MANAGER)

    assert manager.get("/period/2020-05").status_code == 404
    assert manager.get("/period/2020-13.pdf").status_code == 404
