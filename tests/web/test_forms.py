"""Every form is entered in the table that the walk through all forms reads.

A form is known by what its buttons call: from the map of addresses, and from every page that
any role can open in the book of forms.
"""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from tests.authenticator import Phone
from tests.site import SETTINGS, Site, an_app
from tests.web.forms import APP, FORMS, Comer, Kind
from tests.web.forms_book import CAREFUL, TODAY, BookOfForms, of
from tests.web.matrix import routes

HOW = "enter it in FORMS of tests/web/forms.py (its first lines say how), and the walk takes it"
FILES = (".pdf", ".xlsx", ".zip", ".json", ".txt", "/preview", "/health")
PAGES = [
    route for route in routes() if route.method == "GET" and not route.rule.rule.endswith(FILES)
]
# In the frame of every page; the table has them on one.
EVERYWHERE = {form.sends for form in FORMS if form.kind is Kind.MENU} | {"search.show"}


class Buttons(HTMLParser):
    """Finds what the forms of a page, or buttons that go their own way, call."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.method = path, "GET"
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        if tag == "form" and had.get("method") != "dialog":
            self.method = had.get("method", "get").upper()
            self._see(had.get("action") or self.path)
        elif tag == "button" and "formaction" in had:
            self._see(had["formaction"])

    def _see(self, address: str) -> None:
        self.found.add((self.method, urlsplit(address).path))


def test_every_route_that_acts_is_in_the_table() -> None:
    sent = {form.sends for form in FORMS}
    every = {route.endpoint for route in routes()}

    acts = {route.endpoint for route in routes() if route.method == "POST"}
    assert acts - sent == set(), HOW
    assert sent - every == set(), "there is no such route any more"
    assert len({form.name for form in FORMS}) == len(FORMS), "entered twice"


@pytest.mark.slow
def test_every_form_of_every_page_is_in_the_table(
    book_of_forms: BookOfForms, tmp_path: Path
) -> None:
    things, people = book_of_forms.things, book_of_forms.people
    copy = shutil.copy(book_of_forms.file, tmp_path / "forms.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions, clock = make_sessions(engine), FixedClock(TODAY)
    site = Site(an_app(SETTINGS, sessions, clock), sessions)
    bound = site.app.url_map.bind("")
    browsers = [site.stranger()]
    everybody: dict[Role | Comer, str] = dict.fromkeys(Comer, CAREFUL)
    everybody.update(people.items())
    for who in set(everybody) - {Role.AUDITOR}:  # who sends nothing, and reads as managers do
        browsers.append(site.stranger())
        browsers[-1].enter(everybody[who])
        if who is Comer.WITH_FACTOR:
            browsers[-1].get("/sign-in/code")
            browsers[-1].post("/sign-in/code", {"code": Phone(APP).code()})
    seen: dict[tuple[str, str], str] = {}
    for route in PAGES:
        path = bound.build(route.endpoint, of(things, route))
        for browser in browsers:
            page = browser.get(path)
            if page.status_code == 200 and "<html" in page.text:
                buttons = Buttons(path)
                buttons.feed(page.text)
                for called in buttons.found:
                    seen.setdefault((_endpoint(bound, *called), route.endpoint), path)
    engine.dispose()
    entered = {(form.sends, form.page) for form in FORMS}
    missing = {
        pair: path
        for pair, path in seen.items()
        if pair not in entered and pair[0] not in EVERYWHERE
    }

    assert missing == {}, HOW


def _endpoint(bound: MapAdapter, method: str, address: str) -> str:
    try:
        return str(bound.match(address, method=method)[0])
    except (NotFound, MethodNotAllowed):
        return f"{method} {address}, which is no route"


@pytest.mark.slow
@pytest.mark.parametrize(
    "role",
    [
        None,
        Role.OFFICER,
        *(
            pytest.param(role, marks=pytest.mark.soak)
            for role in (Role.ACCOUNTANT, Role.MANAGER, Role.ADMIN)
        ),
    ],
)
def test_a_file_or_a_list_in_a_field_s_place_is_nothing_typed(
    book_of_forms: BookOfForms, tmp_path: Path, role: Role | None
) -> None:
    """Every form gets all its fields as files, then as JSON: refused, and nothing breaks."""
    copy = shutil.copy(book_of_forms.file, tmp_path / "forms.sqlite3")
    engine = make_engine(f"sqlite:///{copy}")
    sessions = make_sessions(engine)
    site = Site(an_app(SETTINGS, sessions, FixedClock(TODAY)), sessions)
    bound, browser = site.app.url_map.bind(""), site.stranger()
    if role:
        browser.enter(book_of_forms.people[role])
    broken = []
    for route in routes():
        if route.method != "POST" or route.endpoint == "sign_in.leave":
            continue
        names = {name for one in FORMS if one.sends == route.endpoint for name in one.typed}
        names |= {"request_key", "next", "kept", "email", "day"}
        path = bound.build(route.endpoint, of(book_of_forms.things, route))
        browser.get("/sign-in" if role is None else "/password")
        token = {"csrf_token": browser.token}
        files = {name: (BytesIO(b"x"), "x.txt") for name in names}
        headers = {"X-CSRFToken": browser.token}
        for sent in (
            {"data": token | files},
            {"json": {name: [1, {}] for name in names}, "headers": headers},
        ):
            answer = browser.client.post(path, base_url=browser.base_url, **sent)
            if answer.status_code >= 500:
                broken.append((path, answer.status_code, *sent))
    engine.dispose()

    assert broken == []
