"""A real browser walks every form there is, and finds a way on from each of them.

The gate opens every form as one who may send it, and takes one of each kind through all that
may happen meanwhile; `scripts/soak` takes every form of every role through everything.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from sqlalchemy import update

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.models.user import UserSession
from tests.authenticator import Phone
from tests.browser import Listener, LiveSite, Window, live_site, window
from tests.site import Browser as Visitor
from tests.site import Site
from tests.web.conditions import Condition, conditions_of, press, without_scripts
from tests.web.forms import APP, ELSEWHERE, FORMS, MINUTES, PEOPLE, Comer, FormEntry, Kind
from tests.web.forms_book import CAREFUL, TODAY, BookOfForms, of
from tests.web.matrix import Route, Things, may, routes
from tests.web.walker import MISSING, Walk

pytestmark = pytest.mark.browser
ROUTES = {(route.method, route.endpoint): route for route in routes()}
Who = Role | Comer  # who comes to a form, if not a stranger
WIDTHS, HEIGHT = (1280, 390, 320), 800
# Until the page has noticed how wide it is: scripts fold filters then.
A_FRAME = "() => new Promise(next => requestAnimationFrame(() => requestAnimationFrame(next)))"


@dataclass(frozen=True)
class Prepared:
    """The book of forms as a file to copy, what is in it, and who may come."""

    file: Path
    things: Things
    people: Mapping[Who, str]


@pytest.fixture(scope="session")
def prepared(book_of_forms: BookOfForms) -> Prepared:
    everybody: dict[Who, str] = dict.fromkeys(Comer, CAREFUL)
    everybody.update(book_of_forms.people.items())
    return Prepared(book_of_forms.file, book_of_forms.things, everybody)


def route_of(entry: FormEntry) -> Route:
    """Give the route that a form calls."""
    reads = entry.kind is Kind.FILTER
    return ROUTES["GET" if reads else "POST", entry.sends]


def everybody_of(entry: FormEntry) -> list[Who | None]:
    """Give who sees a page and may send what stands on it, by the table of permissions."""
    page, act = ROUTES["GET", entry.page], route_of(entry)
    assert page.declared is not None
    if page.declared.public:
        return [*entry.only] or [None]
    return [
        who
        for who in entry.only or PEOPLE
        if isinstance(who, Comer) or (may(page, who) and may(act, who))
    ]


@dataclass
class Visit:
    """A book that is live, and a window for everybody who comes to it."""

    live: LiveSite
    prepared: Prepared
    browser: Chromium
    stack: ExitStack
    windows: dict[Who | None, Window] = field(default_factory=dict)
    phone: Phone = field(default_factory=lambda: Phone(APP))

    def window(self, who: Who | None, **more: Any) -> Window:
        """Give the window to which this person has come."""
        if who not in self.windows:
            opening = window(self.browser, self.live.address, **more)
            self.live.listen()
            opened = self.windows[who] = self.stack.enter_context(opening)
            if who is not None:
                opened.come_as(self.another(who))
        return self.windows[who]

    def another(self, who: Who) -> Visitor:
        """Sign in without the page, which has tests of its own."""
        stranger = Site(self.live.app, self.live.sessions, self.live.address).stranger()
        stranger.enter(self.prepared.people[who])
        if who is Comer.WITH_FACTOR:
            stranger.get("/sign-in/code")
            stranger.post("/sign-in/code", {"code": self.phone.code()})
        return stranger

    def before(self, entry: FormEntry, who: Who | None) -> None:
        """Let happen what must have happened before a form stands there."""
        assert who is not None
        if entry.after == MINUTES:
            with self.live.sessions() as session:
                long_ago = datetime(2020, 6, 1, tzinfo=UTC)
                session.execute(update(UserSession).values(confirmed_at=long_ago))
                session.commit()
            return
        visitor = self.another(who)
        if entry.after != ELSEWHERE:
            bound, things = self.live.app.url_map.bind(""), self.prepared.things
            first = next(form for form in FORMS if form.sends == entry.after)
            visitor.get(
                bound.build(first.page, of(things, ROUTES["GET", first.page], first.of))
            )
            address = bound.build(
                first.sends, of(things, ROUTES["POST", first.sends], first.of)
            )
            visitor.post(address, dict(first.typed))

    def open(self, entry: FormEntry, who: Who | None, opened: Window) -> Walk:
        """Open the page of a form, and the form on it; from now on this book is live."""
        bound = self.live.app.url_map.bind("")
        things = self.prepared.things
        path = bound.build(entry.page, of(things, ROUTES["GET", entry.page], entry.of))
        if entry.after:
            self.before(entry, who)
        answer = opened.page.goto(f"{opened.address}{path}?{entry.asked}".rstrip("?"))
        assert answer is not None
        is_asked = entry.sends == "sign_in.confirm"
        assert answer.ok or is_asked, f"{path} answered {answer.status}"
        if entry.behind:
            first = next(form for form in FORMS if form.sends == entry.behind)
            walk = self.walk(first, opened)
            walk.type_all()
            press(walk)
        walk = self.walk(entry, opened)
        walk.open_up()
        return walk

    def walk(self, entry: FormEntry, opened: Window) -> Walk:
        """Stand before a form of the page that is open."""
        act, bound = route_of(entry), self.live.app.url_map.bind("")
        called = bound.build(entry.sends, of(self.prepared.things, act, entry.of))
        return Walk(opened.page, entry, called, act.method.lower(), self.phone)


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
def looking(
    listener: Listener,
    prepared: Prepared,
    browser: Chromium,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visit]:
    """One book for all who only look at forms and send none."""
    folder = tmp_path_factory.mktemp("walk")
    with a_visit(listener, prepared, browser, folder) as visit:
        yield visit


@pytest.fixture
def sending(
    listener: Listener, prepared: Prepared, browser: Chromium, tmp_path: Path
) -> Iterator[Visit]:
    """A book of one's own, to send a form to."""
    with a_visit(listener, prepared, browser, tmp_path) as visit:
        yield visit


