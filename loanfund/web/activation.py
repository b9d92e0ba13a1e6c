"""Open an account with the code of a letter, where its picture cannot be scanned (S1)."""

from __future__ import annotations

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import PermissionDeniedError
from loanfund.domain.rate_limit import Use
from loanfund.services.activation import Activate, activate
from loanfund.web import database
from loanfund.web.carried import carried, carry
from loanfund.web.context import letter_codes, now
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.limit import limited
from loanfund.web.login import public

REFUSED = 422

page = Blueprint("activation", __name__)


class ActivationForm(Form):
    """What stands in the letter: whose account, and the code."""

    email = TextField(validators=[Required(), AtMost(320)])
    code = TextField(validators=[Required(), AtMost(40)])


@page.get("/activate")
@public
def show() -> ResponseReturnValue:
    """Ask for the address and the code of a letter."""
    form = ActivationForm(formdata=None, email=carried())
    return render_template("activation/show.html", form=form)


@page.post("/activate")
@public
@limited(Use.ACTIVATION)
def enter() -> ResponseReturnValue:
    """Let who typed the code go on to choose a password."""
    form = ActivationForm()
    if form.sent():
        email, address = form.email.data or "", request.remote_addr or ""
        carry(email)
        asked = Activate(email=email, code=form.code.data or "", address=address)
        try:
            link = activate(database.session(), asked, codes=letter_codes(), now=now())
        except PermissionDeniedError as error:
            structlog.get_logger().warning(
                "letter_refused", reason=error.reason, address=address
            )
            form.refuse(error)
        else:
            return redirect(url_for("sign_in.choose", link=link))
    return render_template("activation/show.html", form=form), REFUSED
