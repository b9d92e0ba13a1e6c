"""Every accident is a page in the reader's language, and tells strangers nothing."""

import json
from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.typing import ResponseReturnValue
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.errors import (
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    LoanClosedError,
    LoanFundError,
    NotFoundError,
    PermissionDeniedError,
    RuleViolationError,
)
from loanfund.domain.permission import Role
from loanfund.models.user import User
from loanfund.web import database
from loanfund.web.errors import PAGES, status_of
from loanfund.web.login import public
from loanfund.wording import text as wording
from tests.people import CHEAP
from tests.site import SETTINGS, Site, an_app


@pytest.fixture
def app(sessions: sessionmaker[Session], clock: FixedClock) -> Flask:
    """An application of the test's own, to which it adds a page."""
    return build_app(SETTINGS, sessions, clock, hasher=CHEAP)


def a_page(raises: Callable[[], object]) -> Blueprint:
    page = Blueprint("trial", __name__)

    @page.route("/trial", methods=["GET", "POST"])
    @public
    def show() -> ResponseReturnValue:
        raises()
        return ""

    return page


def secret_accident() -> None:
    raise ValueError("SELECT password_hash FROM user")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LoanClosedError("x"), 422),
        (RuleViolationError("x"), 422),
        (InvalidInputError("x"), 422),
        (NotFoundError("x"), 404),
        (ConflictError("x"), 409),
        (PermissionDeniedError("x"), 403),
        (ConfigurationError("x"), 500),
        (LoanFundError("x"), 500),
        (OperationalError("x", {}, Exception()), 503),
        (ValueError(), 500),
    ],
)
def test_a_class_has_the_status_of_its_nearest_ancestor(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_every_status_has_its_texts() -> None:
    for language in ("vi", "en"):
        for kind in {*map(str, PAGES), "csrf", "unread"}:
            for part in ("title", "text"):
                assert wording(f"page.error.{kind}.{part}", language)


def test_a_refusal_says_why(app: Flask, site: Site) -> None:
    def refuse() -> None:
        raise ConflictError("stale")

    app.register_blueprint(a_page(refuse))

    answer = site.stranger().get("/trial")

    assert answer.status_code == 409
    assert "Người khác vừa sửa dữ liệu này." in answer.text


def test_a_refusal_nobody_wrote_a_sentence_for_is_still_answered(
    app: Flask, site: Site
) -> None:
    def refuse() -> None:
        raise ConflictError("never_heard_of")

    app.register_blueprint(a_page(refuse))

    with capture_logs() as lines:
        answer = site.stranger().get("/trial")

    assert answer.status_code == 409
    assert "never_heard_of" not in answer.text
    assert any(line["event"] == "incident" for line in lines)


def test_an_accident_has_a_number_and_no_trace(app: Flask, site: Site) -> None:
    app.register_blueprint(a_page(secret_accident))
    browser = site.sign_in(Role.OFFICER)

    with capture_logs() as lines:
        answer = browser.get("/trial")

    assert answer.status_code == 500
    for secret in ("SELECT", "Traceback", "ValueError", "Werkzeug", "Python"):
        assert secret not in answer.text
    (incident,) = [line for line in lines if line["event"] == "incident"]
    assert incident["incident"] in answer.text
    assert "SELECT" in str(incident["exc_info"])


def test_an_accident_while_writing_the_page_of_an_accident_is_answered(
    app: Flask, site: Site
) -> None:
    def fail_twice() -> None:
        app.jinja_env.globals["t"] = secret_accident
        render_template_string("{{ t() }}")

    app.register_blueprint(a_page(fail_twice))

    answer = site.stranger().get("/trial")

    assert answer.status_code == 500
    assert "SELECT" not in answer.text
    assert "500 · " in answer.text


def test_what_an_accident_left_half_done_is_gone(
    app: Flask, site: Site, sessions: sessionmaker[Session]
) -> None:
    def rename_and_fail() -> None:
        session = database.session()
        session.scalars(select(User)).first().name = "x"  # type: ignore[union-attr]
        session.flush()
        raise ValueError

    app.register_blueprint(a_page(rename_and_fail))
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    answer = browser.post("/trial")

    assert answer.status_code == 500
    with sessions() as session:
        assert "x" not in session.scalars(select(User.name)).all()


def test_a_page_that_is_read_cannot_write(own_database: str, clock: FixedClock) -> None:
    engine = make_engine(own_database)
    app = build_app(SETTINGS, make_sessions(engine), clock, hasher=CHEAP)

    def write() -> None:
        database.session().execute(text("UPDATE login_failure SET failures = 0"))

    app.register_blueprint(a_page(write))

    assert app.test_client().get("/trial", base_url=SETTINGS.base_url).status_code >= 500
    engine.dispose()


def test_without_a_database_pages_say_so(clock: FixedClock) -> None:
    sessions = make_sessions(make_engine("sqlite:////nowhere/at/all"))
    site = Site(an_app(SETTINGS, sessions, clock), sessions)

    health = site.stranger().get("/health")
    browser = site.stranger()
    browser.client.set_cookie("__Host-session", "x" * 43, domain="quy.example.vn", secure=True)
    page = browser.get("/password")

    assert health.status_code == page.status_code == 503
    assert "Chưa kết nối được cơ sở dữ liệu" in page.text
    assert site.stranger().get("/sign-in").status_code == 200


def test_a_method_that_is_not_meant_is_named(site: Site) -> None:
    answer = site.stranger().client.put("/sign-in", base_url=SETTINGS.base_url)

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_the_request_log_has_no_typed_value(site: Site) -> None:
    with capture_logs() as lines:
        site.stranger().get("/sign-in?next=/loan/secret%0d%0aline")

    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["page"] == "sign_in.show"
    assert line["status"] == 200
    assert "secret" not in str(line)


def test_a_log_line_is_json_and_stays_one_line(
    app: Flask, site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("a\r\nforged line")

    app.register_blueprint(a_page(fail))

    site.stranger().get("/trial")

    incident, request = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (incident["event"], request["event"]) == ("incident", "request")
    assert "forged line" in incident["exception"]
    assert incident["incident"] == request["request"]
    assert request["timestamp"].endswith("Z")


def test_who_comes_by_another_name_is_told_ours_and_nothing_breaks(site: Site) -> None:
    for browser in (site.stranger(), site.sign_in(Role.OFFICER)):
        for send in (browser.client.get, browser.client.post):
            with capture_logs() as lines:
                answer = send("/loans", base_url="https://evil.example")

            assert answer.status_code == 400
            assert SETTINGS.base_url in answer.text
            assert not [line for line in lines if line["event"] == "incident"]


def test_a_page_that_only_reads_never_says_that_nothing_was_recorded(site: Site) -> None:
    officer = site.sign_in(Role.OFFICER)

    for address in ("/loans?page=abc", "/reports/loans?source=x", "/loans?sort=x"):
        answer = officer.get(address)

        assert answer.status_code == 422
        assert "ghi" not in answer.text.partition("<main")[2].partition("</main")[0]
