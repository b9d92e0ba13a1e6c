"""Sign in and out, choose a password."""

from __future__ import annotations

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, PasswordField

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    LoanFundError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
)
from loanfund.domain.password import least_length
from loanfund.domain.permission import Role
from loanfund.domain.second_factor import Step
from loanfund.queries.password_link import link_of
from loanfund.queries.user import session_of
from loanfund.services.sign_in import (
    ChangePassword,
    SetPassword,
    SignIn,
    change_password,
    set_password,
    sign_in,
    sign_out,
)
from loanfund.store.user import account_mark
from loanfund.web import database, grave, resume
from loanfund.web.carried import carried, carry, carry_known
from loanfund.web.context import browser, edge, language, missing_step, now
from loanfund.web.database import SAFE_METHODS
from loanfund.web.errors import status_of_try
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.known_browser import known_as, remember
from loanfund.web.login import Declared, public, requires_sign_in, signed_in, visitor
from loanfund.web.paths import CAME_BACK, HOME, own_path
from loanfund.web.second_factor import step_address
from loanfund.wording import text

page = Blueprint("sign_in", __name__)
NOTES = frozenset(
    {"expired", "signed_out", "signed_out_everywhere", "password_set", "reset_asked"}
)
UNKNOWN, GONE, REFUSED = 401, 404, 422


class SignInForm(Form):
    """Who, and the password exactly as typed."""

    email = TextField(validators=[Required(), AtMost(320)])
    password = PasswordField(validators=[Required()])
    next = HiddenField()
    kept = HiddenField()


class NewPasswordForm(Form):
    """A password chosen with a link."""

    password = PasswordField(validators=[Required()])


class ChangePasswordForm(Form):
    """The password of before and the new one."""

    current = PasswordField(validators=[Required()])
    password = PasswordField(validators=[Required()])


@page.get("/sign-in")
@public
def show() -> ResponseReturnValue:
    """Ask who it is, and say why when somebody was working a moment ago."""
    if visitor() is not None:
        return redirect(own_path(request.args.get("next")))
    note = request.args.get("note")
    next_path = own_path(request.args.get("next"))
    form = SignInForm(formdata=None, email=carried(), next=next_path)
    return render_template("sign_in/show.html", form=form, note=note if note in NOTES else None)


