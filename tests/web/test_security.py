"""Every response says what it may do, and no other site's page gets anything done."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.user import User
from loanfund.web.paths import own_path
from loanfund.web.security import HEADERS
from tests.people import CHEAP
from tests.site import SETTINGS, Browser, Site, an_app

STATIC = "/static/loanfund."
MARKUP = "<script>alert(1)</script>\"'>"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'"
)


def a_static_file(browser: Browser) -> str:
    page = browser.get("/sign-in").text
    return STATIC + page.partition(f'href="{STATIC}')[2].partition('"')[0]


def test_every_response_carries_the_headers(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    answers = {
        "page": browser.get("/password"),
        "redirect": site.stranger().get("/password"),
        "missing": browser.get("/nothing"),
        "refused": browser.post("/sign-out", {"csrf_token": "forged"}),
        "method": browser.client.delete("/sign-in", base_url=SETTINGS.base_url),
        "health": browser.get("/health"),
        "static": browser.get(a_static_file(site.stranger())),
        "host": browser.client.get("/sign-in", base_url="https://evil.example"),
    }

    assert HEADERS["Content-Security-Policy"] == POLICY
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        "page": 200,
        "redirect": 302,
        "missing": 404,
        "refused": 400,
        "method": 405,
        "health": 200,
        "static": 200,
        "host": 400,
    }
    for name, answer in answers.items():
        sent = {header: answer.headers.get(header) for header in HEADERS}
        assert sent == HEADERS, name
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000; incl")
        stored = "public, immutable" if name == "static" else "no-store"
        assert stored in answer.headers["Cache-Control"], name
        assert "Server" not in answer.headers, name


def test_what_is_served_has_its_hash_in_its_name_and_may_be_kept(site: Site) -> None:
    browser = site.stranger()

    answer = browser.get(a_static_file(browser))

    assert answer.content_type.startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert browser.get("/static/loanfund.css").status_code == 404
    assert browser.get("/static/../app.py").status_code == 404


def test_no_page_asks_for_anything_elsewhere(site: Site) -> None:
    pages = [site.stranger().get("/sign-in"), site.sign_in(Role.OFFICER).get("/password")]
    pages.append(site.stranger().get(a_static_file(site.stranger())))

    for page in pages:
        assert "://" not in page.text.replace("http://www.w3.org/2000/svg", "")
        assert " style=" not in page.text
        assert " onclick=" not in page.text


def test_a_form_without_its_token_changes_nothing(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    answer = browser.post("/sign-out", {"csrf_token": ""})

    assert answer.status_code == 400
    assert "Trang này đã cũ" in answer.text
    assert browser.get("/password").status_code == 200


def test_the_token_of_another_browser_does_not_count(site: Site) -> None:
    browser, stranger = site.sign_in(Role.OFFICER), site.stranger()
    stranger.get("/sign-in")

    answer = browser.post("/sign-out", {"csrf_token": stranger.token})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://quy.example.vn"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://quy.example.vn", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_gets_nothing_done_even_with_the_token(
    site: Site, headers: dict[str, str]
) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    assert browser.post("/sign-out", headers=headers).status_code == 403
    assert browser.get("/password", headers=headers).status_code == 200


def test_the_own_site_does(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    browser.get("/password")

    here = {"Origin": "https://quy.example.vn", "Sec-Fetch-Site": "same-origin"}

    assert browser.post("/sign-out", headers=here).status_code == 302


def test_cookies_are_for_this_host_https_and_no_script(site: Site) -> None:
    stranger = site.stranger()
    first = stranger.get("/sign-in").headers.getlist("Set-Cookie")
    browser = site.sign_in_by_page(Role.OFFICER)
    second = browser.entered.headers.getlist("Set-Cookie")

    (visitor,) = first
    assert visitor.startswith("__Host-visitor=")
    assert any(line.startswith("__Host-session=") for line in second)
    for line in [visitor, *second]:
        assert "Secure" in line
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Domain" not in line


def test_a_demonstration_on_http_has_plain_cookies(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    http = replace(
        SETTINGS, base_url="http://127.0.0.1:8000", trusted_hosts=("127.0.0.1",), demo=True
    )
    app = build_app(http, sessions, clock, hasher=CHEAP)

    answer = app.test_client().get("/sign-in", base_url=http.base_url)

    (line,) = answer.headers.getlist("Set-Cookie")
    assert line.startswith("visitor=")
    assert "Secure" not in line
    assert "Strict-Transport-Security" not in answer.headers
    assert "Bản trình diễn" in answer.text


def test_a_forged_visitor_is_a_new_one(site: Site) -> None:
    browser = site.stranger()
    browser.client.set_cookie(
        "__Host-visitor", "ImZvcmdlZCI.x", domain="quy.example.vn", secure=True
    )

    assert browser.get("/sign-in").status_code == 200
    assert browser.cookie("visitor") != "ImZvcmdlZCI.x"


def test_a_former_key_is_still_accepted(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    old = Site(an_app(SETTINGS, sessions, clock), sessions)
    browser = old.stranger()
    browser.get("/sign-in")
    changed = replace(
        SETTINGS,
        secret_key="ngoài đồng lúa chín, trong vườn vải đỏ",
        secret_key_fallbacks=(SETTINGS.secret_key,),
    )
    cookie = browser.cookie("visitor") or ""

    renewed = Site(build_app(changed, sessions, clock, hasher=CHEAP), sessions).stranger()
    renewed.client.set_cookie("__Host-visitor", cookie, domain="quy.example.vn", secure=True)
    answer = renewed.get("/sign-in")

    assert not answer.headers.getlist("Set-Cookie")


@pytest.mark.parametrize(
    "target",
    [
        None, "", "//e", "/\\e", "\\e", "https:e", "https://e", "javascript:alert(1)", "//e/..",
        "/x\r\nSet-Cookie: a=b", "/x y", "x", "/\t/e", "https://quy.example.vn.evil/",
        "https://quy.example.vn//e",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(app: Flask, target: str | None) -> None:
    with app.test_request_context("/", base_url=SETTINGS.base_url):
        assert own_path(target) == "/"


@pytest.mark.parametrize("query", ["//e", "/%5ce", "%2f%2fe", "https:e", "%0d%0aX:1"])
def test_nor_by_the_address_of_the_sign_in_page(site: Site, query: str) -> None:
    browser = site.sign_in(Role.OFFICER)

    assert browser.get(f"/sign-in?next={query}").headers["Location"] == "/"


def test_a_page_of_ours_may_be_next(app: Flask) -> None:
    with app.test_request_context("/", base_url=SETTINGS.base_url):
        assert own_path("/loan/7?tab=schedule") == "/loan/7?tab=schedule"
        assert own_path("https://quy.example.vn/loan/7?a=1") == "/loan/7?a=1"


def test_nobody_is_believed_about_their_address_without_a_proxy(
    app: Flask, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Host": "evil"}
    behind = build_app(replace(SETTINGS, proxy_count=1), sessions, clock, hasher=CHEAP)

    assert address(app, forged) == "127.0.0.1"
    assert address(behind, forged) == "198.51.100.7"


def address(app: Flask, headers: dict[str, str]) -> str | None:
    """Give the address the log has of who asked."""
    with capture_logs() as lines:
        app.test_client().get("/health", base_url=SETTINGS.base_url, headers=headers)
    (found,) = (line["address"] for line in lines if line["event"] == "request")
    return str(found)


def test_too_much_is_refused(site: Site) -> None:
    browser = site.stranger()
    browser.get("/sign-in")

    answer = browser.post("/sign-in", {"email": "x" * 13 * 1024 * 1024})

    assert answer.status_code == 413


def test_a_name_full_of_markup_is_text(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    with site.sessions() as session:
        session.scalars(select(User).where(User.role == "officer")).one().name = MARKUP
        session.commit()

    page = browser.get("/password").text

    assert MARKUP not in page
    assert "&lt;script&gt;" in page
