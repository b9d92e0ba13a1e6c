"""Two hundred papers asked for at once keep nobody else waiting (S-46)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from threading import Barrier, Event, Semaphore
from time import monotonic

import pytest
from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import Engine

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.domain.rate_limit import Use
from loanfund.web.limit import limited
from loanfund.web.login import public
from loanfund.web.paper_desk import MADE_AT_ONCE, WAITING
from tests.people import PASSWORD
from tests.served import Visitor, started
from tests.site import SETTINGS, Site, an_app

PLACES = MADE_AT_ONCE + WAITING
begun, finish = Semaphore(0), Event()


def a_slow_page() -> Blueprint:
    """Papers that are made until the test lets them be done, and one that is an accident."""
    page = Blueprint("slow", __name__)

    @page.get("/slow.pdf")
    @public
    @limited(Use.PAPER)
    def slow() -> ResponseReturnValue:
        begun.release()
        assert finish.wait(30)
        return "made"

    @page.get("/accident.pdf")
    @public
    @limited(Use.PAPER)
    def accident() -> ResponseReturnValue:
        raise ZeroDivisionError

    return page


SLOW = a_slow_page()


@pytest.fixture
def site(own_engine: Engine, clock: FixedClock) -> Site:
    finish.clear()
    while begun.acquire(blocking=False):
        pass
    sessions = make_sessions(own_engine)
    return Site(an_app(SETTINGS, sessions, clock, SLOW), sessions)


def test_who_comes_on_top_is_asked_to_come_again_and_others_are_answered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanfund.web.paper_desk.PATIENCE_SECONDS", 60)
    more = 7

    with ThreadPoolExecutor(PLACES + more) as pool:
        asked = [pool.submit(site.stranger().get, "/slow.pdf") for _ in range(PLACES + more)]
        sent_away = [one.result() for one in islice(as_completed(asked), more)]
        others = [site.stranger().get("/sign-in").status_code for _ in range(3)]
        finish.set()
        statuses = Counter(one.result().status_code for one in asked)

    assert statuses == {200: PLACES, 429: more}
    assert others == [200] * 3
    for one in sent_away:
        assert (one.status_code, one.headers["Retry-After"]) == (429, "5")
        assert "Đang có nhiều giấy tờ được làm cùng lúc" in one.text
        assert one.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert one.headers["Cache-Control"] == "no-store"
    assert site.stranger().get("/slow.pdf").status_code == 200


def test_who_waits_too_long_is_asked_to_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loanfund.web.paper_desk.PATIENCE_SECONDS", 0.1)

    with ThreadPoolExecutor(MADE_AT_ONCE) as pool:
        makers = [pool.submit(site.stranger().get, "/slow.pdf") for _ in range(MADE_AT_ONCE)]
        for _ in makers:
            assert begun.acquire(timeout=30)
        late = site.stranger().get("/slow.pdf")
        finish.set()
        made = [one.result().status_code for one in makers]

    assert (late.status_code, made) == (429, [200] * MADE_AT_ONCE)


def test_an_accident_gives_the_place_back(site: Site) -> None:
    finish.set()
    accidents = [site.stranger().get("/accident.pdf").status_code for _ in range(2 * PLACES)]

    assert accidents == [500] * (2 * PLACES)
    assert site.stranger().get("/slow.pdf").status_code == 200


@pytest.mark.soak
@pytest.mark.slow
def test_two_hundred_papers_at_once_keep_nobody_else_waiting(
    sqlite_file: Path, tmp_path: Path
) -> None:
    """The program as it is started: other pages meanwhile, and everybody gets an answer."""
    many, longest = 200, 5.0
    with started(tmp_path, sqlite_file) as program:
        officer = Visitor(program.port)
        assert officer.enter(PASSWORD) == 302
        begin = Barrier(many + 1)

        def ask(_number: int) -> int:
            begin.wait(60)
            return officer.ask("/reports/loans.xlsx")[0].status

        with ThreadPoolExecutor(many) as pool:
            papers = [pool.submit(ask, number) for number in range(many)]
            begin.wait(60)
            waits: list[float] = []
            while not all(one.done() for one in papers) or not waits:
                begins = monotonic()
                assert officer.ask("/loans")[0].status == 200
                waits.append(monotonic() - begins)
        statuses = Counter(one.result() for one in papers)

    assert statuses.keys() <= {200, 429}
    assert statuses[200] >= PLACES
    assert max(waits) < longest
