"""Borrowers as pages: who may what, search, the form, and two people at once."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from tests.books import a_small_book
from tests.builders import a_borrower, a_fund
from tests.site import Browser, Site

NAMES = re.compile(r"data-row>([^<]+)</a>")
WAS = re.compile(r'name="(was|version)"[^>]*value="([^"]*)"')
NEW = {"code": "KH9", "name": "HTX Mới", "kind": "cooperative", "tax_code": "0100233488"}


def hidden(page: str) -> dict[str, str]:
    """Give what the form carries unseen."""
    return {name: unescape(value) for name, value in WAS.findall(page)}


@pytest.fixture
def officer(site: Site, clock: FixedClock) -> Browser:
    with site.sessions() as session:
        a_small_book(session, clock)
    return site.sign_in(Role.OFFICER)


def id_of(site: Site, code: str) -> int:
    with site.sessions() as session:
        return session.scalars(select(Borrower.id).where(Borrower.code == code)).one()


def test_the_list_searches_without_diacritics_and_sorts(officer: Browser) -> None:
    found = {
        query: [
            unescape(name) for name in NAMES.findall(officer.get(f"/borrowers{query}").text)
        ]
        for query in ("", "?q=anh+duong", "?q=2409010000", "?q=0204385", "?sort=-outstanding")
    }

    assert found == {
        "": ["HTX An", "Hợp tác xã Ánh Dương", "HTX Đặng"],
        "?q=anh+duong": ["Hợp tác xã Ánh Dương"],
        "?q=2409010000": ["HTX An"],
        "?q=0204385": ["Hợp tác xã Ánh Dương"],
        "?sort=-outstanding": ["Hợp tác xã Ánh Dương", "HTX Đặng", "HTX An"],
    }


def test_an_empty_book_says_what_to_do(site: Site) -> None:
    page = site.sign_in(Role.OFFICER).get("/borrowers").text

    assert "Chưa có khách hàng nào" in page
    assert "/borrower/new" in page


def test_the_page_adds_up_what_the_borrower_owes(site: Site, officer: Browser) -> None:
    page = officer.get(f"/borrower/{id_of(site, 'hop-tac-xa-anh-duong')}").text

    assert "200.000.000" in page
    assert "02/2020/HĐTD" in page
    assert "Quá hạn" in page
    assert officer.get("/borrower/2147483647").status_code == 404


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.MANAGER, Role.AUDITOR])
def test_others_of_the_staff_read_and_do_not_write(
    site: Site, clock: FixedClock, role: Role
) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock))
    borrower_id = id_of(site, "htx-dong-tam")
    browser = site.sign_in(role)

    assert browser.get("/borrowers").status_code == 200
    assert browser.get(f"/borrower/{borrower_id}").status_code == 200
    assert browser.get("/borrower/new").status_code == 403
    assert browser.post("/borrower/new", NEW).status_code == 403
    assert browser.get(f"/borrower/{borrower_id}/edit").status_code == 403
    assert browser.post(f"/borrower/{borrower_id}/edit", NEW).status_code == 403


def test_neither_admin_nor_cooperative_sees_borrowers(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock))
    borrower_id = id_of(site, "htx-dong-tam")
    admin = site.sign_in(Role.ADMIN)
    cooperative = site.sign_in(Role.COOPERATIVE, borrower_id=borrower_id)

    for path in ("/borrowers", f"/borrower/{borrower_id}"):
        assert admin.get(path).status_code == 403
        assert cooperative.get(path).status_code == 404


def test_a_borrower_is_added_with_the_next_code(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock), code="KH048")
    browser = site.sign_in(Role.OFFICER)

    assert 'value="KH049"' in browser.get("/borrower/new").text
    sent = browser.post("/borrower/new", {**NEW, "code": "KH049", "phone": "0204 3854 321"})

    assert sent.status_code == 302
    page = browser.get(sent.location).text
    assert "Đã thêm HTX Mới." in page
    assert "không khớp số kiểm tra" not in page


def test_a_tax_code_with_a_wrong_check_digit_is_a_warning_only(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/borrower/new")

    sent = browser.post("/borrower/new", {**NEW, "tax_code": "0100233480"})

    assert sent.status_code == 302
    assert "0100233480 không khớp số kiểm tra" in browser.get(sent.location).text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("email", "khong phai thu", "Địa chỉ thư không đúng"),
        ("phone", "gọi chú Ba", "Số điện thoại không đúng"),
        ("name", " ", "Hãy điền ô này"),
        ("kind", "bank", "Hãy chọn một trong các mục"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_stays_typed(
    site: Site, field: str, typed: str, said: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/borrower/new")

    sent = browser.post("/borrower/new", {**NEW, "address": "Thôn 7", field: typed})

    assert sent.status_code == 422
    assert said in sent.text
    assert 'value="Thôn 7"' in sent.text


@pytest.mark.parametrize("known", [{"name": "Hợp tác xã MỚI"}, {"tax_code": "0100 233 488"}])
def test_who_may_be_known_is_shown_before_saving(
    site: Site, clock: FixedClock, known: dict[str, str]
) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock), **{"name": "HTX Khác", "code": "KH1", **known})
    browser = site.sign_in(Role.OFFICER)
    browser.get("/borrower/new")

    first = browser.post("/borrower/new", NEW)
    second = browser.post("/borrower/new", {**NEW, "is_other": "y"})

    assert first.status_code == 422
    assert "Có thể đã có khách hàng này" in first.text
    assert second.status_code == 302


def test_a_code_that_is_taken_is_refused_beside_its_field(
    site: Site, clock: FixedClock
) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock), code="KH9")
    browser = site.sign_in(Role.OFFICER)
    browser.get("/borrower/new")

    sent = browser.post("/borrower/new", NEW)

    assert sent.status_code == 422
    assert "Mã khách hàng KH9 đã có" in sent.text


def test_the_second_of_two_sees_what_the_first_changed(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock), code="KH9", phone="0204 3854 321", area="Yên Thế")
    path = f"/borrower/{id_of(site, 'KH9')}/edit"
    browser = site.sign_in(Role.OFFICER)
    opened = {"name": "HTX Đồng Tâm", "kind": "cooperative", **hidden(browser.get(path).text)}

    first = browser.post(path, {**opened, "phone": "0204 3854 001", "area": "Tân Yên"})
    second = browser.post(path, {**opened, "phone": "0204 3854 002", "area": "Yên Thế"})

    assert first.status_code == 302
    assert second.status_code == 409
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", second.text))
    assert "Điện thoại 0204 3854 321 0204 3854 001 0204 3854 002" in shown
    assert "Địa bàn Yên Thế Tân Yên lấy theo người khác" in shown
    again = {**opened, "phone": "0204 3854 002", "area": "Tân Yên", **hidden(second.text)}
    assert browser.post(path, again).status_code == 302
    with site.sessions() as session:
        row = session.scalars(select(Borrower).where(Borrower.code == "KH9")).one()
        assert (row.phone, row.area, row.version) == ("0204 3854 002", "Tân Yên", 3)


def test_the_code_never_changes(site: Site, clock: FixedClock) -> None:
    with site.sessions() as session:
        a_borrower(a_fund(session, clock), code="KH9")
    path = f"/borrower/{id_of(site, 'KH9')}/edit"
    browser = site.sign_in(Role.OFFICER)
    opened = hidden(browser.get(path).text)

    sent = browser.post(path, {**opened, "code": "KH1", "name": "HTX Khác", "kind": "member"})

    assert sent.status_code == 302
    with site.sessions() as session:
        row = session.scalars(select(Borrower)).one()
        assert (row.code, row.name, row.kind) == ("KH9", "HTX Khác", "member")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("HTX-AN", "Mã khách hàng htx-an đã có"),
        (" ＨＴＸ-an\u200b ", "Mã khách hàng htx-an đã có"),
        ("KH 9#", "có ký tự không dùng được ( #)"),
    ],
)
def test_a_code_that_is_taken_or_none_is_refused_beside_its_field(
    officer: Browser, code: str, said: str
) -> None:
    """Whatever its letters' case, width and company: one code is one borrower's."""
    officer.get("/borrower/new")
    answer = officer.post("/borrower/new", NEW | {"code": code})

    beside = re.search(r'id="code-error">([^<]*)<', answer.text)
    assert answer.status_code == 422
    assert beside is not None
    assert said in unescape(beside[1])
    assert 'value="HTX Mới"' in answer.text
