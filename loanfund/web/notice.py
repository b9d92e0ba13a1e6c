"""The register of numbered notices."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Action, Grant
from loanfund.queries.notice import STATES, register
from loanfund.services.notice_at_once import AskForNotice, ask_for_notice
from loanfund.web import database
from loanfund.web.asked import asked_choice, asked_page
from loanfund.web.context import edge, has_mail, language
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.search import loan_address
from loanfund.wording import explain, text

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


@page.post(f"{LOAN}/notice")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
def ask(loan_id: int) -> ResponseReturnValue:
    """Plan a notice of what is overdue of a loan today, and say how it goes."""
    name, session = known(loan_id), database.session()
    asked = AskForNotice(loan_id=name.id, has_mail=has_mail())
    try:
        channel = ask_for_notice(session, asked, signed_in(), edge().clock)
    except ConflictError as error:
        flash(explain(error, language()), "amber")
    else:
        flash(text(f"notice_at_once.{channel.value}", language()), "good")
    return redirect(url_for("loan.show", loan_id=name.id))
