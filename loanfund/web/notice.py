"""The register of numbered notices."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant
from loanfund.queries.notice import STATES, register
from loanfund.web import database
from loanfund.web.asked import asked_choice, asked_page
from loanfund.web.login import requires
from loanfund.web.search import loan_address

page = Blueprint("notice", __name__)


@page.get("/notices")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show every number that was drawn, and what became of its notice."""
    state = asked_choice("state", STATES)
    return render_template(
        "notice/show.html",
        found=register(database.session(), asked_page(), state),
        state=state,
        states=STATES,
        address=lambda number: url_for("notice.show", page=number, state=state or None),
        loan_address=loan_address,
    )
