"""A cooperative is invited by a letter: its link opens the account once (S1, S-04)."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock, office_day
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.message import AccountMail
from loanfund.models.user import User
from loanfund.services.user import disable_user
from tests.builders import Fund, a_borrower, a_fund, a_loan, a_source
from tests.papers import words_of
from tests.people import WHY
from tests.prepared import prepared
from tests.site import Browser, Site
from tests.web.test_repayment import plain

EMAIL, PASSWORD = "giamdoc@htx-dong-tam.vn", "mưa thuận gió hòa"
CODE = re.compile(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b")


@pytest.fixture
@prepared
def fund(session: Session, clock: FixedClock) -> Fund:
    fund = a_fund(session, clock)
    a_source(fund)
    a_borrower(fund, "HTX Đồng Tâm")
    a_borrower(fund, "HTX An")
    a_loan(fund, "01/2020")
    return fund


def path(fund: Fund, code: str = "htx-dong-tam") -> str:
    query = select(Borrower.id).where(Borrower.code == code)
    return f"/borrower/{fund.session.scalars(query).one()}/invitation"


def letter(browser: Browser, address: str, email: str = EMAIL) -> str:
    """Print a letter, and give the code in it."""
    browser.get(address)
    answer = browser.post(address, {"name": "Nguyễn Văn Tâm", "email": email})
    assert answer.mimetype == "application/pdf", answer.text
    found = CODE.search(words_of(answer.data))
    assert found is not None
    return found[0]


def opened(person: Browser, code: str) -> str:
    """Type the code of a letter, and give the way to a password."""
    person.get("/activate")
    answer = person.post("/activate", {"email": EMAIL, "code": code})
    assert answer.status_code == 302, plain(answer)
    return answer.headers["Location"]


def test_a_letter_opens_the_account_once(site: Site, fund: Fund) -> None:
    address = path(fund)
    person = site.stranger()
    link = opened(person, letter(site.sign_in(Role.OFFICER), address))

    assert "Mật khẩu mới" in plain(person.get(link))
    chosen = person.post(link, {"password": PASSWORD})
    assert chosen.headers["Location"] == "/sign-in?note=password_set"
    assert person.enter(EMAIL, PASSWORD).status_code == 302
    assert "01/2020" in person.get("/my").text

    other = site.stranger()
    said = "Đường dẫn này đã được dùng để đặt mật khẩu"
    assert said in plain(other.get(link))
    other.get("/sign-in")
    again = other.post(link, {"password": "một mật khẩu khác hẳn"})
    assert again.status_code == 422
    assert said in plain(again)


def test_the_letter_says_who_and_until_when_and_no_password(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path(fund))

    answer = browser.post(path(fund), {"name": "Nguyễn Văn Tâm", "email": EMAIL})

    said = words_of(answer.data)
    assert "HTX Đồng Tâm" in said
    assert "Nguyễn Văn Tâm" in said
    assert EMAIL in said
    ends = office_day(fund.clock.now()) + timedelta(days=14)
    assert f"dùng được đến {ends:%d/%m/%Y}" in said
    assert len(PdfReader(BytesIO(answer.data)).pages) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert "https://quy.example.vn/activate" in said
    assert CODE.search(said)
    stored = fund.session.scalars(select(User).where(User.email == EMAIL)).one()
    assert stored.password_hash is None


def test_a_second_letter_ends_the_first(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    person = site.stranger()
    first = opened(person, letter(browser, path(fund)))
    second = opened(person, letter(browser, path(fund)))
    person.get(first)

    assert person.post(first, {"password": PASSWORD}).status_code == 404
    assert person.post(second, {"password": PASSWORD}).status_code == 302
    assert EMAIL in browser.get(path(fund)).text


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("officer@so-cu.example.vn", "đã là của một tài khoản khác"),
        ("khong-phai-thu", "của chính HTX này: htx-dong-tam"),
        ("htx-an", "của chính HTX này: htx-dong-tam"),
    ],
)
def test_an_address_that_cannot_be_invited_is_refused(
    site: Site, fund: Fund, email: str, said: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path(fund))

    answer = browser.post(path(fund), {"name": "Tâm", "email": email})

    assert answer.status_code == 422
    assert said in plain(answer)
    assert f'value="{email}"' in answer.text


@pytest.mark.parametrize(
    ("name", "stored", "typed"),
    [
        ("HTX-Dong-Tam", "htx-dong-tam", " htx-dong-tam "),
        ("2400 123 456", "2400123456", "2400123456"),
        ("0912.345.678", "0912345678", "+84 912 345 678"),
    ],
    ids=["code", "tax code", "telephone"],
)
def test_a_cooperative_without_mail_signs_in_by_what_is_its_own(
    site: Site, fund: Fund, name: str, stored: str, typed: str
) -> None:
    """The letter carries the name, no mail goes anywhere, a new letter sets a new password."""
    own = fund.session.scalars(select(Borrower).filter_by(code="htx-dong-tam")).one()
    own.tax_code, own.phone = "2400123456", "0912 345 678"
    fund.session.commit()
    officer, person = site.sign_in(Role.OFFICER), site.stranger()
    officer.get(path(fund))

    for password in (PASSWORD, "gió mát trăng thanh"):
        paper = officer.post(path(fund), {"name": "Nguyễn Văn Tâm", "email": name})
        words = words_of(paper.data)
        assert f"Tên đăng nhập: {stored}" in words
        assert "Quên mật khẩu thì xin Quỹ giấy kích hoạt mới" in words
        code = CODE.search(words)
        assert code is not None
        person.get("/activate")
        way = person.post("/activate", {"email": typed, "code": code[0]}).headers["Location"]
        person.get(way)
        assert person.post(way, {"password": password}).status_code == 302
        assert f'value="{stored}"' in person.get("/sign-in").text
        assert site.stranger().enter(typed, password).status_code == 302

    refused = officer.post(f"{path(fund)}/mail", {"name": "Tâm", "email": name})
    assert refused.status_code in {404, 422}
    assert fund.session.scalars(select(AccountMail).filter_by(email=stored)).all() == []


def test_who_has_no_mail_is_told_whom_to_ask_whether_anybody_has_the_name(
    site: Site, fund: Fund
) -> None:
    letter(site.sign_in(Role.OFFICER), path(fund), "htx-dong-tam")
    said = set()
    for name in ("htx-dong-tam", "htx-khong-co", "0900000000"):
        person = site.stranger()
        person.get("/forgotten")
        answer = person.post("/forgotten", {"email": name})
        assert answer.status_code == 422
        said.add(re.sub(r'value="[^"]*"', "", plain(answer)).replace(name, ""))

    assert len(said) == 1
    assert "xin Quỹ giấy kích hoạt mới" in said.pop()


def test_an_account_of_one_cooperative_is_none_of_another(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    letter(browser, path(fund))
    browser.get(path(fund, "htx-an"))

    answer = browser.post(path(fund, "htx-an"), {"name": "Tâm", "email": EMAIL})

    assert answer.status_code == 422


def test_who_is_disabled_is_not_invited(site: Site, fund: Fund) -> None:
    browser = site.sign_in(Role.OFFICER)
    letter(browser, path(fund))
    disable_user(fund.session, EMAIL, WHY, fund.admin, now=fund.clock.now())

    answer = browser.post(path(fund), {"name": "Tâm", "email": EMAIL})

    assert answer.status_code == 422


@pytest.mark.usefixtures("fund")
def test_of_an_unknown_cooperative_it_is_said(site: Site) -> None:
    page = site.sign_in(Role.OFFICER).get("/borrower/999/invitation")

    assert page.status_code == 404
    assert "Không có khách hàng này." in plain(page)
