"""A real browser walks every form there is, and finds a way on from each of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium

from loanfund.clock import FixedClock
from loanfund.db import make_engine, make_sessions
from loanfund.domain.permission import Role
from tests.browser import Listener, LiveSite, Window, live_site, window
from tests.site import Site
from tests.web.forms import FORMS, FormEntry, Kind
from tests.web.forms_book import TODAY, a_book_of_forms, of
from tests.web.matrix import Route, Things, may, routes
from tests.web.walker import MISSING, Walk

pytestmark = pytest.mark.browser
ROUTES = {(route.method, route.endpoint): route for route in routes()}
PEOPLE = [role for role in Role if role is not Role.CLI]
WIDTHS, HEIGHT = (1280, 390, 320), 800


@dataclass(frozen=True)
class Prepared:
    """The book of forms as a file to copy, what is in it, and who may come."""

    file: Path
    things: Things
    people: Mapping[Role, str]


@pytest.fixture(scope="session")
def prepared_forms(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    file = Path(shutil.copy(sqlite_file, tmp_path_factory.mktemp("forms") / "forms.sqlite3"))
    engine = make_engine(f"sqlite:///{file}")
    with make_sessions(engine)() as session:
        things, people = a_book_of_forms(session, FixedClock(TODAY))
    engine.dispose()
    return Prepared(file, things, people)


def roles_of(entry: FormEntry) -> list[Role | None]:
    """Give who sees a page and may send what stands on it, by the table of permissions."""
    method = "GET" if entry.kind is Kind.FILTER else "POST"
    page, act = ROUTES["GET", entry.page], ROUTES[method, entry.sends]
    assert page.declared is not None
    if page.declared.public:
        return [None]
    return [
        role
        for role in ([entry.only] if entry.only else PEOPLE)
        if may(page, role) and may(act, role)
    ]


@dataclass
class Visit:
    """A book that is live, and a window for everybody who comes to it."""

    live: LiveSite
    prepared: Prepared
    browser: Chromium
    stack: ExitStack
    windows: dict[tuple[Role | None, int], Window] = field(default_factory=dict)

    def window(self, role: Role | None, width: int = WIDTHS[0], **more: Any) -> Window:
        """Give the window in which this role is signed in."""
        if (role, width) not in self.windows:
            opening = window(self.browser, self.live.address, width=width, **more)
            opened = self.stack.enter_context(opening)
            if role is not None:
                self.let_in(opened, role)
            self.windows[role, width] = opened
        return self.windows[role, width]

    def let_in(self, opened: Window, role: Role) -> None:
        """Sign in without the page, which has tests of its own."""
        stranger = Site(self.live.app, self.live.sessions, self.live.address).stranger()
        stranger.enter(self.prepared.people[role])
        opened.come_as(stranger)

    def open(self, entry: FormEntry, opened: Window) -> Walk:
        """Open the page of a form, and the form on it."""
        bound = self.live.app.url_map.bind("")
        page, act = ROUTES["GET", entry.page], route_of(entry)
        things = self.prepared.things
        path = bound.build(entry.page, of(things, page, entry.of))
        answer = opened.page.goto(f"{opened.address}{path}?{entry.asked}".rstrip("?"))
        assert answer is not None
        assert answer.ok, f"{path} answered {answer.status}"
        called = bound.build(entry.sends, of(things, act, entry.of))
        walk = Walk(opened.page, entry, called, "get" if act.method == "GET" else "post")
        walk.open_up()
        return walk


def route_of(entry: FormEntry) -> Route:
    return ROUTES.get(("POST", entry.sends)) or ROUTES["GET", entry.sends]


@contextmanager
def a_visit(
    listener: Listener, prepared: Prepared, browser: Chromium, folder: Path
) -> Iterator[Visit]:
    """Let a copy of the book be live, for windows that come and go."""
    copy = shutil.copy(prepared.file, folder / "walked.sqlite3")
    database = f"sqlite:///{copy}"
    with live_site(listener, database, FixedClock(TODAY)) as live, ExitStack() as stack:
        yield Visit(live, prepared, browser, stack)


@pytest.fixture(scope="module")
def visit(
    listener: Listener,
    prepared_forms: Prepared,
    browser: Chromium,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visit]:
    """One book for all who only look at forms and send none."""
    folder = tmp_path_factory.mktemp("walk")
    with a_visit(listener, prepared_forms, browser, folder) as visit:
        yield visit


def fresh(visit: Visit, entry: FormEntry, role: Role | None) -> Iterator[str]:
    """Say what keeps somebody from sending a form that was just opened."""
    opened = visit.window(role)
    opened.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    walk = visit.open(entry, opened)
    if not walk.told(MISSING) and not entry.begins_refused and walk.act() is None:
        yield "nothing is missing, and there is no act from the first moment on"
    walk.type_all()
    for name in walk.told(MISSING):
        yield f"“{name}” must be filled, and nothing is typed into it: add it to `typed`"
    if wrong := walk.reach():
        yield f"at {WIDTHS[0]} px the act {wrong}"
    for width in WIDTHS[1:]:
        opened.page.set_viewport_size({"width": width, "height": HEIGHT})
        if wrong := walk.see():
            yield f"at {width} px the act {wrong}"
    yield from opened.complaints
    opened.complaints.clear()


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.name)
def test_a_form_opened_fresh_can_be_sent(visit: Visit, entry: FormEntry) -> None:
    roles = roles_of(entry)
    assert roles, "nobody sees this form"

    found = list(fresh(visit, entry, roles[0]))
    assert not found, "\n".join(found)