def fresh(visit: Visit, entry: FormEntry, who: Who | None) -> Iterator[str]:
    """Say what keeps somebody from sending a form that was just opened."""
    opened = visit.window(who)
    opened.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    walk = visit.open(entry, who, opened)
    if walk.form() is None:
        yield "the page has no such form"
        return
    if not walk.told(MISSING) and not entry.begins_refused and walk.act() is None:
        yield "nothing is missing, and there is no act from the first moment on"
    walk.type_all()
    for name in walk.told(MISSING):
        yield f"“{name}” must be filled, and nothing is typed into it: add it to `typed`"
    if wrong := walk.reach():
        yield f"at {WIDTHS[0]} px the act {wrong}"
    for width in WIDTHS[1:]:
        opened.page.set_viewport_size({"width": width, "height": HEIGHT})
        opened.page.evaluate(A_FRAME)
        if wrong := walk.see():
            yield f"at {width} px the act {wrong}"
        for name, over in walk.covered().items():
            yield f"at {width} px, while one types “{name}”, its {over}"
    yield from opened.complaints
    opened.complaints.clear()


def changed(
    visit: Visit, entry: FormEntry, who: Who | None, condition: Condition
) -> Iterator[str]:
    """Say what keeps somebody from going on when something happens meanwhile."""
    scripted = condition is not without_scripts
    opened = visit.window(who, java_script_enabled=scripted)
    walk = visit.open(entry, who, opened)
    email = visit.prepared.people[who] if who else ""
    yield from condition(walk, visit.live, email)
    opened.complaints.clear()  # of refused and cut answers, which are what is asked for


def one_of_each_kind() -> list[FormEntry]:
    """Give the first form of each kind."""
    return list({entry.kind: entry for entry in reversed(FORMS)}.values())


def every(forms: Any) -> list[Any]:
    """Give each form in each condition."""
    return [
        pytest.param(entry, condition, id=f"{entry.name}: {condition.__name__}")
        for entry in forms
        for condition in conditions_of(entry)
    ]


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.name)
def test_a_form_opened_fresh_can_be_sent(
    request: pytest.FixtureRequest, entry: FormEntry
) -> None:
    visit: Visit = request.getfixturevalue("sending" if entry.after else "looking")
    everybody = everybody_of(entry)
    assert everybody, "nobody sees this form"

    found = list(fresh(visit, entry, everybody[0]))

    assert not found, "\n".join(found)


@pytest.mark.parametrize(("entry", "condition"), every(one_of_each_kind()))
def test_whatever_happens_to_a_form_there_is_a_way_on(
    sending: Visit, entry: FormEntry, condition: Condition
) -> None:
    found = list(changed(sending, entry, everybody_of(entry)[0], condition))

    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry.name)
def test_a_form_opened_fresh_can_be_sent_by_every_role(
    sending: Visit, entry: FormEntry
) -> None:
    found = [
        f"{who}: {one}" for who in everybody_of(entry) for one in fresh(sending, entry, who)
    ]

    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize(("entry", "condition"), every(FORMS))
def test_whatever_happens_to_any_form_there_is_a_way_on(
    sending: Visit, entry: FormEntry, condition: Condition
) -> None:
    found = list(changed(sending, entry, everybody_of(entry)[0], condition))

    assert not found, "\n".join(found)
