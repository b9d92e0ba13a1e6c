"""A page that declares nothing is shut; the others are open to whom the table says."""

import html
import re

import pytest
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.domain.permission import Action, Grant, Role
from loanfund.services.user import disable_user
from loanfund.web import login
from loanfund.web.login import public, requires, requires_sign_in
from tests.people import CHEAP, NOW, PASSWORD, WHY, a_user
from tests.site import SETTINGS, TOKEN, Site

KEPT = re.compile(r'name="kept"[^>]*value="([^"]*)"')
STAFF = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.ADMIN, Role.AUDITOR)


@pytest.fixture
def app(sessions: sessionmaker[Session], clock: FixedClock) -> Flask:
    """An application of the test's own, with pages of every kind."""
    app = build_app(SETTINGS, sessions, clock, hasher=CHEAP)
    page = Blueprint("trial", __name__, url_prefix="/trial")

    def view() -> ResponseReturnValue:
        return "seen"

    def add(name: str, declare: object) -> None:
        def named() -> ResponseReturnValue:
            return view()

        wrapped = declare(named) if callable(declare) else named
        page.add_url_rule(f"/{name}", name, wrapped, methods=["GET", "POST"])

    add("undeclared", None)
    add("public", public)
    add("own", requires_sign_in)
    add("loans", requires(Action.SEE_LOANS))
    add("repay", requires(Action.RECORD_REPAYMENT))
    add("disburse", requires(Action.DISBURSE))
    add("approve", requires(Action.DISBURSE, Grant.APPROVES))
    add("verify", requires(Action.VERIFY))
    app.register_blueprint(page)
    return app


def test_every_page_declares_who_may_see_it(app: Flask) -> None:
    undeclared = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if login.declared(app.view_functions[rule.endpoint]) is None
    }

    assert undeclared == {"trial.undeclared"}


def test_few_pages_are_public_and_each_is_known(app: Flask) -> None:
    public_pages = {
        name
        for name, view in app.view_functions.items()
        if (found := login.declared(view)) is not None and found.public
    }

    assert public_pages == {
        "activation.enter",
        "activation.show",
        "forgotten.ask",
        "forgotten.show",
        "health.robots",
        "health.show",
        "preference.language",
        "second_factor.ask",
        "second_factor.ask_set_up",
        "second_factor.enter",
        "second_factor.set_up",
        "sign_in.leave",
        "sign_in.show",
        "sign_in.enter",
        "sign_in.choose",
        "sign_in.chosen",
        "trial.public",
        "verification.ask",
        "verification.show",
    }


@pytest.mark.parametrize("name", ["undeclared", "own", "loans", "repay", "approve"])
def test_a_stranger_is_asked_to_sign_in(site: Site, name: str) -> None:
    stranger = site.stranger()

    assert stranger.get(f"/trial/{name}").headers["Location"] == f"/sign-in?next=/trial/{name}"
    assert stranger.post(f"/trial/{name}").status_code in {302, 401}
    assert stranger.get("/trial/public").text == "seen"


@pytest.mark.parametrize("role", STAFF)
def test_a_page_that_declares_nothing_is_shut_to_all(site: Site, role: Role) -> None:
    assert site.sign_in(role).get("/trial/undeclared").status_code == 403


@pytest.mark.parametrize(
    ("role", "looks", "acts"),
    [
        (Role.OFFICER, "own loans repay disburse", "own loans repay disburse"),
        (Role.ACCOUNTANT, "own loans repay verify", "own loans repay"),
        (Role.MANAGER, "own loans disburse approve verify", "own loans approve"),
        (Role.ADMIN, "own", "own"),
        (Role.AUDITOR, "own loans verify", "own"),
    ],
)
def test_each_role_opens_what_the_table_says(
    site: Site, role: Role, looks: str, acts: str
) -> None:
    browser = site.sign_in(role)
    browser.get("/password")
    names = ("own", "loans", "repay", "disburse", "approve", "verify")

    looked = {name for name in names if browser.get(f"/trial/{name}").status_code == 200}
    acted = {name for name in names if browser.post(f"/trial/{name}").status_code == 200}

    assert looked == set(looks.split())
    assert acted == set(acts.split())


