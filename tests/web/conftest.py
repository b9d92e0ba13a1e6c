"""The application on each database in turn, and browsers that talk to it without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from playwright.sync_api import Browser
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import FixedClock
from loanfund.config import Settings
from loanfund.db import make_engine, make_sessions
from tests.browser import Listener, LiveSite, chromium, listening, live_site
from tests.site import SETTINGS, Site, an_app
from tests.web.forms_book import TODAY as FORMS_DAY
from tests.web.forms_book import BookOfForms, a_book_of_forms


@pytest.fixture
def settings() -> Settings:
    """A production-like https site; a module that needs another overrides this."""
    return SETTINGS


@pytest.fixture
def app(settings: Settings, sessions: sessionmaker[Session], clock: FixedClock) -> Flask:
    return an_app(settings, sessions, clock)


@pytest.fixture
def site(app: Flask, sessions: sessionmaker[Session]) -> Site:
    """Browsers: `site.stranger()`, `site.sign_in(Role.OFFICER)`."""
    return Site(app, sessions)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; `tests.browser.window` opens windows in it."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="session")
def book_of_forms(sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> BookOfForms:
    """One book for all who try every form."""
    file = Path(shutil.copy(sqlite_file, tmp_path_factory.mktemp("forms") / "forms.sqlite3"))
    engine = make_engine(f"sqlite:///{file}")
    with make_sessions(engine)() as session:
        things, people = a_book_of_forms(session, FixedClock(FORMS_DAY))
    engine.dispose()
    return BookOfForms(file, things, people)


@pytest.fixture
def more_pages() -> tuple[Blueprint, ...]:
    """Pages of a module's own that the live site has besides."""
    return ()


@pytest.fixture(name="live_site")
def a_live_site(
    listener: Listener,
    sqlite_file: Path,
    tmp_path: Path,
    clock: FixedClock,
    more_pages: tuple[Blueprint, ...],
) -> Iterator[LiveSite]:
    """A site that really listens, for the browser; add people through its sessions."""
    copy = shutil.copy(sqlite_file, tmp_path / "live.sqlite3")
    with live_site(listener, f"sqlite:///{copy}", clock, *more_pages) as site:
        yield site
