"""Every page in a real browser, as those who see it: nothing for axe, the policy or a ruler.

Each page of the staff is opened once on a wide screen and once on a narrow one, the roles that
see it taking turns, and one of the two is shown to axe; cooperatives and strangers come with a
telephone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Error

from loanfund.clock import FixedClock
from loanfund.domain.permission import Role
from loanfund.web.report_offer import OFFERS
from tests.browser import Listener, LiveSite, Window, live_site, window
from tests.conftest import TODAY
from tests.site import Browser, Site
from tests.web.matrix import SEEN, Things, a_world, expected, routes
from tests.web.ruler import SHORTENED, led_to, misfits

pytestmark = pytest.mark.browser
WIDE, NARROW, TELEPHONE = 1280, 390, 360
OK = 200
PEOPLE = [role for role in Role if role is not Role.CLI]
STAFF = [role for role in PEOPLE if role is not Role.COOPERATIVE]
ENDS_THE_VISIT = {"sign_in.leave"}
# Pages that show much in the book of the demonstration, at which the ruler alone looks.
A_LONG_LOAN, A_LATE_LOAN = 5, 71
FULL = (
    *((f"/loan/{number}") for number in (A_LONG_LOAN, 8, A_LATE_LOAN)),
    f"/loan/{A_LONG_LOAN}/repay",
    f"/loan/{A_LATE_LOAN}/repay",
    *(f"/reports/{name}" for name in OFFERS if name != "loans"),
)


@dataclass(frozen=True)
class Look:
    """A page to open, how wide, and whether axe looks too."""

    path: str
    width: int
    is_shown_to_axe: bool = True


@dataclass(frozen=True)
class World:
    """The demonstration's book and one of everything, and somebody signed in for each role."""

    live: LiveSite
    visitors: dict[Role | None, Browser]
    pages: dict[str, list[Role | None]]  # who sees each address, by the table

    def asked(self, role: Role | None) -> list[Look]:
        """Give the pages to open as a role."""
        if role is None or role is Role.COOPERATIVE:
            return [
                Look(path, TELEPHONE) for path, people in self.pages.items() if role in people
            ]
        found: list[Look] = []
        for turn, (path, people) in enumerate(self.pages.items()):
            staff = [one for one in people if one in STAFF]
            if staff:
                wide, narrow = turn % len(staff), (turn + 1) % len(staff)
                found += [Look(path, WIDE, turn % 2 == 0)] * (role is staff[wide])
                found += [Look(path, NARROW, turn % 2 == 1)] * (role is staff[narrow])
        return found


@pytest.fixture(scope="module")
def world(
    listener: Listener, sqlite_file_2020: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    copy = shutil.copy(sqlite_file_2020, tmp_path_factory.mktemp("pages") / "pages.sqlite3")
    clock = FixedClock(TODAY)
    with live_site(listener, f"sqlite:///{copy}", clock) as live:
        with live.sessions() as session:
            things, own_borrower = a_world(session, clock)
        site = Site(live.app, live.sessions, live.address)
        visitors: dict[Role | None, Browser] = {None: site.stranger()}
        for role in PEOPLE:
            borrower_id = own_borrower if role is Role.COOPERATIVE else None
            visitors[role] = site.sign_in(role, borrower_id=borrower_id)
        pages = {
            path: seen_by
            for path, seen_by in sorted(_addresses(live, things))
            if _is_page(visitors[seen_by[0]], path)
        }
        yield World(live, visitors, pages)


def _addresses(live: LiveSite, things: Things) -> Iterator[tuple[str, list[Role | None]]]:
    """Give the address of everything that can be looked at, and who may look."""
    bound = live.app.url_map.bind("")
    for route in routes():
        if route.method == "GET" and route.endpoint not in ENDS_THE_VISIT:
            found = things.of(route)
            thing = "own" if "own" in found else "there"
            everybody: list[Role | None] = [*PEOPLE, None]
            seen_by = [one for one in everybody if expected(route, one, thing) == SEEN]
            yield bound.build(route.endpoint, found[thing]), seen_by


def _is_page(browser: Browser, path: str) -> bool:
    """Say whether an address answers with a whole page, not with a file or a part."""
    answer = browser.get(path)
    whole = answer.mimetype == "text/html" and "<html" in answer.text[:500]
    return answer.status_code == 200 and whole


@pytest.mark.parametrize("role", [*PEOPLE, None], ids=str)
def test_every_page_of_a_role_is_in_order(
    browser: Chromium, world: World, role: Role | None
) -> None:
    asked = world.asked(role)
    wrong: list[str] = []
    for width in sorted({look.width for look in asked}):
        with window(browser, world.live.address, width=width) as opened:
            opened.come_as(world.visitors[role])
            menus: set[str] = set()
            for look in (look for look in asked if look.width == width):
                wrong += [f"{width}px {look.path}: {one}" for one in _faults(opened, look)]
                menus |= led_to(opened.page)
            wrong += [f"a menu leads to {one}" for one in sorted(menus) if _fails(opened, one)]

    assert asked
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_pages_full_of_figures_hide_none(browser: Chromium, world: World, width: int) -> None:
    wrong: list[str] = []
    with window(browser, world.live.address, width=width) as opened:
        opened.come_as(world.visitors[Role.OFFICER])
        for path in FULL:
            opened.open(path)
            found = misfits(opened, is_telephone=width == NARROW)
            wrong += [f"{path}: {one}" for one in found]

    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
@pytest.mark.parametrize("width", [WIDE, NARROW, 320])
@pytest.mark.parametrize("role", STAFF, ids=str)
def test_every_page_fits_every_width_for_everybody(
    browser: Chromium, world: World, role: Role, width: int
) -> None:
    wrong: list[str] = []
    with window(browser, world.live.address, width=width) as opened:
        opened.come_as(world.visitors[role])
        for path in (path for path, people in world.pages.items() if role in people):
            opened.open(path)
            found = misfits(opened, is_telephone=width != WIDE)
            wrong += [f"{path}: {one}" for one in found]

    assert not wrong, "\n".join(wrong)


def _fails(opened: Window, address: str) -> bool:
    return opened.page.request.get(opened.address + address, max_redirects=0).status != OK


def _faults(opened: Window, look: Look) -> Iterator[str]:
    page = opened.page
    try:
        answer = page.goto(opened.address + look.path)
        assert answer is not None
        assert answer.ok, f"answered {answer.status}"
        yield from misfits(opened, is_telephone=page.evaluate("innerWidth") < WIDE)
        page.evaluate(SHORTENED)
        if look.is_shown_to_axe:
            opened.assert_accessible()
    except (AssertionError, Error) as found:
        yield str(found)
    yield from opened.complaints
    opened.complaints.clear()
