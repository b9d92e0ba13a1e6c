"""The list of loans and the quick search as pages: for whom, and everything in the address."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.queries._loan_row import Figure
from loanfund.queries.loan_list import SORT_NAMES, STATUSES
from tests.books import a_small_book, the_2020_book
from tests.builders import a_borrower, a_fund
from tests.site import Browser, Site

PATHS = ("/loans", "/search?q=an", "/loans/search.json?q=an")
NAMES = re.compile(r"data-row>([^<]+)</a>")
NBSP = "\N{NO-BREAK SPACE}"
HOSTILE = (
    "' OR 1=1 --",
    "%' UNION SELECT password_hash FROM user --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "..%2f..%2fetc",
    "\0",
    "-1",
    "9" * 400,
    "é" * 5_000,
)


@pytest.fixture
def officer(site: Site, clock: FixedClock) -> Browser:
    """An officer's browser on the small book."""
    with site.sessions() as session:
        a_small_book(session, clock)
    return site.sign_in(Role.OFFICER)


def ask(browser: Browser, path: str = "/loans", **parameters: Any) -> TestResponse:
    return browser.client.get(path, base_url=browser.base_url, query_string=parameters)


def names(page: TestResponse) -> list[str]:
    return [unescape(name) for name in NAMES.findall(page.text)]


@pytest.mark.parametrize("path", PATHS)
def test_strangers_and_those_without_loans_see_nothing(
    site: Site, clock: FixedClock, path: str
) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock))
        borrower_id = session.scalars(select(Borrower.id)).one()

    assert site.stranger().get(path).status_code == 302
    assert site.sign_in(Role.ADMIN).get(path).status_code == 403
    cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=borrower_id)
    assert cooperative.get(path).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR])
def test_staff_see_the_list(site: Site, role: Role) -> None:
    browser = site.sign_in(role)

    page = browser.get("/loans")

    assert page.status_code == 200
    assert "Chưa có khoản vay nào" in page.text
    assert browser.get("/loans/search.json?q=an").json == {
        "found": [],
        "count": "0 kết quả",
        "nothing": (
            "Không thấy – hãy bớt chữ, hoặc thử số hợp đồng, số chứng từ, "
            "người đại diện, số máy."
        ),
    }


def test_the_list_shows_where_each_loan_stands(officer: Browser) -> None:
    page = ask(officer, as_of="2020-05-31")

    assert names(page) == ["HTX An", "Hợp tác xã Ánh Dương", "HTX Đặng"]
    text = unescape(page.text)
    assert f"3 khoản, dư nợ gốc 404.457.534{NBSP}đ tại 31/05/2020" in text
    assert "Số liệu tại 31/05/2020" in text
    assert "Đủ lãi" in text
    assert "Nhóm 4" in text


def test_the_address_keeps_what_was_asked_for(officer: Browser) -> None:
    page = ask(
        officer,
        as_of="2020-05-31",
        q="htx",
        source="QUY",
        figure="due",
        sort="-outstanding",
        status="all",
    )

    assert names(page) == ["Hợp tác xã Ánh Dương", "HTX An"]
    links = [unescape(link) for link in re.findall(r'href="(/loans\?[^"]+)"', page.text)]
    of_columns = [link for link in links if "sort=next_due" in link]
    assert len(of_columns) == 1
    for part in ("as_of=2020-05-31", "q=htx", "source=QUY", "figure=due", "status=all"):
        assert part in of_columns[0]
    assert any("sort=outstanding" in link for link in links)  # the other way round
    assert 'value="htx"' in page.text
    assert '<option value="QUY" selected>' in page.text


def test_a_form_sent_without_choices_asks_for_nothing(officer: Browser) -> None:
    page = ask(officer, q="", source="", figure="", group="", area="", sector="")

    assert len(names(page)) == 3


def test_where_a_status_hides_what_was_found_the_way_is_shown(officer: Browser) -> None:
    page = ask(officer, status="closed", q="an")

    assert "2 khoản ở tình trạng khác" in page.text
    assert "q=an&amp;status=all" in page.text


