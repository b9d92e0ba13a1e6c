"""Reports as pages and files: for whom, parameters in the address, the same as on the page."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock, end_of_day
from loanfund.domain.permission import Role
from loanfund.queries._behind import loans_behind, report_behind
from loanfund.queries._loan_row import Figure
from loanfund.web.behind import Ways
from loanfund.web.report import XLSX
from loanfund.web.report_offer import OFFERS
from tests.books import a_small_book
from tests.conftest import TODAY
from tests.papers import hyphens_of, words_of
from tests.site import Browser, Site

TOTALS = {"Tổng cộng", "Số dư cuối kỳ"}
STAFF = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR)


@pytest.fixture
def manager(site: Site, clock: FixedClock) -> Browser:
    """A manager's browser on the small book."""
    with site.sessions() as session:
        a_small_book(session, clock)
    return site.sign_in(Role.MANAGER)


def ask(browser: Browser, path: str, **parameters: Any) -> TestResponse:
    return browser.client.get(path, base_url=browser.base_url, query_string=parameters)


def sheet_text(answer: TestResponse) -> set[str]:
    book = load_workbook(BytesIO(answer.data))
    rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
    return {str(cell) for row in rows for cell in row if cell is not None}


def lines_of(answer: TestResponse) -> list[list[str]]:
    """The cells of the lines of the page's tables, as they read."""
    rows = re.findall(r'<tr class="line-\w+">(.*?)</tr>', answer.text, re.DOTALL)
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for row in rows
    ]


def total_lines(answer: TestResponse) -> list[list[str]]:
    """The cells of the lines of totals of the page's tables."""
    rows = re.findall(r'<tr class="line-total">(.*?)</tr>', answer.text, re.DOTALL)
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        ]
        for row in rows
    ]


@pytest.mark.parametrize("role", STAFF)
def test_who_sees_reports_sees_the_catalogue_and_every_report(site: Site, role: Role) -> None:
    browser = site.sign_in(role)

    page = browser.get("/reports")

    assert page.status_code == 200
    for name in OFFERS:
        assert f'href="/reports/{name}"' in page.text
        assert browser.get(f"/reports/{name}").status_code == 200


def test_the_administrator_sees_none(site: Site) -> None:
    browser = site.sign_in(Role.ADMIN)

    for path in (
        "/reports",
        "/reports/loans",
        "/reports/loans.xlsx",
        "/loans.xlsx",
        "/loans.pdf",
    ):
        assert browser.get(path).status_code == 403


def test_every_report_is_there_in_both_languages(manager: Browser) -> None:
    for language in ("vi", "en"):
        manager.get("/")
        manager.post("/language", {"language": language})
        for name in OFFERS:
            page = ask(manager, f"/reports/{name}")
            assert page.status_code == 200
            assert f'<html lang="{language}">' in page.text


def test_every_report_comes_as_a_workbook(manager: Browser) -> None:
    for name in OFFERS:
        answer = ask(manager, f"/reports/{name}.xlsx")

        assert answer.mimetype == XLSX
        assert re.fullmatch(
            r"attachment; filename=\"[a-z0-9-]+_2020-0[56]-\d\d\.xlsx\"; filename\*=UTF-8''\S+",
            answer.headers["Content-Disposition"],
        )
        assert "Đơn vị tính: đồng" in sheet_text(answer)


def test_reports_with_a_paper_come_as_pdf(manager: Browser) -> None:
    for name, offer in OFFERS.items():
        answer = ask(manager, f"/reports/{name}.pdf")

        assert answer.status_code == (200 if offer.has_paper else 404)
        if offer.has_paper:
            text = words_of(answer.data)
            assert answer.headers["Content-Disposition"].startswith("inline; ")
            assert "Độc lập – Tự do – Hạnh phúc" in text


def test_the_page_shows_the_loans_of_the_day(manager: Browser) -> None:
    page = ask(manager, "/reports/loans", as_of="2020-05-31", source="VIEC")

    (loan, total) = lines_of(page)
    assert loan[1:6] == ["03/2020/HĐTD", "HTX Đặng", "Yên Thế", "Vận tải", "VIEC"]
    assert loan[9] == total[9] == "104.457.534"
    assert total[1] == "Tổng cộng"
    assert "Số liệu tại ngày 31/05/2020" in page.text
    assert 'href="/reports/loans.xlsx?as_of=2020-05-31&amp;source=VIEC"' in page.text


