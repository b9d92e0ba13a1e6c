"""Grave acts ask for the password again, and lose nothing of what was typed (S-15)."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from loanfund.domain.permission import Role
from loanfund.models.audit import AuditLine
from loanfund.models.proposal import Proposal
from loanfund.models.user import User, UserSession
from loanfund.web.grave import when_grave
from tests.people import PASSWORD, WHY, a_user, a_user_let_in
from tests.site import Browser, Site
from tests.web.test_repayment import plain
from tests.web.test_user import NEW

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def minutes_pass(session: Session, minutes: int = 5) -> None:
    """Let all have typed their password so long ago."""
    for one in session.scalars(select(UserSession)):
        assert one.confirmed_at is not None
        one.confirmed_at -= timedelta(minutes=minutes)
    session.commit()


def invites(browser: Browser, **more: str) -> TestResponse:
    browser.get("/users")
    came_from = {"Referer": "https://quy.example.vn/users"}
    return browser.post("/users/invite", NEW | more, headers=came_from)


def proposed(session: Session) -> int:
    session.expire_all()
    return len(session.scalars(select(Proposal)).all())


def kept(page: TestResponse) -> dict[str, str]:
    """Give what the page that asks sends on, read as a browser does."""
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}


def test_these_acts_are_grave(app: Flask) -> None:
    asked = {name for name, view in app.view_functions.items() if when_grave(view)}

    assert asked == {
        "audit.export",
        "change.write_off_record",
        "invitation.issue",
        "loan_list.paper",
        "loan_list.workbook",
        "overdue.paper",
        "overdue.workbook",
        "papers.statements",
        "proposal.accept",
        "proposal.link",
        "report.paper",
        "report.workbook",
        "second_factor.renew",
        "second_factor.set_up",
        "second_factor.turn_off",
        "setting.offer",
        "user.ask_factor_off",
        "user.ask_link",
        "user.confirm",
        "user.disable",
        "user.enable",
        "user.give_role",
        "user.invite",
        "user.link",
    }


def test_who_has_just_signed_in_is_not_asked(site: Site, session: Session) -> None:
    admin = site.sign_in(Role.ADMIN)
    minutes_pass(session, 4)

    assert invites(admin).status_code == 302
    assert proposed(session) == 1


def test_what_was_typed_goes_on_with_the_password(site: Site, session: Session) -> None:
    admin = site.sign_in(Role.ADMIN)
    minutes_pass(session)
    page = invites(admin, name='Lê "Mới" <b>')

    assert page.status_code == 401
    assert "Những gì bạn đã gõ còn nguyên" in plain(page)
    assert proposed(session) == 0
    done = admin.post("/users/invite", kept(page) | {"password_again": PASSWORD})

    assert done.status_code == 302
    assert session.scalars(select(Proposal)).one().payload["name"] == 'Lê "Mới" <b>'
    actions = session.scalars(select(AuditLine.action).order_by(AuditLine.id)).all()
    assert actions[-2:] == ["confirm_password", "propose"]
    assert invites(admin, email="khac@quy.example.vn").status_code == 302


def test_a_wrong_password_does_nothing_and_asks_again(site: Site, session: Session) -> None:
    admin = site.sign_in(Role.ADMIN)
    minutes_pass(session)
    page = invites(admin)
    wrong = kept(page) | {"password_again": "không phải mật khẩu"}

    with capture_logs() as lines:
        again = admin.post("/users/invite", wrong)

    assert again.status_code == 401
    assert "Mật khẩu hiện tại không đúng." in plain(again)
    assert kept(again)["email"] == NEW["email"]
    assert re.findall(r'<a href="(/users[^"]*)">Bỏ, quay lại', again.text) == ["/users"]
    assert "không phải" not in again.text + str(lines)
    assert [line["event"] for line in lines if line["event"] != "request"] == [
        "confirm_refused"
    ]
    for _ in range(4):
        admin.post("/users/invite", wrong)
    assert admin.post("/users/invite", wrong | {"password_again": PASSWORD}).status_code == 429
    assert proposed(session) == 0


def test_approving_asks_whoever_sat_there_for_long(site: Site, session: Session) -> None:
    invites(site.sign_in(Role.ADMIN))
    manager = site.sign_in(Role.MANAGER)
    minutes_pass(session)
    row = session.scalars(select(Proposal)).one()
    address = f"/proposals/{row.id}/approve"
    manager.get(f"/proposals/{row.id}")

    page = manager.post(address, {"payload_hash": row.payload_hash})
    assert (page.status_code, row.state) == (401, "waiting")
    manager.post(address, kept(page) | {"password_again": PASSWORD})

    session.expire_all()
    assert row.state == "approved"


def test_who_may_not_is_refused_without_being_asked(site: Site, session: Session) -> None:
    officer = site.sign_in(Role.OFFICER)
    minutes_pass(session)
    officer.get("/password")

    assert officer.post("/users/invite", NEW).status_code == 403


@pytest.mark.parametrize(
    ("key", "act", "status"),
    [
        ("fund_bank_account", "propose", 401),
        ("fund_bank_account", "show", 200),
        ("fund_phone", "propose", 200),
    ],
)
def test_another_bank_account_is_grave_once_it_is_proposed(
    site: Site, session: Session, key: str, act: str, status: int
) -> None:
    accountant = site.sign_in(Role.ACCOUNTANT)
    minutes_pass(session)
    accountant.get(f"/settings/{key}/change")
    typed = {"value": "2300 888 VietinBank", "valid_from": "02/06/2020", "act": act}

    assert accountant.post(f"/settings/{key}/change", typed).status_code == status


def test_the_password_is_not_kept_when_the_session_ends_meanwhile(
    site: Site, session: Session
) -> None:
    admin = site.sign_in(Role.ADMIN)
    minutes_pass(session)
    page = invites(admin)
    session.execute(update(UserSession).values(expires_at=UserSession.created_at))
    session.commit()

    asked = admin.post("/users/invite", kept(page) | {"password_again": PASSWORD})

    assert asked.status_code in {400, 401}
    assert PASSWORD not in html.unescape(asked.text)


def test_a_file_with_a_list_asks_and_then_comes(site: Site, session: Session) -> None:
    """The password is in no address: a page of its own takes it, and fetches the file."""
    auditor = site.sign_in(Role.AUDITOR)
    minutes_pass(session)
    address = "/audit.xlsx?type=user&who=1"

    asked = auditor.get(address, {"Referer": "https://quy.example.vn/audit?type=user"})
    assert asked.status_code == 401
    assert kept(asked)["next_file"] == address
    wrong = auditor.post("/confirm", kept(asked) | {"password_again": "không phải"})
    assert wrong.status_code == 401
    assert kept(wrong)["next_file"] == address
    done = auditor.post("/confirm", kept(wrong) | {"password_again": PASSWORD})

    text = html.unescape(done.text)
    assert done.status_code == 200
    assert f'content="0; url={address}"' in text
    assert f'href="{address}"' in text
    assert 'href="/audit?type=user"' in text
    assert "spreadsheetml" in str(auditor.get(address).mimetype)
    minutes_pass(session)
    elsewhere = {"password_again": PASSWORD, "next_file": "//evil.example/x"}
    assert "evil" not in auditor.post("/confirm", elsewhere).text


def test_whom_to_disable_takes_the_password_and_a_reason(site: Site, session: Session) -> None:
    admin, _ = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    a_user_let_in(session, Role.MANAGER, "hai@quy.example.vn")  # not confirmed
    officer = a_user(session)
    last = session.scalars(select(User).where(User.email == "manager@quy.example.vn")).one()
    admin.get("/users")
    refused = admin.post(f"/users/{officer.user_id}/disable", {"reason": " "})
    assert refused.status_code == 422
    assert "<details open" in refused.text
    minutes_pass(session)

    page = admin.post(f"/users/{officer.user_id}/disable", {"reason": WHY})
    assert page.status_code == 401
    done = admin.post(
        f"/users/{officer.user_id}/disable", kept(page) | {"password_again": PASSWORD}
    )
    assert done.status_code == 302
    assert admin.post(f"/users/{last.id}/disable", {"reason": WHY}).status_code == 302
    assert "lãnh đạo cuối cùng còn duyệt được" in plain(admin.get("/users"))
    session.expire_all()
    assert (last.disabled_at, session.get_one(User, officer.user_id).disabled_at is None) == (
        None,
        False,
    )
