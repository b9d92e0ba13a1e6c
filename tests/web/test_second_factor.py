"""The second factor by its pages (S-07, S-15): who must have one gets nowhere without it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from loanfund.config import Settings
from loanfund.domain.permission import Role
from loanfund.domain.second_factor import REQUIRED_OF
from loanfund.models.proposal import Proposal
from loanfund.models.user import SecondFactor, UserSession
from loanfund.web.login import declared
from tests.authenticator import CLOCK, Authenticator, Phone
from tests.people import PASSWORD, a_user
from tests.services.derived import contents
from tests.site import SETTINGS, Browser, Site
from tests.web.test_grave import kept, minutes_pass
from tests.web.test_repayment import hidden, plain
from tests.web.test_user import one

CODES = re.compile(r"<li><code>([0-9A-Z-]{19})</code></li>")
SET_UP, CODE = "/second-factor/set-up", "/sign-in/code"


@pytest.fixture
def settings() -> Settings:
    return replace(SETTINGS, second_factor=True)


@pytest.mark.parametrize(
    "typed", ["é12345", "\u0661\u0662\u0663\u0664\u0665\u0666", "１２３", "📱"]
)
def test_a_code_of_other_letters_is_wrong_and_no_accident(
    site: Site, session: Session, typed: str
) -> None:
    browser, _phone = signed_in(site, session, Role.OFFICER)
    browser.get(SET_UP)
    assert browser.post(SET_UP, {"code": typed}).status_code == 422
    elsewhere = site.stranger()
    assert browser.actor is not None
    elsewhere.enter(browser.actor.email)
    elsewhere.get(CODE)
    assert elsewhere.post(CODE, {"code": typed}).status_code == 422


def half_in(site: Site, session: Session, role: Role, email: str | None = None) -> Browser:
    """Somebody of a role who gave the right password."""
    actor = a_user(session, role, email=email)
    browser = site.stranger()
    browser.actor = actor
    browser.enter(actor.email)
    return browser


def enrolled(browser: Browser) -> Phone:
    """Set it up as the page says."""
    page = browser.get(SET_UP)
    phone = Phone(Authenticator.typed(page.text))
    done = browser.post(SET_UP, {"code": phone.code()})
    phone.codes = CODES.findall(done.text)
    assert len(phone.codes) == 10
    return phone


def signed_in(site: Site, session: Session, role: Role) -> tuple[Browser, Phone]:
    browser = half_in(site, session, role)
    return browser, enrolled(browser)


def leads_to(answer: TestResponse) -> str:
    assert answer.status_code == 302
    return str(answer.headers["Location"]).partition("?")[0]


@pytest.mark.parametrize(
    ("role", "needs"),
    [
        (Role.ADMIN, True),
        (Role.MANAGER, True),
        (Role.ACCOUNTANT, True),
        (Role.OFFICER, False),
        (Role.AUDITOR, False),
    ],
)
def test_who_must_have_one_sets_it_up_at_the_next_sign_in(
    site: Site, session: Session, role: Role, *, needs: bool
) -> None:
    browser = half_in(site, session, role)

    answer = browser.get("/password")

    assert needs == (role in REQUIRED_OF)
    if not needs:
        assert answer.status_code == 200
        return
    assert leads_to(answer) == SET_UP
    enrolled(browser)
    assert browser.get("/password").status_code == 200


def test_the_page_shows_what_an_app_needs_and_takes_no_wrong_code(
    site: Site, session: Session
) -> None:
    browser = half_in(site, session, Role.MANAGER)

    page, again = browser.get(SET_UP), browser.get(SET_UP)
    refused = browser.post(SET_UP, {"code": "000000"})

    assert 'src="data:image/svg+xml' in page.text
    apps = [Authenticator.typed(one.text) for one in (page, again, refused)]
    assert apps[0] == apps[1] == apps[2], "a page that is opened again shows the same picture"
    assert refused.status_code == 422
    assert "Mã không đúng" in plain(refused)
    assert session.scalars(select(SecondFactor)).all() == []
    done = browser.post(SET_UP, {"code": apps[0].code(CLOCK.now())})
    assert len(CODES.findall(done.text)) == 10
    assert "no-store" in done.headers["Cache-Control"]


def test_the_next_sign_in_asks_for_a_code_and_goes_where_somebody_was(
    site: Site, session: Session
) -> None:
    first, phone = signed_in(site, session, Role.MANAGER)
    assert first.actor is not None
    browser = site.stranger()

    browser.enter(first.actor.email, next="/loans?q=an")
    asked = browser.get("/loans?q=an")
    page = browser.get(asked.headers["Location"])
    wrong = browser.post(CODE, {"code": "123 456", "next": "/loans?q=an"})
    before = browser.cookie("session")
    right = browser.post(CODE, {"code": phone.code(), "next": "/loans?q=an"})

    assert leads_to(asked) == CODE
    assert hidden(page.text)["next"] == "/loans?q=an"
    assert wrong.status_code == 422
    assert 'value="123 456"' in wrong.text
    assert right.headers["Location"] == "/loans?q=an"
    assert browser.cookie("session") != before, "another token (S-11)"
    assert browser.get("/loans?q=an").status_code == 200


def test_what_was_typed_when_the_session_ended_goes_on_after_the_code(
    site: Site, session: Session
) -> None:
    admin, phone = signed_in(site, session, Role.ADMIN)
    assert admin.actor is not None
    admin.get("/users")
    session.execute(delete(UserSession))
    session.commit()
    typed = {"name": "Lê Mới", "email": "moi@quy.vn", "role": "officer"}

    page = admin.post("/users/invite", typed)
    carried = hidden(page.text)
    admin.post(
        "/sign-in",
        carried | {"email": admin.actor.email, "password": PASSWORD},
    )
    admin.get(admin.get("/sign-in/resume").headers["Location"])
    answer = admin.post(CODE, {"code": phone.code(), "next": "/sign-in/resume"})

    assert leads_to(answer) == "/sign-in/resume"
    assert "moi@quy.vn" in admin.get("/sign-in/resume").text


def test_the_password_alone_opens_no_page_and_writes_nothing(
    site: Site, app: Flask, session: Session
) -> None:
    """Of who must set one up, and of who has one: every address, by every method."""
    first, _ = signed_in(site, session, Role.MANAGER)
    assert first.actor is not None
    waiting = site.stranger()
    waiting.enter(first.actor.email)
    asked = {
        SET_UP: half_in(site, session, Role.MANAGER, "hai@quy.example.vn"),
        CODE: waiting,
    }
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if not getattr(declared(app.view_functions[rule.endpoint]), "public", False)
    ]
    assert len(rules) > 100
    values = {"path": "x", "name": "loans", "month": "2020-05", "day": "2020-05-01"}
    before = _book(session)

    for step, browser in asked.items():
        browser.get(step)
        for rule in rules:
            given = {name: values.get(name, 1) for name in rule.arguments}
            address = app.url_map.bind("").build(rule.endpoint, given)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                send = browser.get if method == "GET" else browser.post
                answer = send(address)
                assert (answer.status_code, leads_to(answer)) == (302, step), rule
    assert _book(session) == before


def _book(session: Session) -> dict[str, object]:
    session.expire_all()
    return {name: rows for name, rows in contents(session).items() if name != "user_session"}


def test_a_replayed_code_signs_nobody_in_but_a_one_time_code_does_once(
    site: Site, session: Session
) -> None:
    first, phone = signed_in(site, session, Role.ACCOUNTANT)
    assert first.actor is not None
    used = phone.typed[-1]

    for typed, opens in ((used, False), (phone.codes[0], True), (phone.codes[0], False)):
        browser = site.stranger()
        browser.enter(first.actor.email)
        browser.get(CODE)
        answer = browser.post(CODE, {"code": typed})
        assert (answer.status_code == 302) is opens
        assert (browser.get("/password").status_code == 200) is opens


def test_whoever_stops_halfway_can_leave(site: Site, session: Session) -> None:
    browser = half_in(site, session, Role.MANAGER)
    browser.get(SET_UP)

    answer = browser.post("/sign-out")

    assert leads_to(answer) == "/sign-in"
    assert session.scalars(select(UserSession)).all() == []
    assert leads_to(browser.get(SET_UP)) == "/sign-in"
    browser.get("/sign-in")
    assert leads_to(browser.post(CODE, {"code": "1"})) == "/sign-in"


def test_a_grave_act_asks_for_password_and_code_together(site: Site, session: Session) -> None:
    admin, phone = signed_in(site, session, Role.ADMIN)
    minutes_pass(session)
    admin.get("/users")
    typed = {"name": "Lê Mới", "email": "moi@quy.vn", "role": "officer"}

    page = admin.post("/users/invite", typed)
    assert page.status_code == 401
    assert 'name="code_again"' in page.text
    again = kept(page) | {"password_again": PASSWORD}
    for code in ("", "000000"):
        refused = admin.post("/users/invite", again | {"code_again": code})
        assert refused.status_code == 401
        assert kept(refused)["email"] == "moi@quy.vn"
        assert "code_again" not in kept(refused)
    done = admin.post("/users/invite", again | {"code_again": phone.code()})

    assert done.status_code == 302
    assert len(session.scalars(select(Proposal)).all()) == 1


def test_the_own_page_renews_codes_and_changes_the_telephone(
    site: Site, session: Session
) -> None:
    browser, phone = signed_in(site, session, Role.MANAGER)

    page = plain(browser.get("/second-factor"))
    assert "Còn 10 mã dùng một lần" in page
    assert "không tự tắt được" in page
    fresh = CODES.findall(browser.post("/second-factor/codes").text)
    assert len(set(fresh) - set(phone.codes)) == 10
    browser.post("/second-factor/off")
    assert len(session.scalars(select(SecondFactor)).all()) == 1, "the role must have one"
    other = enrolled(browser)
    assert other.app != phone.app
    minutes_pass(session)
    browser.get(SET_UP)
    assert browser.post(SET_UP, {"code": "000000"}).status_code == 401, "a grave act"


def test_whoever_may_is_offered_one_and_may_end_it(site: Site, session: Session) -> None:
    officer = half_in(site, session, Role.OFFICER)
    assert "chưa bật" in plain(officer.get("/second-factor"))
    enrolled(officer)

    officer.get("/second-factor")
    answer = officer.post("/second-factor/off")

    assert leads_to(answer) == "/second-factor"
    assert "chưa bật" in plain(officer.get("/second-factor"))
    assert session.scalars(select(SecondFactor)).all() == []


def test_a_page_says_who_has_which_factor_and_two_others_end_one(
    site: Site, session: Session
) -> None:
    admin, _ = signed_in(site, session, Role.ADMIN)
    manager, _ = signed_in(site, session, Role.MANAGER)
    accountant, _ = signed_in(site, session, Role.ACCOUNTANT)
    half_in(site, session, Role.MANAGER, "hai@quy.example.vn")
    user = one(session, "accountant@quy.example.vn")

    said = plain(admin.get("/users"))
    assert said.count("đã bật") == 3
    assert said.count("bắt buộc, chưa bật") == 1
    assert plain(manager.get("/users")).count("đã bật") == 3
    path = f"/users/{user.id}/ask-factor-off"
    assert admin.post(path, {"reason": " "}).status_code == 422
    assert admin.post(path, {"reason": "Mất điện thoại"}).status_code == 302
    assert "Đã đề nghị tắt xác thực hai bước của Nguyễn Thị Hường" in plain(admin.get("/users"))
    number = session.scalars(select(Proposal.id)).one()
    page = manager.get(f"/proposals/{number}")
    assert "Mất điện thoại" in plain(page)
    sent = {"payload_hash": hidden(page.text)["payload_hash"]}
    assert manager.post(f"/proposals/{number}/approve", sent).status_code == 302

    assert leads_to(accountant.get("/loans")) == "/sign-in"
    accountant.enter(user.email)
    assert leads_to(accountant.get("/loans")) == SET_UP
    told = html.unescape(plain(manager.get("/")))
    assert "đã tắt xác thực hai bước của Nguyễn Thị Hường" in told


def test_a_demonstration_asks_nobody_unless_told_to() -> None:
    assert Settings.from_environment({"LOANFUND_DEMO": "1", **_LEAST}).second_factor is False
    asked = {"LOANFUND_DEMO": "1", "LOANFUND_SECOND_FACTOR": "1", **_LEAST}
    assert Settings.from_environment(asked).second_factor is True


_LEAST = {"LOANFUND_DATABASE_URL": "sqlite://", "LOANFUND_SECRET_KEY": "demo"}
