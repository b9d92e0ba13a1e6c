"""Where somebody is signed in: the list of their own browsers, and signing them out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import NotFoundError
from loanfund.queries.letter_retry import retries
from loanfund.queries.user import own_sessions
from loanfund.services.own_session import end_every_session, end_session
from loanfund.web import database
from loanfund.web.context import browser, language, now
from loanfund.web.login import requires_sign_in, signed_in
from loanfund.wording import explain, text

# What browsers call themselves, the more particular names first.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "coc_coc": "Cốc Cốc",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}

page = Blueprint("own_session", __name__)


@page.get("/sessions")
@requires_sign_in
def show() -> ResponseReturnValue:
    """List the browsers that are signed in as this person."""
    session, actor = database.session(), signed_in()
    found = own_sessions(session, actor, browser().token or "", now=now())
    retried_at = retries(session, [actor.user_id]).get(actor.user_id)
    return render_template(
        "sign_in/sessions.html", found=found, named=named, retried_at=retried_at
    )


@page.post("/sessions/end")
@requires_sign_in
def end() -> ResponseReturnValue:
    """Sign one of the own browsers out."""
    try:
        end_session(database.session(), request.form.get("mark", ""), signed_in(), now=now())
        flash(text("own_session.ended", language()), "good")
    except NotFoundError as error:
        flash(explain(error, language()), "amber")
    return redirect(url_for("own_session.show"))


@page.post("/sessions/end-all")
@requires_sign_in
def end_all() -> ResponseReturnValue:
    """Sign every browser of this person out, this one too."""
    end_every_session(database.session(), signed_in(), now=now())
    browser().end()
    response = redirect(url_for("sign_in.show", note="signed_out_everywhere"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def named(agent: str) -> str:
    """Name a browser so that its owner knows it again."""
    name, system = (
        next((name for sign, name in signs.items() if sign in agent), None)
        for signs in (BROWSERS, SYSTEMS)
    )
    if name is None or system is None:
        return text("own_session.unknown", language())
    return text("own_session.on", language(), browser=name, system=system)
