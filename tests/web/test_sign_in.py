"""Signing in and out, and choosing a password, through the pages."""

import re
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.user import UserSession
from loanfund.services.user import command_line, disable_user, issue_link
from tests.people import NOW, PASSWORD, WHY, a_user
from tests.site import SETTINGS, Site

OTHER = "năm con mèo nằm trên mái"
OFFICER = "officer@quy.example.vn"


def body(response: TestResponse) -> str:
    """Give a page without what is random in it."""
    return re.sub(r'value="[^"]{20,}"', "", response.text)


def test_the_sign_in_page_is_vietnamese_until_somebody_chooses(site: Site) -> None:
    page = site.stranger().get("/sign-in").text

    assert '<html lang="vi">' in page
    assert "Đăng nhập" in page


def test_whoever_signs_in_comes_where_they_were_going(site: Site) -> None:
    site.sign_in(Role.OFFICER)

    away = site.stranger().get("/password?x=1")
    back = site.stranger().enter(OFFICER, next="/password?x=1")

    assert away.headers["Location"] == "/sign-in?next=/password?x%3D1"
    assert back.headers["Location"] == "/password?x=1"


def test_who_is_signed_in_is_not_asked_again(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)

    assert browser.get("/sign-in?next=/password").headers["Location"] == "/password"


