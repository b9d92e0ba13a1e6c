"""The application on each database in turn, and browsers that talk to it without a network."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from loanfund.app import build_app
from loanfund.clock import FixedClock
from loanfund.config import Settings
from tests.people import CHEAP
from tests.site import SETTINGS, Site


@pytest.fixture
def settings() -> Settings:
    """A production-like https site; a module that needs another overrides this."""
    return SETTINGS


@pytest.fixture
def app(settings: Settings, sessions: sessionmaker[Session], clock: FixedClock) -> Flask:
    return build_app(settings, sessions, clock, hasher=CHEAP)


@pytest.fixture
def site(app: Flask, sessions: sessionmaker[Session]) -> Site:
    """Browsers: `site.stranger()`, `site.sign_in(Role.OFFICER)`."""
    return Site(app, sessions)