def test_a_refusal_is_logged_with_who_and_where_and_explained(site: Site) -> None:
    browser = site.sign_in(Role.ADMIN)

    with capture_logs() as lines:
        answer = browser.get("/trial/loans")

    assert answer.status_code == 403
    assert "Vai trò của bạn không được làm việc này." in answer.text
    assert browser.actor is not None
    denied = {"event": "denied", "user": browser.actor.user_id, "endpoint": "trial.loans"}
    assert any(denied.items() <= line.items() for line in lines)


def test_who_is_disabled_is_out_at_the_next_request(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    assert browser.get("/trial/loans").status_code == 200
    assert browser.actor is not None
    with site.sessions() as session:
        admin = a_user(session, Role.ADMIN)
        disable_user(session, browser.actor.email, WHY, admin, now=NOW)

    assert browser.get("/trial/loans").status_code == 302


def test_identity_never_lies_in_what_the_browser_holds(site: Site) -> None:
    browser = site.stranger()
    browser.get("/sign-in")
    for name in ("remember_token", "session"):
        browser.client.set_cookie(name, "1", domain="quy.example.vn")

    assert browser.get("/trial/own").status_code == 302


def test_what_was_typed_when_the_session_ended_comes_back_after_signing_in(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    browser = site.stranger()
    browser.client.set_cookie("__Host-session", "x" * 43, domain="quy.example.vn", secure=True)
    typed = {"amount": '2,5tr "<b>', "request_key": "k1"}

    asked = browser.post("/trial/repay", typed)
    browser.token = TOKEN.findall(asked.text)[0]
    kept = html.unescape(KEPT.findall(asked.text)[0])
    entered = browser.post(
        "/sign-in", {"email": "officer@quy.example.vn", "password": PASSWORD, "kept": kept}
    )
    offered = browser.get(entered.headers["Location"])

    assert asked.status_code == 401
    assert "Phiên làm việc đã hết hạn" in asked.text
    assert entered.headers["Location"] == "/sign-in/resume"
    assert 'action="/trial/repay"' in offered.text
    assert 'name="amount" value="2,5tr &#34;&lt;b&gt;"' in offered.text
    assert 'name="request_key" value="k1"' in offered.text
    assert browser.get("/sign-in/resume").text.count('value="k1"') == 1, "it survives a reload"
    assert browser.post("/trial/repay", {**typed, "came_back": "1"}).text == "seen"
    assert browser.get("/sign-in/resume").headers["Location"] == "/"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_script_asks_when_the_session_ended_leaves_the_cookies(
    site: Site, method: str
) -> None:
    browser = site.stranger()
    browser.client.set_cookie("__Host-session", "x" * 43, domain="quy.example.vn", secure=True)

    answer = browser.client.open(
        "/trial/repay",
        method=method,
        base_url=browser.base_url,
        headers={"Sec-Fetch-Mode": "cors"},
    )

    assert answer.status_code in {302, 401}
    assert "Set-Cookie" not in answer.headers


def test_a_mere_button_leads_back_to_its_page(site: Site) -> None:
    site.sign_in(Role.OFFICER)
    browser = site.stranger()
    browser.client.set_cookie("__Host-session", "x" * 43, domain="quy.example.vn", secure=True)
    came_from = {"Referer": f"{SETTINGS.base_url}/trial/loans?page=2"}

    asked = browser.post("/trial/repay", {"request_key": "k1", "version": "3"}, came_from)
    browser.token = TOKEN.findall(asked.text)[0]
    kept = html.unescape(KEPT.findall(asked.text)[0])
    browser.post(
        "/sign-in", {"email": "officer@quy.example.vn", "password": PASSWORD, "kept": kept}
    )

    assert browser.get("/sign-in/resume").headers["Location"] == "/trial/loans?page=2"


def test_passwords_are_not_kept(site: Site) -> None:
    browser = site.stranger()

    answer = browser.post("/trial/own", {"password": PASSWORD})

    assert answer.status_code == 302
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    "kept",
    ["x", "[]", "{}", '{"fields": 1}', '{"path": "//evil", "fields": [["a"], 1, ["b", "c"]]}'],
)
def test_what_nobody_typed_is_not_sent_anywhere_else(site: Site, kept: str) -> None:
    site.sign_in(Role.OFFICER)
    browser = site.stranger()

    entered = browser.enter("officer@quy.example.vn", kept=kept)

    offered = browser.get(entered.headers["Location"]).text
    assert "evil" not in offered