def test_unknown_wrong_and_disabled_see_the_same_page(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    gone = "gone@quy.example.vn"
    with site.sessions() as session:
        a_user(session, email=gone)
        disable_user(session, gone, WHY, command_line(session, now=NOW), now=NOW)

    answers = [
        site.stranger().enter(OFFICER, OTHER),
        site.stranger().enter(gone, PASSWORD),
        site.stranger().enter("nobody@quy.example.vn", PASSWORD),
    ]

    assert {answer.status_code for answer in answers} == {422}
    pages = [re.sub(r"value=\"[^\"]*@[^\"]*\"", "", body(answer)) for answer in answers]
    assert len(set(pages)) == 1
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in pages[0]


def test_who_fails_too_often_is_told_how_long_to_wait(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    for _ in range(5):
        site.stranger().enter(OFFICER, OTHER)

    answer = site.stranger().enter(OFFICER)

    assert answer.status_code == 429
    assert "giây rồi thử lại" in answer.text


def test_a_browser_that_signed_in_before_is_locked_out_by_nobody(site: Site) -> None:
    owner, other = site.sign_in_by_page(Role.OFFICER), site.sign_in_by_page(Role.MANAGER)
    for browser in (owner, other):
        browser.get("/password")
        browser.post("/sign-out")
    for _ in range(5):
        site.stranger().enter(OFFICER, OTHER)
    forger, reader = site.stranger(), site.stranger()
    forger.client.set_cookie("__Host-known", "e30.x.y", domain="quy.example.vn", secure=True)

    statuses = [one.enter(OFFICER).status_code for one in (reader, forger, other, owner)]

    assert statuses == [429, 429, 429, 302]
    (known,) = [
        line for line in owner.entered.headers.getlist("Set-Cookie") if "known=" in line
    ]
    assert known.startswith("__Host-known=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(known.split("; "))
    assert OFFICER not in known


def test_people_who_share_a_machine_are_each_known_there(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    with site.sessions() as session:
        manager = a_user(session, Role.MANAGER).email
    for email in (manager, OFFICER):
        browser.get("/password")
        browser.post("/sign-out")
        assert browser.enter(email).status_code == 302
    for email in (manager, OFFICER):
        for _ in range(5):
            site.stranger().enter(email, OTHER)

    browser.get("/password")
    browser.post("/sign-out")

    assert browser.enter(manager).status_code == 302


def test_who_chose_a_password_by_link_is_known_at_once(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    with site.sessions() as session:
        now = datetime.now(UTC)  # noqa: TID251
        link = issue_link(session, OFFICER, command_line(session, now=NOW), now=now)
    browser = site.stranger()
    browser.get(f"/password/{link}")
    browser.post(f"/password/{link}", {"password": OTHER})
    for _ in range(5):
        site.stranger().enter(OFFICER, PASSWORD)

    assert browser.enter(OFFICER, OTHER).status_code == 302


def test_a_machine_short_of_memory_says_so_and_keeps_what_was_typed(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    greedy = PasswordHasher(time_cost=1, memory_cost=2**32 - 1, parallelism=1)  # 4 TiB
    app = build_app(SETTINGS, sessions, clock, hasher=greedy)
    stranger = Site(app, sessions).stranger()

    answers = [stranger.enter(OFFICER) for _ in range(7)]

    assert {answer.status_code for answer in answers} == {503}
    assert "Lần này không bị tính" in answers[-1].text
    assert f'value="{OFFICER}"' in answers[-1].text


def test_the_log_says_who_signed_in_and_from_where(site: Site) -> None:
    with capture_logs() as lines:
        officer = site.sign_in_by_page(Role.OFFICER).actor

    (opened,) = [line for line in lines if line["event"] == "signed_in"]
    assert officer is not None
    assert (opened["user"], opened["address"]) == (officer.user_id, "127.0.0.1")


def test_a_password_is_never_sent_back_nor_logged(site: Site) -> None:
    with capture_logs() as lines:
        answer = site.stranger().enter(OFFICER, "bí mật của tôi 2020")

    assert "bí mật" not in answer.text
    assert "bí mật" not in str(lines)
    (refused,) = [line for line in lines if line["event"] == "sign_in_refused"]
    assert refused["reason"] == "sign_in"
    assert refused["address"] == "127.0.0.1"
    assert OFFICER not in str(lines)


def test_signing_in_makes_a_new_session_under_a_new_name(site: Site) -> None:
    first = site.sign_in(Role.OFFICER)
    token = first.cookie("session")
    page = first.get("/password")

    again = site.stranger()
    again.client.set_cookie("__Host-session", "x" * 43, domain="quy.example.vn", secure=True)
    again.enter(OFFICER)

    assert page.status_code == 200
    assert again.cookie("session") not in {None, token, "x" * 43}
    assert again.cookie("visitor") is None


def test_after_signing_out_the_old_cookie_opens_nothing(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    token = browser.cookie("session") or ""
    browser.get("/password")

    answer = browser.post("/sign-out")

    assert answer.headers["Location"] == "/sign-in?note=signed_out"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.cookie("session") is None
    replay = site.stranger()
    replay.client.set_cookie("__Host-session", token, domain="quy.example.vn", secure=True)
    assert replay.get("/password").headers["Location"].startswith("/sign-in")
    assert "Bạn đã đăng xuất." in browser.get("/sign-in?note=signed_out").text


def test_a_session_that_rested_says_so_and_knows_the_way_back(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    with site.sessions() as session:
        row = session.scalars(select(UserSession)).one()
        row.last_used_at = datetime.now(UTC) - timedelta(minutes=30)  # noqa: TID251
        session.commit()

    answer = browser.get("/password")

    assert answer.headers["Location"] == "/sign-in?next=/password&note=expired"
    assert browser.cookie("session") is None
    assert "Phiên làm việc đã hết hạn" in browser.get(answer.headers["Location"]).text


def test_the_use_of_a_session_is_noted_once_a_minute(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")
    long_ago = datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251
    with site.sessions() as session:
        session.scalars(select(UserSession)).one().last_used_at = long_ago
        session.commit()

    browser.get("/password")

    with site.sessions() as session:
        assert session.scalars(select(UserSession)).one().last_used_at > long_ago


def test_a_new_password_is_asked_for_with_the_old_one(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    wrong = browser.post("/password", {"current": OTHER, "password": OTHER})
    short = browser.post("/password", {"current": PASSWORD, "password": "ngắn"})
    empty = browser.post("/password", {})
    right = browser.post("/password", {"current": PASSWORD, "password": OTHER})

    assert (wrong.status_code, short.status_code, empty.status_code) == (422, 422, 422)
    assert "Mật khẩu hiện tại không đúng." in wrong.text
    assert "ít nhất 12 ký tự" in short.text
    assert right.headers["Location"] == "/password"
    assert "Mật khẩu đã được đổi." in browser.get("/password").text
    assert "Mật khẩu đã được đổi." not in browser.get("/password").text
    assert site.stranger().enter(OFFICER, OTHER).status_code == 302


def test_who_holds_a_link_chooses_a_password_once(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    with site.sessions() as session:
        now = datetime.now(UTC)  # noqa: TID251
        link = issue_link(session, OFFICER, command_line(session, now=NOW), now=now)
    browser = site.stranger()
    browser.get(f"/password/{link}")

    weak = browser.post(f"/password/{link}", {"password": "matkhau123456"})
    good = browser.post(f"/password/{link}", {"password": OTHER})
    again = browser.post(f"/password/{link}", {"password": PASSWORD})

    assert weak.status_code == 422
    assert "quá dễ đoán" in weak.text
    assert good.headers["Location"] == "/sign-in?note=password_set"
    assert again.status_code == 422
    assert "đã được dùng để đặt mật khẩu" in again.text
    assert browser.enter(OFFICER, OTHER).status_code == 302