def test_a_loan_of_a_report_is_shown_as_the_report_saw_it(manager: Browser) -> None:
    for name, day in (("loans", "as_of"), ("receipts", "to")):
        page = ask(manager, f"/reports/{name}", **{day: "2020-05-31"})

        links = set(re.findall(r'<a href="(/loan/[^"]+)">', page.text))
        assert links
        assert all(one.endswith("?as_of=2020-05-31") for one in links)
        assert {manager.get(one).status_code for one in links} == {200}


def test_the_filtered_list_comes_as_it_is_filtered(manager: Browser) -> None:
    parameters = {"area": "Yên Thế", "sort": "-outstanding", "as_of": "2020-05-31"}

    book = load_workbook(BytesIO(ask(manager, "/loans.xlsx", **parameters).data)).worksheets[0]

    rows = [[cell.value for cell in row] for row in book.iter_rows()]
    loans = [row for row in rows if isinstance(row[0], int)]
    assert [row[1] for row in loans] == ["Hợp tác xã Ánh Dương", "HTX Đặng"]
    assert [row[7] for row in loans] == [200_000_000, 104_457_534]
    (total,) = [row for row in rows if row[1] == "Tổng cộng"]
    assert total[7] == 304_457_534
    assert [row[0] for row in rows if "Địa bàn:" in str(row[0])] == ["Địa bàn: Yên Thế"]
    texts = sheet_text(ask(manager, "/loans.xlsx", figure="bad_debt", status="all"))

    assert "Chỉ tiêu: Nợ xấu" in texts
    assert "Nợ xấu" in texts


def amounts(cells: list[Any]) -> list[int]:
    """The whole numbers among cells, as pages or sheets hold them; a dash is 0."""
    found = [0 if cell == "–" else cell for cell in cells]
    texts = [cell if isinstance(cell, str) else str(cell) for cell in found if cell is not None]
    plain = [re.sub(r"[.)]", "", one).replace("(", "-") for one in texts if "%" not in one]
    return [int(one) for one in plain if re.fullmatch(r"-?\d+", one)]


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [{}, {"known_at": "2020-05-31"}])
def test_the_sums_of_every_file_are_those_of_its_page(
    manager: Browser, parameters: dict[str, str]
) -> None:
    for name, offer in OFFERS.items():
        asked = parameters | ({"from": "2020-01-01"} if offer.is_period else {})
        page = ask(manager, f"/reports/{name}", **asked)
        sums = [amounts(line) for line in total_lines(page)]

        book = load_workbook(BytesIO(ask(manager, f"/reports/{name}.xlsx", **asked).data))
        assert not list(hyphens_of(book)), name
        rows = [
            list(row)
            for sheet in book.worksheets
            for row in sheet.iter_rows(values_only=True)
            if TOTALS & {str(cell) for cell in row}
        ]
        in_sheet = [[cell for cell in row if not isinstance(cell, float)] for row in rows]
        assert [amounts(row) for row in in_sheet] == sums, name
        paper = words_of(ask(manager, f"/reports/{name}.pdf", **asked).data)
        for amount in {one for line in sums for one in line if one > 999}:
            assert f"{amount:,}".replace(",", ".") in paper, name
        if "known_at" in parameters:
            assert not any(any(line) for line in sums), name
            assert "Như đã biết đến 31/05/2020" in paper


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"source": "VIEC"},
        {"area": "Yên Thế", "late": "31-"},
        {"figure": "bad_debt", "status": "all", "as_of": "2020-05-31"},
        {"known_at": "2020-05-31"},
    ],
)
def test_the_sums_of_the_filtered_list_are_those_of_its_page(
    manager: Browser, parameters: dict[str, str]
) -> None:
    page = ask(manager, "/loans", **parameters)
    foot = re.search(r"<tfoot>(.*?)</tfoot>", page.text, re.DOTALL)
    cells = re.findall(r'<td class="[^"]*money[^"]*"[^>]*>(.*?)</td>', foot[1]) if foot else []
    shown = [re.sub(r"<[^>]+>|\s", "", unescape(cell)) for cell in cells]
    expected = amounts(shown)

    answer = ask(manager, "/loans.xlsx", **parameters)
    book = load_workbook(BytesIO(answer.data)).worksheets[0]
    (total,) = [
        [cell for cell in row if cell is not None]
        for row in book.iter_rows(values_only=True)
        if "Tổng cộng" in row
    ]
    paper = words_of(ask(manager, "/loans.pdf", **parameters).data)

    assert amounts(total)[: len(expected)] == expected
    assert any(expected) is ("known_at" not in parameters)
    for amount in [one for one in expected if one]:
        assert f"{amount:,}".replace(",", ".") in paper
    if "known_at" in parameters:
        assert "Như đã biết đến 31/05/2020" in paper
        assert "Như đã biết đến 31/05/2020 23:59." in sheet_text(answer)


