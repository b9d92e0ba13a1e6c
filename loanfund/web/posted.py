"""What became of a payment whose answer got lost on the way; the page that sent it asks."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant
from loanfund.queries.posted import posted_by
from loanfund.web import database
from loanfund.web.login import requires, signed_in

page = Blueprint("posted", __name__)


@page.get("/posted.json")
@requires(Action.RECORD_REPAYMENT, Grant.DOES)
def show() -> ResponseReturnValue:
    """Give the address of what the form with this key posted, or null while it did not."""
    found = posted_by(database.session(), request.args.get("key", ""), signed_in().user_id)
    if found is None:
        return {"address": None}
    loan_id, sequence = found.loan_id, found.sequence
    return {"address": url_for("repayment.receipt", loan_id=loan_id, sequence=sequence)}