def test_where_nothing_is_found_the_next_act_is_said(officer: Browser) -> None:
    page = ask(officer, q="không có ai")

    assert "Không thấy khoản vay nào" in page.text
    assert 'href="/loans"' in page.text


def test_pages_follow_each_other(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        the_2020_book(session, clock)
    officer = site.sign_in(Role.OFFICER)

    first = ask(officer, status="all", sort="contract")
    second = ask(officer, status="all", sort="contract", page="2")

    assert 'rel="next" href="/loans?status=all&amp;page=2&amp;sort=contract"' in first.text
    assert 'rel="prev" href="/loans?status=all&amp;sort=contract"' in second.text
    assert len({*NAMES.findall(first.text)} | {*NAMES.findall(second.text)}) > 70


@pytest.mark.parametrize("sort", SORT_NAMES)
def test_every_column_can_be_clicked(officer: Browser, sort: str) -> None:
    assert ask(officer, sort=sort, figure="soon").status_code == 200
    assert ask(officer, sort=f"-{sort}").status_code == 200


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_find_nothing_or_are_refused(officer: Browser, value: str) -> None:
    for name in ("source", "area", "sector"):
        page = ask(officer, **{name: value})
        assert (page.status_code, names(page)) == (200, [])
        assert "<script>alert" not in page.text
    for name in ("status", "group", "figure", "sort", "page"):
        assert ask(officer, **{name: value}).status_code == 422
    page = ask(officer, q=value, status="all")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "password_hash" not in " ".join(names(page))
    assert ask(officer, "/loans/search.json", q=value).status_code == 200
    assert ask(officer, "/search", q=value).status_code == 302


def test_unknown_and_repeated_parameters_do_no_harm(officer: Browser) -> None:
    page = officer.get("/loans?q=an&q=dang&limit=9&order_by=1&__class__=x")

    assert names(page) == ["HTX An", "Hợp tác xã Ánh Dương"]


def test_a_borrower_without_a_contract_is_found_and_opened(officer: Browser) -> None:
    officer.get("/borrower/new")
    known = {"legal_representative": "Trần Văn Bình", "phone": "0912 345 678"}
    new = {"code": "KH9", "name": "HTX Mới", "kind": "cooperative", **known}
    page = officer.post("/borrower/new", new).headers["Location"]

    answer = officer.get("/loans/search.json?q=binh").json
    away = officer.get("/search?q=0912345678")
    offered = officer.get("/loans?q=binh&status=all")

    assert answer is not None
    assert answer["found"] == [
        {
            "address": page,
            "name": "HTX Mới",
            "about": "KH9 · Trần Văn Bình · 0912 345 678",
            "figures": "",
            "status": "Chưa có hợp đồng",
            "tone": "calm",
        }
    ]
    assert away.headers["Location"] == page
    assert 'href="/borrowers?q=binh"' in offered.text


def test_the_quick_search_gives_what_it_shows(officer: Browser) -> None:
    answer = officer.get("/loans/search.json?q=dang").json

    assert answer is not None
    (found,) = answer["found"]
    assert found.pop("address").startswith("/loan/")
    assert found == {
        "name": "HTX Đặng",
        "about": "03/2020/HĐTD · VIEC",
        "figures": f"dư nợ 104.457.534{NBSP}đ · phải trả 5.050.175{NBSP}đ",
        "status": "Quá hạn gốc",
        "tone": "bad",
    }


def test_without_a_script_the_search_goes_to_the_loan_or_the_list(officer: Browser) -> None:
    one = officer.get("/search?q=dang")
    some = officer.get("/search?q=htx")

    assert one.headers["Location"].startswith("/loan/")
    assert officer.get(one.headers["Location"]).status_code == 200
    assert some.headers["Location"] == "/loans?q=htx&status=all"
    assert officer.get("/search").headers["Location"] == "/loans?status=all"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_word_is_there_in_both_languages(officer: Browser, language: str) -> None:
    officer.get("/")
    officer.post("/language", {"language": language})

    for status in STATUSES:
        assert ask(officer, status=status).status_code == 200
    for figure in Figure:
        page = ask(officer, figure=figure.value, status="all", as_of="2020-05-31")
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