def test_figures_of_the_half_year_lead_to_what_is_behind_them(manager: Browser) -> None:
    page = ask(manager, "/reports/half_year", to="2020-05-31")

    links = [unescape(one) for one in re.findall(r'<a class="why" href="(/[^"]+)">', page.text)]
    debt = [one for one in links if one.startswith("/loans?")]
    capital = [one for one in links if "/reports/capital?" in one]
    assert (
        "Tính đến ngày 31/05/2020, đang cho vay 2 dự án với tổng dư nợ 300 triệu" in page.text
    )
    assert "300.000.000" in manager.get(debt[0]).text
    assert "1.000.000.000" in manager.get(capital[0]).text
    for one in dict.fromkeys((*debt, *capital)):
        assert manager.get(one).status_code == 200


def test_what_is_behind_a_figure_is_asked_as_known_then(site: Site) -> None:
    day = date(2020, 5, 31)
    debt = loans_behind(Figure.OUTSTANDING, "QUY", day)
    capital = report_behind("capital", "QUY", date(2020, 1, 1), day, part="part-2")

    with site.app.test_request_context("/", base_url=site.base_url):
        ways = Ways(day, end_of_day(TODAY))
        loan, *addresses = [ways.loan(7), *(ways.address(one) for one in (debt, capital))]

    assert loan == "/loan/7?as_of=2020-05-31&known_at=2020-06-01"
    assert all("source=QUY&" in one and "known_at=2020-06-01" in one for one in addresses)
    assert "as_of=2020-05-31" in addresses[0]
    assert "from=2020-01-01&to=2020-05-31" in addresses[1]
    assert addresses[1].endswith("#part-2")


def test_a_report_can_be_narrowed_to_a_debt_group(manager: Browser) -> None:
    whole = ask(manager, "/reports/classification", as_of="2020-05-31")
    group = ask(manager, "/reports/classification", as_of="2020-05-31", group="1")

    assert len(re.findall("<table", whole.text)) == 3
    assert len(re.findall("<table", group.text)) == 1
    assert 'value="1" selected' in group.text
    assert "group=1" in group.text
    assert ask(manager, "/reports/classification", group="6").status_code == 422


def test_a_report_too_long_to_print_says_what_to_do(
    manager: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanfund.web.report.MOST_PRINTED", 3)

    answer = ask(manager, "/reports/journal.pdf", **{"from": "2020-01-01"})

    assert answer.status_code == 422
    assert "quá dài để in thành PDF" in answer.text
    assert "tải Excel" in answer.text


def test_what_cannot_be_asked_is_refused(manager: Browser) -> None:
    for parameters, status in (
        ({"from": "2020-05-31", "to": "2020-05-01"}, 422),
        ({"to": "2020-06-02"}, 422),
        ({"to": "nonsense"}, 422),
        ({"by": "borrower"}, 422),
        ({"source": "' OR 1=1 --"}, 422),
    ):
        assert ask(manager, "/reports/sources", **parameters).status_code == status


def test_there_is_no_other_report(manager: Browser) -> None:
    for path in ("/reports/nothing", "/reports/nothing.xlsx", "/reports/nothing.pdf"):
        assert manager.get(path).status_code == 404
