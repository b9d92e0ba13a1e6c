"""Whether this process can answer and reach its database, for whoever watches over it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loanfund.web import database
from loanfund.web.login import public

page = Blueprint("health", __name__)


@page.get("/health")
@public
def show() -> ResponseReturnValue:
    """Say ok; when the database does not answer, the error page says 503."""
    database.session().execute(select(1))
    return {"status": "ok"}


@page.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Ask search engines to stay away."""
    return Response(render_template("robots.txt"), mimetype="text/plain")
