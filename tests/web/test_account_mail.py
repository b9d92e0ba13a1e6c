"""Links by mail through the pages: invited, sent again, and without a server not offered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.message import AccountMail
from loanfund.models.user import User
from tests.builders import a_borrower, a_fund
from tests.people import WHY, a_user
from tests.site import SETTINGS, Site, an_app
from tests.web.test_repayment import plain
from tests.web.test_user import NEW, act, decide, one

EMAIL = "giamdoc@htx-dong-tam.vn"


def waiting(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    rows = session.scalars(select(AccountMail).order_by(AccountMail.id))
    return [(row.email, row.kind) for row in rows if row.state == "planned"]


@pytest.fixture
def path(session: Session, clock: FixedClock) -> str:
    """The page on which a cooperative is invited."""
    a_borrower(a_fund(session, clock), "HTX Đồng Tâm")
    return f"/borrower/{session.scalars(select(Borrower.id)).one()}/invitation"


def test_a_cooperative_is_invited_by_mail_and_nobody_sees_the_link(
    site: Site, session: Session, path: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path)

    answer = browser.post(f"{path}/mail", {"name": "Nguyễn Văn Tâm", "email": EMAIL.upper()})

    page = plain(browser.get(answer.headers["Location"]))
    assert "Thư mời đang được gửi tới" in page
    assert "thư mời đang chờ gửi" in page
    assert "/password/" not in page.replace("/password/choose", "")
    assert (EMAIL, "invitation") in waiting(session)


def test_an_address_that_cannot_be_invited_is_refused_and_stays(
    site: Site, session: Session, path: str
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get(path)

    answer = browser.post(f"{path}/mail", {"name": "Tâm", "email": "officer@quy.example.vn"})

    assert answer.status_code == 422
    assert "đã là của một tài khoản khác" in plain(answer)
    assert 'value="officer@quy.example.vn"' in answer.text
    assert "invitation" not in dict(waiting(session)).values()


def test_a_new_person_is_invited_by_mail_once_approved(site: Site, session: Session) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    admin.get("/users")
    admin.post("/users/invite", NEW)
    assert (NEW["email"], "invitation") not in waiting(session)

    decide(site, session, manager)

    assert (NEW["email"], "invitation") in waiting(session)
    assert "thư mời đang chờ gửi" in plain(admin.get("/users"))


def test_the_administrator_lets_a_link_go_by_mail(site: Site, session: Session) -> None:
    admin = site.sign_in(Role.ADMIN)
    site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")

    said = act(admin, user, "mail")
    again = act(admin, user, "mail")

    assert "đang được gửi tới Nguyễn Thị Hường" in said + again
    assert waiting(session).count((user.email, "invitation")) == 1
    act(admin, user, "disable", reason=WHY)
    assert "hãy mở khóa trước" in act(admin, user, "mail")


@pytest.fixture
def without_mail(sessions: sessionmaker[Session], clock: FixedClock) -> Site:
    app: Flask = an_app(replace(SETTINGS, smtp_host="", mail_sender=""), sessions, clock)
    return Site(app, sessions)


def test_without_a_mail_server_nothing_promises_a_mail(
    without_mail: Site, session: Session, path: str
) -> None:
    officer, admin = without_mail.sign_in(Role.OFFICER), without_mail.sign_in(Role.ADMIN)
    user = a_user(session, email="khac@quy.example.vn")

    pages = officer.get(path).text + admin.get("/users").text

    assert "/mail" not in pages
    assert officer.post(f"{path}/mail", {"name": "Tâm", "email": EMAIL}).status_code == 404
    assert admin.post(f"/users/{user.user_id}/mail").status_code == 404
    assert session.scalars(select(User).where(User.email == EMAIL)).all() == []
