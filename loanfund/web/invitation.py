"""Invite a cooperative to its pages: a link that works once, by mail or in a letter (S1)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from loanfund.documents.invitation import Invitation, render_invitation
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries.user import InvitedBorrower, invited_borrower
from loanfund.services.user import InviteBorrower, invite_borrower, mail_invitation
from loanfund.web import database
from loanfund.web.context import edge, has_mail, language, letter_codes, now, today
from loanfund.web.download import download
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.wording import text

INVITATION = "/borrower/<int(max=2147483647):borrower_id>/invitation"
REFUSED = 422

page = Blueprint("invitation", __name__)


class InvitationForm(Form):
    """Who signs in for the cooperative."""

    name = TextField(validators=[Required(), AtMost(200)])
    email = TextField(validators=[Required(), AtMost(120)])
    replaces = BooleanField()


@page.get(INVITATION)
@requires(Action.INVITE_BORROWER, Grant.DOES)
def show(borrower_id: int) -> ResponseReturnValue:
    """Ask who is invited, and list who was."""
    found = invited_borrower(database.session(), borrower_id, today())
    form = InvitationForm(formdata=None, email=found.email or found.names[0])
    return render_template("invitation/show.html", found=found, form=form)


@page.post(INVITATION)
@requires(Action.INVITE_BORROWER, Grant.DOES)
@limited(Use.PAPER)
@grave()
def issue(borrower_id: int) -> ResponseReturnValue:
    """Print the letter; its link is kept nowhere, and an earlier one ends."""
    return _invited(borrower_id, _letter)


@page.post(f"{INVITATION}/mail")
@requires(Action.INVITE_BORROWER, Grant.DOES)
def send(borrower_id: int) -> ResponseReturnValue:
    """Let the link go by mail; whoever invites does not see it."""
    if not has_mail():
        raise NotFoundError("mail")
    return _invited(borrower_id, _mailed)


def _invited(
    borrower_id: int, act: Callable[[InvitedBorrower, InviteBorrower], ResponseReturnValue]
) -> ResponseReturnValue:
    """Invite the person of the form; a refusal stands beside it."""
    found = invited_borrower(database.session(), borrower_id, today())
    form = InvitationForm()
    if form.sent():
        request = InviteBorrower(
            borrower_id=found.id,
            name=form.name.data or "",
            email=form.email.data or "",
            replaces=bool(form.replaces.data),
        )
        try:
            return act(found, request)
        except (InvalidInputError, ConflictError, PermissionDeniedError) as error:
            form.refuse(error, "name" if error.reason == "other_person" else "email")
    return render_template("invitation/show.html", found=found, form=form), REFUSED


def _mailed(found: InvitedBorrower, request: InviteBorrower) -> ResponseReturnValue:
    mail_invitation(database.session(), request, signed_in(), now=now())
    flash(text("invitation.mailed", language(), email=request.email), "good")
    return redirect(url_for("invitation.show", borrower_id=found.id))


def _letter(found: InvitedBorrower, request: InviteBorrower) -> ResponseReturnValue:
    codes = letter_codes()
    link = invite_borrower(database.session(), request, signed_in(), codes=codes, now=now())
    letter = Invitation(
        fund=found.fund,
        superior=found.superior,
        borrower=found.name,
        borrower_address=found.address,
        person=link.person,
        email=link.email,
        base_url=edge().settings.base_url,
        secret=link.secret,
        code=link.code,
        day=today(),
        ends_at=link.ends_at,
    )
    file = render_invitation(letter)
    return download(file, f"Giay-kich-hoat_{found.code}.pdf", "application/pdf", inline=True)
