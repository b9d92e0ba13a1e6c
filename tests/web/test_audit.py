"""The audit log as page and workbook: who reads it, what it finds, how a change reads."""

import re
from dataclasses import replace
from html import unescape
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import unit_of_work
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.queries.audit import PAGE_SIZE
from loanfund.services.borrower import change_borrower, register_borrower
from loanfund.services.user import command_line, disable_user
from loanfund.store.audit import write_audit
from tests.books import a_small_book
from tests.builders import Fund, a_fund
from tests.people import WHY
from tests.site import Browser, Site

AN = BorrowerFacts(code="KH1", name="HTX An", kind="cooperative", phone="0204 3854 001")
HOSTILE = ("' OR 1=1 --", "%' UNION SELECT 1 --", "<script>alert(1)</script>", "é" * 5_000)
ROWS = re.compile(r"<tbody>(.*)</tbody>", re.DOTALL)


def rows(browser: Browser, query: str = "") -> list[str]:
    """Give what the rows of the log say, without marks."""
    found = ROWS.search(browser.get(f"/audit{query}").text)
    if found is None:
        return []
    parts = re.split(r"<tr>", found[1])[1:]
    plain = (unescape(re.sub(r"<[^>]+>", " ", part)) for part in parts)
    return [" ".join(one.split()) for one in plain]


def a_change(session: Session, clock: FixedClock) -> Fund:
    fund = a_fund(session, clock)
    register_borrower(session, AN, fund.officer, clock)
    new = replace(AN, phone="0204 3854 002", area="Yên Thế")
    change_borrower(session, new, 1, fund.officer, clock)
    return fund


@pytest.fixture
def auditor(site: Site, clock: FixedClock) -> Browser:
    with site.sessions() as session:
        a_change(session, clock)
    return site.sign_in(Role.AUDITOR)


@pytest.mark.parametrize("path", ["/audit", "/audit.xlsx"])
def test_auditor_accountant_and_manager_read_it_and_nobody_else(site: Site, path: str) -> None:
    staff = set(Role) - {Role.CLI, Role.COOPERATIVE}
    found = {role: site.sign_in(role).get(path).status_code for role in staff}

    readers = {Role.AUDITOR, Role.ACCOUNTANT, Role.MANAGER}
    assert {role for role, status in found.items() if status == 200} == readers


def test_a_change_reads_before_and_after(auditor: Browser) -> None:
    (line,) = rows(auditor, "?action=change_borrower")

    assert "Lê An Sửa khách hàng Khách hàng KH1" in line
    assert "liên hệ điện thoại" in line
    assert "0204 3854" not in line
    assert "địa bàn – → Yên Thế" in line
    assert "tên" not in line  # it did not change


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?type=borrower&object=KH1", 2),
        ("?type=borrower&object=KH2", 0),
        ("?action=register_borrower", 1),
        ("?from=01/01/1990&to=31/12/1990", 0),
        ("?object=KH1&from=01/01/1990", 2),
    ],
)
def test_the_log_is_asked_by_what_object_and_when(
    auditor: Browser, query: str, count: int
) -> None:
    assert len(rows(auditor, query)) == count