@page.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Sign in, and go on where the sign-in page came between."""
    form, status = SignInForm(), REFUSED
    if form.sent():
        try:
            return _welcome(form)
        except (PermissionDeniedError, UnavailableError) as error:
            _log_refusal(form, error)
            carry(form.email.data or "")
            form.refuse(error)
            status = status_of_try(error, REFUSED)
    return render_template("sign_in/show.html", form=form, note=None), status


@page.get("/sign-in/resume")
@requires_sign_in
def go_on() -> ResponseReturnValue:
    """Bring back what was typed when the session ended; a mere button is pressed again."""
    kept = resume.read(browser().get("kept"))
    if kept is None:
        return redirect(HOME)
    if not kept.is_typed:
        browser().pop("kept")
        resume.say_so()
        return redirect(kept.page)
    return render_template("sign_in/resume.html", kept=kept, names=resume, came_back=CAME_BACK)


@page.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    """Sign out, halfway too, and let the browser forget what it kept."""
    opened = browser()
    if opened.token is not None:
        sign_out(database.session(), opened.token)
        opened.end()
    response = redirect(url_for("sign_in.show", note="signed_out"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@page.post("/confirm")
@requires_sign_in
def confirm() -> ResponseReturnValue:
    """Take the password that a file asked for, and let the file come."""
    refused = grave.confirmed(request.form.get(resume.PROOF, ""))
    if refused is not None:
        return refused
    file, back = request.form.get(resume.NEXT), request.form.get(resume.BACK)
    return render_template("sign_in/confirmed.html", file=own_path(file), back=own_path(back))


@page.get("/password")
@requires_sign_in
def password() -> ResponseReturnValue:
    """Ask for the present password and a new one."""
    return _change_page(ChangePasswordForm())


@page.post("/password")
@requires_sign_in
def change() -> ResponseReturnValue:
    """Change the own password; other sessions of this person end."""
    form, token, status = ChangePasswordForm(), browser().token, REFUSED
    if form.sent() and token is not None:
        asked = ChangePassword(
            current=form.current.data or "",
            password=form.password.data or "",
            token=token,
            address=_address(),
        )
        try:
            change_password(
                database.session(), asked, signed_in(), now=now(), hasher=edge().hasher
            )
        except (PermissionDeniedError, InvalidInputError, UnavailableError) as error:
            form.refuse(error, _field_of(error))
            status = status_of_try(error, REFUSED)
        else:
            flash(text("sign_in.password_changed", language()), "good")
            return redirect(url_for("sign_in.password"))
    return _change_page(form), status


@page.get("/password/<link>")
@public
def choose(link: str) -> ResponseReturnValue:
    """Ask who holds a link for a password; one that was used or ran out says so at once."""
    return _choose_page(NewPasswordForm(formdata=None), link)


@page.post("/password/<link>")
@public
def chosen(link: str) -> ResponseReturnValue:
    """Set the password, and ask to sign in with it."""
    form, status = NewPasswordForm(), REFUSED
    if form.sent():
        try:
            return _let_in_again(link, form.password.data or "")
        except InvalidInputError as error:
            form.refuse(error, "password")
        except (ConflictError, UnavailableError) as error:
            form.refuse(error)
            status = status_of_try(error, REFUSED)
        except NotFoundError:
            status = GONE
    return _choose_page(form, link), status


def ask(asked: Declared | None) -> ResponseReturnValue:
    """Ask a stranger to sign in, and lose nothing: neither the way nor what was typed.

    What accounts are about is not kept, for passwords are typed there.
    """
    step = missing_step()
    if step is not None:
        return _ask_for(step, asked)
    note = "expired" if browser().ended else None
    if request.method in SAFE_METHODS or asked is None or asked.is_own:
        here = request.full_path.rstrip("?") if request.method == "GET" else request.referrer
        return redirect(url_for("sign_in.show", next=own_path(here), note=note))
    form = SignInForm(formdata=None, kept=resume.from_request())
    return render_template("sign_in/show.html", form=form, note="expired"), UNKNOWN


def _ask_for(step: Step, asked: Declared | None) -> ResponseReturnValue:
    """Send who gave the password on to what is missing; what was typed waits until then."""
    here = own_path(request.full_path.rstrip("?"))
    if request.method not in SAFE_METHODS:
        is_kept = asked is not None and not asked.is_own
        kept = resume.parse(resume.from_request()) if is_kept else None
        browser()["kept"] = kept.as_data() if kept else None
        here = url_for("sign_in.go_on") if is_kept else HOME
    return redirect(step_address(step, here))


def _let_in_again(link: str, password: str) -> ResponseReturnValue:
    """Set a password; whoever fails to sign in elsewhere does not keep its owner waiting."""
    asked = SetPassword(link=link, password=password, address=_address())
    email = set_password(database.session(), asked, now=now(), hasher=edge().hasher)
    carry_known(email)
    response = redirect(url_for("sign_in.show", note="password_set"))
    remember(response, email)
    return response


def _typed(form: SignInForm) -> SignIn:
    return SignIn(
        email=form.email.data or "",
        password=form.password.data or "",
        address=_address(),
        agent=request.user_agent.string,
        browser=known_as(form.email.data or ""),
    )


def _welcome(form: SignInForm) -> ResponseReturnValue:
    """Begin a new session under a new token, and go on where somebody was."""
    asked = _typed(form)
    token = sign_in(database.session(), asked, now=now(), hasher=edge().hasher)
    browser().begin(token)
    _log_success(token)
    response = redirect(_way_on(form))
    remember(response, asked.email)
    return response


def _way_on(form: SignInForm) -> str:
    """Give where somebody was, with what was typed there, else their first page."""
    kept = resume.parse(form.kept.data)
    if kept is None:
        target = own_path(form.next.data)
        return url_for("home.begin") if target == HOME else target
    browser()["kept"] = kept.as_data()
    return url_for("sign_in.go_on")


def _log_success(token: str) -> None:
    opened = session_of(database.session(), token, now=now())
    who = opened.actor.user_id if opened else None
    event = "password_proved" if opened and opened.has_factor else "signed_in"
    structlog.get_logger().info(event, user=who, address=_address())


def _log_refusal(form: SignInForm, error: LoanFundError) -> None:
    """Note a try; the account hashed, for people type passwords there by mistake."""
    account = account_mark(form.email.data or "")
    structlog.get_logger().warning(
        "sign_in_refused", reason=error.reason, account=account, address=_address()
    )


def _change_page(form: ChangePasswordForm) -> str:
    least = least_length(borrower=signed_in().role is Role.COOPERATIVE)
    return render_template("sign_in/change_password.html", form=form, least=least)


def _field_of(error: LoanFundError) -> str | None:
    """Say beside which field a refusal belongs; a wait concerns the form."""
    if isinstance(error, InvalidInputError):
        return "password"
    return "current" if error.reason == "current_password" else None


def _choose_page(form: NewPasswordForm, link: str) -> str:
    found = link_of(database.session(), link, now=now())
    least = least_length(borrower=found.role is Role.COOPERATIVE)
    return render_template("sign_in/choose_password.html", form=form, found=found, least=least)


def _address() -> str:
    return request.remote_addr or ""
