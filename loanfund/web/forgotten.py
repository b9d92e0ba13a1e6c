"""Who forgot the password asks for a link by mail, and learns of nobody whether they exist."""

from __future__ import annotations

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.rate_limit import Use
from loanfund.services.account_mail import ask_reset
from loanfund.store.user import account_mark
from loanfund.web import database
from loanfund.web.carried import carried, carry
from loanfund.web.context import has_mail, now
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.limit import limited
from loanfund.web.login import public

REFUSED = 422

page = Blueprint("forgotten", __name__)


class ForgottenForm(Form):
    """Whose password it is."""

    email = TextField(validators=[Required(), AtMost(320)])


@page.get("/forgotten")
@public
def show() -> ResponseReturnValue:
    """Ask for the address; without a mail server say whom to ask instead."""
    return render_template(
        "sign_in/forgotten.html", form=ForgottenForm(formdata=None, email=carried())
    )


@page.post("/forgotten")
@public
@limited(Use.RESET)
def ask() -> ResponseReturnValue:
    """Promise a mail, the same to everybody."""
    form = ForgottenForm()
    if has_mail() and form.sent():
        email = form.email.data or ""
        carry(email)
        try:
            ask_reset(database.session(), email, now=now())
        except InvalidInputError as error:
            form.refuse(error, "email")
        else:
            structlog.get_logger().info(
                "reset_asked", account=account_mark(email), address=request.remote_addr
            )
            return redirect(url_for("sign_in.show", note="reset_asked"))
    return render_template("sign_in/forgotten.html", form=form), REFUSED