def test_the_log_is_asked_by_who(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        fund = a_change(session, clock)
    auditor = site.sign_in(Role.AUDITOR)

    of_officer = rows(auditor, f"?who={fund.officer.user_id}")

    assert len(of_officer) == 2
    assert rows(auditor, f"?who={fund.manager.user_id}") == []


def test_an_empty_range_says_so(auditor: Browser) -> None:
    page = auditor.get("/audit?from=01/01/1990&to=31/12/1990").text

    assert "Không có thay đổi trong khoảng này." in page


def test_pages_go_on_below_the_last_line_without_gap(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        maker = a_fund(session, clock).officer.user_id
        with unit_of_work(session):
            for number in range(PAGE_SIZE + 5):
                write_audit(
                    session,
                    at=clock.now(),
                    actor=maker,
                    action="reverse",
                    subject=("loan", f"{number:03d}/2020"),
                )
    auditor = site.sign_in(Role.AUDITOR)

    first = auditor.get("/audit?action=reverse").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = auditor.get(unescape(older[1])).text

    seen = [re.findall(r"(\d{3}/2020)</a>", page) for page in (first, second)]
    assert [len(one) for one in seen] == [PAGE_SIZE, 5]
    assert seen[0] + seen[1] == [f"{number:03d}/2020" for number in reversed(range(105))]


def test_the_workbook_holds_the_same_lines_and_no_formula(
    site: Site, clock: FixedClock
) -> None:
    with site.sessions() as session:
        fund = a_fund(session, clock)
        facts = replace(AN, name='=HYPERLINK("http://x")')
        register_borrower(session, facts, fund.officer, clock)
    auditor = site.sign_in(Role.AUDITOR)

    sent = auditor.get("/audit.xlsx?type=borrower")

    book = load_workbook(BytesIO(sent.data))
    sheet = book["Chi tiết"]
    (_, line) = book["Dòng"].iter_rows(values_only=True)
    assert "mã: KH1" in str(line[6])
    found = list(sheet.iter_rows(values_only=True))
    assert found[0] == (
        *("Lúc", "Dòng số", "Ai", "Việc", "Loại đối tượng", "Đối tượng"),
        *("Thông tin", "Trước", "Sau"),
    )
    told = {str(row[6]): row[8] for row in found[1:]}
    assert told["tên"] == '=HYPERLINK("http://x")'
    assert told["mã"] == "KH1"
    assert len({row[1] for row in found[1:]}) == 1  # one line, a row for each of its facts
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "d"}


@pytest.mark.parametrize("name", ["who", "action", "type", "object", "from", "to", "below"])
@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_never_breaks_it(auditor: Browser, name: str, typed: str) -> None:
    page = auditor.client.get("/audit", base_url=auditor.base_url, query_string={name: typed})

    assert page.status_code in {200, 422}
    assert "<script>alert" not in page.text


def test_looking_writes_no_line(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_small_book(session, clock)
    auditor = site.sign_in(Role.AUDITOR)
    with site.sessions() as session:
        before = session.query(AuditLine).count()

    auditor.get("/audit")
    auditor.get("/audit.xlsx")

    with site.sessions() as session:
        assert session.query(AuditLine).count() == before


def test_what_a_line_is_about_is_called_by_its_name(site: Site, clock: FixedClock) -> None:
    """Numbers of rows say nothing to an auditor."""
    with site.sessions() as session:
        fund = a_small_book(session, clock)
        disable_user(session, fund.officer.email, WHY, fund.admin, now=clock.now())
    auditor = site.sign_in(Role.AUDITOR)

    (person,) = rows(auditor, "?action=disable_user")
    (source, *_) = rows(auditor, "?action=create_source")
    (approved, *_) = rows(auditor, "?action=disburse")
    assert f"người duyệt {fund.manager.name}" in approved
    (loan, *_) = rows(auditor, "?action=disburse")

    assert "Người dùng Lê An" in person
    assert "Nguồn vốn VIEC – Nguồn VIEC" in source
    assert "Khoản vay 03/2020/HĐTD – HTX Đặng" in loan


def test_what_a_job_wrote_for_many_loans_is_one_line(site: Site, clock: FixedClock) -> None:
    """72 statements of a month: one line, with all of them behind it; people's own stay."""
    with site.sessions() as session:
        fund = a_fund(session, clock)
        job = command_line(session, now=clock.now())
        for who, count in ((fund.officer, 2), (job, 72)):
            for number in range(1, count + 1):
                with unit_of_work(session):
                    write_audit(
                        session,
                        at=clock.now(),
                        actor=who.user_id,
                        action="issue_statement",
                        subject=("loan", f"{number:03d}/2020"),
                        facts={"number": f"SK-2020/{number:06d}"},
                    )
    auditor = site.sign_in(Role.AUDITOR)

    found = rows(auditor, "?action=issue_statement")

    assert len(found) == 3
    assert "Hệ thống Phát hành sao kê × 72 72 lần liên tiếp" in found[0]
    assert all(f"SK-2020/{number:06d}" in found[0] for number in range(1, 73))
    assert "Lê An Phát hành sao kê Khoản vay" in found[1]


@pytest.mark.parametrize("query", ["", "?action=issue_statement", "?type=loan", "?type=user"])
def test_page_and_workbook_count_the_same_lines(
    site: Site, clock: FixedClock, query: str
) -> None:
    """What is written after the page was looked at is in neither."""
    with site.sessions() as session:
        fund = a_small_book(session, clock)
        job = command_line(session, now=clock.now())
        for who, count in ((fund.officer, 2), (job, 130)):
            with unit_of_work(session):
                for number in range(count):
                    write_audit(
                        session,
                        at=clock.now(),
                        actor=who.user_id,
                        action="issue_statement",
                        subject=("loan", f"{number:03d}/2020"),
                        facts={"number": f"SK-2020/{number:06d}", "amount": 1},
                    )
    auditor = site.sign_in(Role.AUDITOR)
    page = unescape(auditor.get(f"/audit{query}").text)
    says = re.search(r"(\d+) dòng nhật ký", page)
    export = re.search(r'href="(/audit\.xlsx[^"]*)"', page)
    assert says is not None
    assert export is not None
    site.sign_in(Role.MANAGER)

    book = load_workbook(BytesIO(auditor.get(export[1]).data))

    ids = [row[1] for row in book["Dòng"].iter_rows(min_row=2, values_only=True)]
    assert len(ids) == len(set(ids)) == int(says[1])
    told = {row[1] for row in book["Chi tiết"].iter_rows(min_row=2, values_only=True)}
    assert told <= set(ids)
    pages, listed = [page], 0
    while older := re.search(r'rel="next" href="([^"]+)"', pages[-1]):
        pages.append(unescape(auditor.get(older[1]).text))
    for one in pages:
        grouped = [int(times) for times in re.findall(r"× (\d+)<", one)]
        listed += len(re.findall(r"<th scope=\"row\">", one)) - len(grouped) + sum(grouped)
    assert listed == len(ids)
