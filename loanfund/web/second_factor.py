"""The own second factor (S-07): set up, prove when signing in, renew its codes, end it."""

from __future__ import annotations

from contextlib import suppress
from logging import INFO, WARNING
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from loanfund.documents.qr import qr_image
from loanfund.domain.errors import ConflictError, PermissionDeniedError, UnavailableError
from loanfund.domain.permission import Actor
from loanfund.domain.second_factor import REQUIRED_OF, SHORTEST_LEFT, Step, grouped
from loanfund.queries.user import OwnFactor, own_factor
from loanfund.seal import BrokenSealError
from loanfund.services.second_factor import (
    Enrol,
    Prove,
    address_of,
    enrol,
    new_secret,
    prove,
    renew_codes,
    turn_off_own,
)
from loanfund.web import database
from loanfund.web.context import browser, edge, language, missing_step, now, seal
from loanfund.web.errors import status_of_try
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.grave import grave
from loanfund.web.login import public, requires_sign_in, signed_in, visitor
from loanfund.web.paths import HOME, own_path
from loanfund.wording import text

page = Blueprint("second_factor", __name__)
REFUSED = 422
CARRIED = ("kept", "working_date")
OFFERED = "factor_offered"  # a secret, sealed, until an app has shown that it took it


class CodeForm(Form):
    """A code of the app, or a one-time code; and where somebody was going."""

    code = TextField(validators=[Required(), AtMost(40)])
    next = HiddenField()


@page.get("/sign-in/code")
@public
def ask() -> ResponseReturnValue:
    """Ask who gave the password for the second factor too."""
    if missing_step() is not Step.CODE:
        return _elsewhere()
    form = CodeForm(formdata=None, next=own_path(request.args.get("next")))
    return render_template("second_factor/code.html", form=form)


@page.post("/sign-in/code")
@public
def enter() -> ResponseReturnValue:
    """Sign in, and go on where the sign-in page came between."""
    form, token = CodeForm(), browser().token
    if missing_step() is not Step.CODE or token is None:
        return _elsewhere()
    status = REFUSED
    if form.sent():
        asked = Prove(code=form.code.data or "", token=token, address=_address())
        try:
            _begin(prove(database.session(), asked, seal=seal(), now=now()))
        except (PermissionDeniedError, UnavailableError) as error:
            _log("factor_refused", reason=error.reason)
            form.refuse(error, "code" if error.reason == "factor_code" else None)
            status = status_of_try(error, REFUSED)
        else:
            _log("signed_in", level=INFO)
            return redirect(_way_on(form))
    return render_template("second_factor/code.html", form=form), status


@page.get("/second-factor")
@requires_sign_in
def show() -> ResponseReturnValue:
    """Say whether the account has a second factor, and what can be done about it."""
    found = own_factor(database.session(), signed_in())
    return render_template("second_factor/show.html", **_facts(found))


@page.get("/second-factor/set-up")
@public
def ask_set_up() -> ResponseReturnValue:
    """Show a secret for the app: to who is signed in, and to who must have one first."""
    person = _enrolling()
    if person is None:
        return _elsewhere()
    return _set_up(CodeForm(formdata=None, next=own_path(request.args.get("next"))), person)


@page.post("/second-factor/set-up")
@public
@grave(lambda: visitor() is not None)
def set_up() -> ResponseReturnValue:
    """Turn it on once the app has shown a code, and show the one-time codes this once."""
    form, person, token = CodeForm(), _enrolling(), browser().token
    if person is None or token is None:
        return _elsewhere()
    status = REFUSED
    if form.sent():
        asked = Enrol(
            secret=_secret(), code=form.code.data or "", token=token, address=_address()
        )
        try:
            done = enrol(database.session(), asked, person, seal=seal(), now=now())
        except PermissionDeniedError as error:
            form.refuse(error, "code" if error.reason == "factor_code" else None)
            status = status_of_try(error, REFUSED)
        else:
            _begin(done.token)
            facts = {"codes": done.codes, "way_on": _way_on(form), "is_new": True}
            return render_template("second_factor/codes.html", **facts)
    return _set_up(form, person), status


@page.post("/second-factor/codes")
@requires_sign_in
@grave()
def renew() -> ResponseReturnValue:
    """Show ten new one-time codes this once; those of before end."""
    try:
        codes = renew_codes(database.session(), signed_in(), now=now())
    except ConflictError:
        return redirect(url_for("second_factor.show"))
    facts = {"codes": codes, "way_on": url_for("second_factor.show"), "is_new": False}
    return render_template("second_factor/codes.html", **facts)


@page.post("/second-factor/off")
@requires_sign_in
@grave()
def turn_off() -> ResponseReturnValue:
    """Go on with the password only, where no rule asks for more."""
    if not _is_required(signed_in()):
        turn_off_own(database.session(), signed_in(), now=now())
        flash(text("second_factor.done.off", language()), "good")
    return redirect(url_for("second_factor.show"))


def _enrolling() -> Actor | None:
    """Give who may set one up: who is signed in, or lacks nothing else."""
    known = browser().signed_in
    if missing_step() is Step.ENROL and known is not None:
        return known.actor
    return visitor()


def _begin(token: str) -> None:
    """Go on in a whole session, with what was typed before it and the chosen day."""
    carried = {name: browser()[name] for name in CARRIED if name in browser()}
    browser().begin(token)
    browser().update(carried)


def _secret() -> str:
    """Give the secret that this session offers: the same one until an app has taken it."""
    with suppress(KeyError, BrokenSealError):
        return seal().open(browser()[OFFERED])
    fresh = new_secret()
    browser()[OFFERED] = seal().close(fresh)
    return fresh


def _set_up(form: CodeForm, person: Actor) -> str:
    secret, host = _secret(), urlsplit(edge().settings.base_url).hostname or ""
    return render_template(
        "second_factor/set_up.html",
        form=form,
        picture=qr_image(address_of(secret, person.email, host)),
        secret=grouped(secret),
        is_first=missing_step() is Step.ENROL,
        replaces=own_factor(database.session(), person).since is not None,
    )


def _facts(found: OwnFactor) -> dict[str, object]:
    return {
        "found": found,
        "is_required": _is_required(signed_in()),
        "is_few": found.codes_left <= SHORTEST_LEFT,
    }


def _is_required(person: Actor) -> bool:
    return edge().settings.second_factor and person.role in REQUIRED_OF


def _elsewhere() -> ResponseReturnValue:
    """Go where somebody belongs who has no business here."""
    step = missing_step()
    if step is not None:
        return redirect(step_address(step))
    return redirect(HOME if visitor() is not None else url_for("sign_in.show"))


def step_address(step: Step, way_on: str | None = None) -> str:
    """Give the page of what is missing before somebody is signed in."""
    asked = {Step.CODE: "second_factor.ask", Step.ENROL: "second_factor.ask_set_up"}
    return url_for(asked[step], next=way_on)


def _way_on(form: CodeForm) -> str:
    """Give where somebody was going, or where their day begins."""
    target = own_path(form.next.data)
    return url_for("home.begin") if target == HOME else target


def _address() -> str:
    return request.remote_addr or ""


def _log(event: str, level: int = WARNING, **facts: object) -> None:
    known = browser().signed_in
    who = known.actor.user_id if known else None
    structlog.get_logger().log(level, event, user=who, address=_address(), **facts)
