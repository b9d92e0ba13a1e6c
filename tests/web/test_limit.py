"""Searching and papers are limited a person; who waits is told how long (S-46)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update
from structlog.testing import capture_logs

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.permission import Role
from loanfund.domain.rate_limit import LIMITS, Limit
from loanfund.models.rate_limit import LimitedUse
from tests.people import a_user
from tests.site import SETTINGS, Browser, Site, an_app


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of a kind a minute."""
    for use, limit in tuple(LIMITS.items()):
        monkeypatch.setitem(LIMITS, use, Limit(2, limit.per))


def be_impatient(connection: Any, _record: object) -> None:
    """Wait for nobody's lock."""
    on_sqlite = hasattr(connection, "executescript")
    connection.execute("PRAGMA busy_timeout=1" if on_sqlite else "SET lock_timeout='1ms'")
    connection.commit()


def statuses(browser: Browser, path: str, times: int) -> list[int]:
    return [browser.get(path).status_code for _ in range(times)]


DEAR = pytest.mark.parametrize(
    ("path", "usual"),
    [
        ("/loans/search.json?q=an", 200),
        ("/search?q=an", 302),
        ("/loans", 200),
        ("/statement/SK-2020-000001.pdf", 404),
        ("/letters/1.pdf", 404),
        ("/statements/2020-05.zip", 404),
    ],
)


@pytest.mark.usefixtures("strict")
@DEAR
def test_the_third_of_two_is_refused(site: Site, path: str, usual: int) -> None:
    browser = site.sign_in(Role.OFFICER)

    assert statuses(browser, path, 3) == [usual, usual, 429]
    assert statuses(site.sign_in(Role.MANAGER), path, 1) == [usual]


@pytest.mark.usefixtures("strict")
@DEAR
def test_a_clock_set_back_an_hour_refuses_nobody(site: Site, path: str, usual: int) -> None:
    browser = site.sign_in(Role.OFFICER)
    statuses(browser, path, 2)
    with site.sessions() as session:
        for row in session.scalars(select(LimitedUse)):
            row.won_back_at += timedelta(hours=1)
        session.commit()

    assert statuses(browser, path, 2) == [usual, usual]


@pytest.mark.usefixtures("strict")
def test_the_page_says_how_long_to_wait(site: Site) -> None:
    browser = site.sign_in(Role.OFFICER)
    statuses(browser, "/search?q=an", 2)

    with capture_logs() as lines:
        answer = browser.get("/search?q=an")

    assert answer.headers["Retry-After"] == "30"
    assert "Hãy đợi 30 giây rồi thử lại." in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert [line["endpoint"] for line in lines if line["event"] == "limited"] == ["search.show"]


@pytest.mark.usefixtures("strict")
def test_who_may_not_is_refused_before_anything_is_counted(site: Site) -> None:
    admin = site.sign_in(Role.ADMIN)

    assert statuses(admin, "/search?q=an", 4) == [403] * 4


def test_who_cannot_be_counted_because_somebody_writes_for_long_is_let_through(
    own_engine: Engine, clock: FixedClock
) -> None:
    event.listen(own_engine, "connect", be_impatient)
    sessions = make_sessions(own_engine)
    site = Site(an_app(SETTINGS, sessions, clock), sessions)
    browser = site.sign_in(Role.OFFICER)
    assert browser.get("/search?q=an").status_code == 302

    with own_engine.begin() as writer, capture_logs() as lines:
        writer.execute(update(LimitedUse).values(kind="search"))
        answer = browser.get("/search?q=an")

    assert answer.status_code == 302
    assert "not_counted" in [line["event"] for line in lines]


def test_people_who_come_at_the_same_moment_meet_no_accident(
    own_engine: Engine, clock: FixedClock
) -> None:
    """Counters are made, forgiven and cleared away under one another's hands."""
    sessions = make_sessions(own_engine)
    app = an_app(SETTINGS, sessions, clock)
    emails = [f"officer{number}@quy.example.vn" for number in range(6)]
    with sessions() as session:
        for email in emails:
            a_user(session, email=email)
    barrier = Barrier(len(emails))

    def work(email: str) -> list[int]:
        browser = Site(app, sessions).stranger()
        barrier.wait(30)
        entered = browser.enter(email).status_code
        return [entered, *statuses(browser, "/loans/search.json?q=an", 6)]

    with ThreadPoolExecutor(len(emails)) as pool:
        found = list(pool.map(work, emails))

    assert found == [[302, *[200] * 6]] * len(emails)
