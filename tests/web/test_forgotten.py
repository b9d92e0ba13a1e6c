"""Who forgot the password gets a link; who asks learns of nobody whether they exist (S-08)."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.message import AccountMail
from loanfund.services.user import AddUser, add_user, command_line, disable_user
from tests.people import NOW, WHY, a_user
from tests.site import SETTINGS, Site, an_app
from tests.statement_count import counting
from tests.web.test_repayment import plain

KNOWN, GONE = "officer@quy.example.vn", "gone@quy.example.vn"
INVITED, NOBODY = "invited@quy.example.vn", "nobody@quy.example.vn"


def people(session: Session) -> None:
    """One who has a password, one who is disabled, one who was only invited."""
    operator = command_line(session, now=NOW)
    a_user(session, Role.OFFICER, email=KNOWN)
    a_user(session, email=GONE)
    disable_user(session, GONE, WHY, operator, now=NOW)
    person = AddUser(email=INVITED, name="Mới", role=Role.OFFICER)
    add_user(session, person, operator, now=NOW)


def ask(site: Site, email: str) -> TestResponse:
    browser = site.stranger()
    browser.get("/forgotten")
    answer = browser.post("/forgotten", {"email": email})
    return browser.get(answer.headers["Location"]) if answer.status_code == 302 else answer


def test_the_answer_is_the_same_whoever_is_asked_for(site: Site, session: Session) -> None:
    people(session)
    assert "Quên mật khẩu?" in site.stranger().get("/sign-in").text

    with capture_logs() as lines:
        pages = [ask(site, email) for email in (KNOWN, GONE, INVITED, NOBODY)]

    own = r'value="[^"]{20,}"|value="\S+@\S+"'  # the token, and what was typed
    said = {re.sub(own, "", page.text) for page in pages}
    assert len(said) == 1
    assert "Nếu địa chỉ ấy là của một tài khoản đang dùng" in plain(pages[0])
    assert KNOWN not in str(lines)


def test_no_question_to_the_database_tells_who_is_known(
    site: Site, session: Session, engine: Engine
) -> None:
    people(session)
    browser = site.stranger()
    browser.get("/forgotten")

    with counting(engine) as of_known:
        browser.post("/forgotten", {"email": KNOWN})
    with counting(engine) as of_nobody:
        browser.post("/forgotten", {"email": NOBODY})

    assert [one.split()[:3] for one in of_known] == [one.split()[:3] for one in of_nobody]
    assert not any('FROM "user"' in one for one in of_known)


def test_nobodys_mailbox_is_filled_and_no_network_asks_for_many(
    site: Site, session: Session
) -> None:
    people(session)

    of_one = [ask(site, KNOWN.upper()).status_code for _ in range(4)]
    of_none = [ask(site, NOBODY).status_code for _ in range(4)]
    of_network = [ask(site, f"{number}@quy.vn").status_code for number in range(3)]

    assert of_one == of_none == [200, 200, 200, 429]
    assert of_network == [200, 200, 429]
    waiting = select(AccountMail.email).where(AccountMail.kind == "reset")
    assert session.scalars(waiting.order_by(AccountMail.id)).all()[:2] == [KNOWN, NOBODY]


def test_what_is_no_address_is_said_beside_the_field(site: Site) -> None:
    answer = ask(site, "không phải thư")

    assert answer.status_code == 422
    assert "Địa chỉ thư không đúng" in plain(answer)
    assert 'value="không phải thư"' in answer.text


def test_a_link_that_ran_out_leads_to_a_new_one(site: Site) -> None:
    browser = site.stranger()

    page = browser.get(f"/password/{'x' * 43}")

    assert "không còn dùng được" in plain(page)
    assert 'href="/forgotten"' in page.text


def test_without_a_mail_server_the_administrator_is_asked(
    sessions: sessionmaker[Session], session: Session, clock: FixedClock
) -> None:
    app = an_app(replace(SETTINGS, smtp_host="", mail_sender=""), sessions, clock)
    site = Site(app, sessions)
    people(session)

    answer = ask(site, KNOWN)

    assert answer.status_code == 422
    assert "Hợp tác xã xin Quỹ giấy kích hoạt mới; cán bộ Quỹ nhờ quản trị" in plain(answer)
    assert 'href="/forgotten"' not in site.stranger().get("/sign-in").text
    assert session.scalars(select(AccountMail).where(AccountMail.kind == "reset")).all() == []
