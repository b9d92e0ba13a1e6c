"""A form that comes back after a sign-in is shown again, and nothing is done by it (S-13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from tests.conftest import TODAY
from tests.services.derived import contents
from tests.site import SETTINGS, Browser, Site, an_app, on_a_copy
from tests.web.forms import FORMS
from tests.web.forms_book import BookOfForms, of
from tests.web.matrix import Route, Things, may, routes

pytestmark = pytest.mark.slow
# Who came and when, and how often they asked, is no state of the book.
BESIDE = {"limited_use", "user_session"}
PUBLIC_OR_OWN = {"preference.", "sign_in.", "forgotten.", "own_session."}
POSTS = [
    route
    for route in routes()
    if route.method == "POST" and not route.endpoint.startswith(tuple(PUBLIC_OR_OWN))
]
# What somebody may have typed, for whichever form it is.
TYPED = {
    "request_key": "k-of-a-form-that-came-back",
    "value_date": "01/06/2020",
    "amount": "1.000.000",
    "reason": "Theo quyết định",
    "words": "gõ nhầm",
    "name": "HTX Mới",
    "code": "KH900",
    "kind": "cooperative",
    "email": "moi@quy.example.vn",
    "role": "officer",
    "value": "Quỹ",
    "valid_from": "01/06/2020",
    "contributor": "UBND tỉnh",
    "source": "QUY",
    "direction": "in",
    "note": "đã gõ",
}


@dataclass(frozen=True)
class World:
    things: Things
    sessions: sessionmaker[Session]
    site: Site
    browsers: dict[Role, Browser]


@pytest.fixture(scope="module")
def world(
    book_of_forms: BookOfForms, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    things, people = book_of_forms.things, book_of_forms.people
    clock = FixedClock(TODAY)
    with on_a_copy(book_of_forms.file, tmp_path_factory.mktemp("resume")) as sessions:
        site = Site(an_app(SETTINGS, sessions, clock), sessions)
        browsers = {role: site.stranger() for role in people}
        for role, browser in browsers.items():
            browser.enter(people[role])
            browser.get("/password")
        yield World(things, sessions, site, browsers)


def book(world: World) -> object:
    with world.sessions() as session:
        return {name: rows for name, rows in contents(session).items() if name not in BESIDE}


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_nothing_is_done_by_a_form_that_comes_back(world: World, route: Route) -> None:
    (role,) = [one for one in world.browsers if may(route, one)][:1]
    address = world.site.app.url_map.bind("").build(route.endpoint, of(world.things, route))
    before = book(world)
    typed = TYPED if any(one.typed for one in FORMS if one.sends == route.endpoint) else {}

    with capture_logs() as lines:
        answer = world.browsers[role].post(address, {**typed, "came_back": "1"})

    assert answer.status_code < 500
    assert not [line for line in lines if line["event"] == "incident"]
    assert book(world) == before
