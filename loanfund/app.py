"""The composition root: puts settings, database, clock and pages together."""

from __future__ import annotations

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from loanfund.clock import Clock
from loanfund.config import Settings
from loanfund.paths import TEMPLATES
from loanfund.services.hashing import STRONG
from loanfund.web import (
    assets,
    context,
    database,
    errors,
    filters,
    grave,
    limit,
    log,
    login,
    paper_desk,
    resume,
    security,
    sign_in,
)
from loanfund.web.context import Edge
from loanfund.web.pages import PAGES
from loanfund.web.session import StoredSessions


def build_app(
    settings: Settings,
    sessions: sessionmaker[Session],
    clock: Clock,
    *,
    hasher: PasswordHasher = STRONG,
) -> Flask:
    """Give the application; the order below is the order in which a request is examined."""
    app = Flask("loanfund", template_folder=str(TEMPLATES), static_folder=None)
    edge = Edge(settings=settings, sessions=sessions, clock=clock, hasher=hasher)
    context.install(app, edge)
    app.session_interface = StoredSessions(settings, sessions, clock)
    log.install(app)
    errors.install(app)
    security.install(app, settings)
    login.install(app, sign_in.ask)
    security.install_csrf(app)
    paper_desk.install(app, settings)
    limit.install(app)
    resume.install(app)
    grave.install(app)
    filters.install(app)
    app.teardown_appcontext(database.close)
    for page in PAGES:
        app.register_blueprint(page)
    assets.install(app, settings)
    security.behind_proxies(app, settings)
    return app
