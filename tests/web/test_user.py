"""The administrator keeps the users; a role is given by two people (S-19, S-20)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.borrower import Borrower
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from tests.builders import a_borrower, a_fund
from tests.people import a_user, a_user_let_in
from tests.site import Browser, Site
from tests.web.test_repayment import hidden, plain

LINK = re.compile(r"https://quy\.example\.vn(/password/[\w-]+)")
NEW = {"name": "Lê Thị Mới", "email": "moi@quy.example.vn", "role": "accountant"}
PASSWORD = "mưa thuận gió hòa khắp đồng"


def one(session: Session, email: str) -> User:
    session.expire_all()
    return session.scalars(select(User).where(User.email == email)).one()


def decide(site: Site, session: Session, manager: Browser) -> None:
    """Approve the proposal made last."""
    number = session.scalars(select(Proposal.id).order_by(Proposal.id.desc())).first()
    page = manager.get(f"/proposals/{number}")
    sent = {"payload_hash": hidden(page.text)["payload_hash"]}
    answer = manager.post(f"/proposals/{number}/approve", sent)
    assert answer.status_code == 302, plain(answer)
    assert site.base_url


def act(admin: Browser, user: User, verb: str, **fields: str) -> str:
    admin.get("/users")
    answer = admin.post(f"/users/{user.id}/{verb}", fields)
    if answer.status_code == 302:
        return plain(admin.get(answer.headers["Location"]))
    return plain(answer)


def test_a_new_person_comes_in_by_two_people_and_a_link(site: Site, session: Session) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    admin.get("/users")

    admin.post("/users/invite", NEW)

    assert session.scalars(select(User).where(User.email == NEW["email"])).all() == []
    assert "Mời Lê Thị Mới" in plain(admin.get("/users"))
    decide(site, session, manager)
    page = act(admin, one(session, NEW["email"]), "link")
    found = LINK.search(page)
    assert found is not None
    person = site.stranger()
    person.get(found[1])
    assert person.post(found[1], {"password": PASSWORD}).status_code == 302
    assert person.enter(NEW["email"], PASSWORD).status_code == 302
    assert one(session, NEW["email"]).role == "accountant"


def test_no_page_shows_a_link_of_staff_with_a_password(site: Site, session: Session) -> None:
    admin, _manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")

    said = act(admin, user, "link")

    assert "đã có mật khẩu: đường dẫn chỉ đi bằng thư" in said
    assert not LINK.search(said)
    assert f"/users/{user.id}/link" not in admin.get("/users").text
    assert f"/users/{user.id}/ask-link" in admin.get("/users").text


def test_a_link_by_hand_is_asked_approved_and_shown_once(site: Site, session: Session) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    officer = site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")

    told = act(admin, user, "ask-link")
    act(admin, user, "ask-link")  # sent twice, asked once
    assert "Đã đề nghị trao đường dẫn đặt mật khẩu cho Nguyễn Thị Hường" in told
    number = session.scalars(select(Proposal.id)).one()
    assert "Trao đường dẫn đặt mật khẩu cho Nguyễn Thị Hường" in plain(admin.get("/users"))
    decide(site, session, manager)
    page = admin.get(f"/proposals/{number}")
    assert "Hiện đường dẫn" in plain(page)
    assert "Hiện đường dẫn" not in plain(manager.get(f"/proposals/{number}"))
    admin.get(f"/proposals/{number}")
    shown = admin.post(f"/proposals/{number}/link")
    again = admin.post(f"/proposals/{number}/link")

    found = LINK.search(plain(shown))
    assert found is not None
    assert again.status_code == 422
    assert "đã hiện một lần" in plain(again)
    assert not LINK.search(plain(again))
    officer.get(found[1])
    assert officer.post(found[1], {"password": PASSWORD}).status_code == 302
    assert one(session, user.email).unconfirmed_since is not None


def test_managers_are_told_on_their_first_page_until_one_confirms(
    site: Site, session: Session
) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    officer = site.sign_in(Role.OFFICER)
    a_user_let_in(session, Role.MANAGER, "hai@quy.example.vn")  # a link of the command line
    second = one(session, "hai@quy.example.vn")
    waits = "Nguyễn Thị Hường (hai@quy.example.vn) chờ lãnh đạo xác nhận"

    assert waits in plain(manager.get("/"))
    assert waits not in plain(officer.get("/"))
    assert "chờ xác nhận" in plain(admin.get("/users"))
    assert f"/users/{second.id}/confirm" not in admin.get("/users").text
    itself = site.stranger()
    itself.enter(second.email)
    itself.get("/users")
    assert itself.post(f"/users/{second.id}/confirm").status_code == 403
    said = [act(manager, second, "confirm") for _ in range(2)]
    assert ["Đã xác nhận" in said[0], "không chờ ai xác nhận" in said[1]] == [True, True]
    assert one(session, second.email).unconfirmed_since is None
    assert waits not in plain(manager.get("/"))


def test_managers_and_auditors_look_at_the_users_and_change_nothing(site: Site) -> None:
    for role in (Role.MANAGER, Role.AUDITOR):
        browser = site.sign_in(role)
        page = browser.get("/users")
        assert page.status_code == 200
        assert "/users/invite" not in page.text
        assert not re.search(r"/users/\d+/(disable|mail|link|ask-link|role)", page.text)
        assert browser.post("/users/1/disable").status_code == 403


def test_another_role_waits_for_a_manager_and_ends_the_sessions(
    site: Site, session: Session
) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    officer = site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")

    act(admin, user, "role", role="auditor")

    assert one(session, user.email).role == "officer"
    assert officer.get("/loans").status_code == 200
    decide(site, session, manager)
    assert one(session, user.email).role == "auditor"
    assert officer.get("/loans").status_code == 302


def test_nobody_changes_their_own_role(site: Site, session: Session) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)

    said = act(admin, one(session, "admin@quy.example.vn"), "role", role="manager")
    assert "Không ai tự đề nghị" in said
    assert session.scalars(select(Proposal)).all() == []

    act(admin, one(session, "manager@quy.example.vn"), "role", role="admin")
    number = session.scalars(select(Proposal.id)).one()
    page = manager.get(f"/proposals/{number}")
    sent = {"payload_hash": hidden(page.text)["payload_hash"]}
    assert manager.post(f"/proposals/{number}/approve", sent).status_code == 403
    assert one(session, "manager@quy.example.vn").role == "manager"


def test_what_no_one_could_approve_or_changes_nothing_is_not_proposed(
    site: Site, session: Session, clock: FixedClock
) -> None:
    a_borrower(a_fund(session, clock))
    admin = site.sign_in(Role.ADMIN)
    site.sign_in(Role.OFFICER)
    site.sign_in(Role.COOPERATIVE, borrower_id=session.scalar(select(Borrower.id)))
    session.commit()
    person, officer = (
        one(session, f"{who}@quy.example.vn") for who in ("cooperative", "officer")
    )

    of_a_cooperative = act(admin, person, "role", role="manager")
    same = act(admin, officer, "role", role="officer")

    assert "vai trò của HTX không đổi" in of_a_cooperative
    assert "đang có đúng vai trò đó" in same
    assert session.scalars(select(Proposal)).all() == []


def test_a_role_changed_meanwhile_sends_the_proposal_back(site: Site, session: Session) -> None:
    admin, manager = site.sign_in(Role.ADMIN), site.sign_in(Role.MANAGER)
    site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")
    act(admin, user, "role", role="auditor")
    act(admin, user, "role", role="accountant")
    decide(site, session, manager)

    first = session.scalars(select(Proposal).order_by(Proposal.id)).first()
    assert first is not None
    sent = {"payload_hash": first.payload_hash}
    manager.post(f"/proposals/{first.id}/approve", sent)

    session.expire_all()
    assert (first.state, first.reason) == ("returned", "moved")
    assert one(session, user.email).role == "accountant"


def test_disabling_ends_every_session_at_once(site: Site, session: Session) -> None:
    admin, officer = site.sign_in(Role.ADMIN), site.sign_in(Role.OFFICER)
    user = one(session, "officer@quy.example.vn")

    assert "đã kết thúc" in act(admin, user, "disable", reason="nghỉ việc")

    assert officer.get("/loans").status_code == 302
    assert officer.enter(user.email).status_code == 422
    act(admin, user, "enable")
    assert officer.enter(user.email).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"email": "moi"}, {"name": ""}, {"role": "cooperative"}, {"role": "cli"}]
)
def test_half_an_invitation_is_refused_and_keeps_what_was_typed(
    site: Site, session: Session, wrong: dict[str, str]
) -> None:
    admin = site.sign_in(Role.ADMIN)
    admin.get("/users")

    answer = admin.post("/users/invite", {**NEW, **wrong})

    assert answer.status_code == 422
    assert ("moi" if "email" in wrong else NEW["email"]) in answer.text
    assert session.scalars(select(Proposal)).all() == []


@pytest.mark.parametrize(
    ("role", "way_out"),
    [
        (Role.OFFICER, "đổi ở dòng của người ấy trong danh sách"),
        (Role.COOPERATIVE, "hãy dùng địa chỉ khác cho cán bộ Quỹ"),
    ],
)
def test_who_has_an_account_is_not_invited_as_new_however_written(
    site: Site, session: Session, role: Role, way_out: str
) -> None:
    """Nobody could ever approve it."""
    borrower = None
    if role is Role.COOPERATIVE:
        a_borrower(a_fund(session, FixedClock(date(2020, 6, 1))))
        borrower = session.scalars(select(Borrower.id)).one()
    a_user(session, role, email="da-co@vi-du.example", borrower_id=borrower)
    admin = site.sign_in(Role.ADMIN)
    admin.get("/users")

    answer = admin.post("/users/invite", {**NEW, "email": " Da-Co@vi-du.EXAMPLE "})

    assert answer.status_code == 422
    assert way_out in plain(answer)
    assert "Da-Co@vi-du.EXAMPLE" in answer.text
    assert session.scalars(select(Proposal)).all() == []


def test_the_administrator_sees_no_money(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)

    page = plain(admin.get("/users"))

    assert not re.search(r"\d\s*đ\b", page)
    assert admin.get("/loans").status_code == 403
