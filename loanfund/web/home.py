"""The month at a glance, and where to go after signing in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant, Role
from loanfund.queries.home import home
from loanfund.web import again, database
from loanfund.web.asked import asked_moment
from loanfund.web.behind import source_address
from loanfund.web.loan_list import figure_address
from loanfund.web.login import can, requires_sign_in, signed_in
from loanfund.web.search import loan_address

page = Blueprint("home", __name__)
SHOWN_DUES = 12


@page.get("/begin")
@requires_sign_in
def begin() -> ResponseReturnValue:
    """Go to where the day of whoever just signed in begins."""
    works = can(Action.RECORD_REPAYMENT, Grant.DOES)
    return redirect(url_for("today.show" if works else "home.show"))


@page.get("/")
@requires_sign_in
def show() -> ResponseReturnValue:
    """Show the month of `as_of`; whoever sees no reports is sent to what is theirs."""
    if not can(Action.SEE_REPORTS, Grant.DOES):
        is_borrower = signed_in().role is Role.COOPERATIVE
        return redirect(url_for("portal.show" if is_borrower else "home.elsewhere"))
    moment = asked_moment()
    return render_template(
        "home/show.html",
        found=home(database.session(), moment),
        moment=moment,
        month=f"{moment.as_of:%m}/{moment.as_of.year:04d}",
        loans=figure_address,
        reports=lambda figure, source="": source_address(figure, moment, source),
        loan_address=loan_address,
        shown_dues=SHOWN_DUES,
    )


@page.get("/elsewhere")
@requires_sign_in
def elsewhere() -> ResponseReturnValue:
    """Say that the figures are not for this role, and what of theirs came back."""
    return render_template("home/elsewhere.html", returned=again.not_taken_up())
