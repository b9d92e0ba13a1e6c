"""The first page of officers and accountants: what to do today, and the ways to do it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant
from loanfund.queries._loan_row import Figure
from loanfund.queries.letter import open_batches
from loanfund.queries.loan_list import ALL, Asked
from loanfund.queries.reminder import coming_messages, is_held
from loanfund.queries.reminder_log import lapsed_since
from loanfund.queries.today import day_of_work
from loanfund.web import again, context, database
from loanfund.web.context import has_mail
from loanfund.web.loan_list import figure_address, list_address
from loanfund.web.login import requires, signed_in
from loanfund.web.search import loan_address

A_WEEK = timedelta(days=7)
SHOWN = 10  # lines of each table; all of them are a link away
OVERDUE = Asked(figure=Figure.OVERDUE_TO_PAY, status=ALL, sort="days", descending=True)

page = Blueprint("today", __name__)


@page.get("/today")
@requires(Action.RECORD_REPAYMENT, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show the work of the business date; it is the same day for everybody."""
    session, today = database.session(), context.today()
    return render_template(
        "today/show.html",
        found=day_of_work(session, today, signed_in().user_id),
        returned=again.not_taken_up(),
        coming=coming_messages(session, today, has_mail=has_mail()),
        is_held=is_held(session, today),
        letters_out=sum(one.letters for one in open_batches(session)),
        lapsed=lapsed_since(session, today - A_WEEK),
        loans=figure_address,
        overdue=list_address(OVERDUE),
        loan_address=loan_address,
        shown=SHOWN,
    )
