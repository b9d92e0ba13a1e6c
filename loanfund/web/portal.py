"""The cooperative's own pages: what it owes, why, how to pay, and its papers.

No page needs a script; one helps to copy how to pay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.account import Outcome
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries._loan_tables import ExplainedCharge
from loanfund.queries.document import DocumentFile, document_file
from loanfund.queries.how_to_pay import how_to_pay
from loanfund.queries.own_schedule import own_schedule
from loanfund.queries.portal import (
    OwnLoan,
    explained,
    own_loan,
    own_loans,
    own_papers,
)
from loanfund.web import database
from loanfund.web.asked import AskedError, asked_day, asked_moment, moment_parameters
from loanfund.web.context import language, today
from loanfund.web.download import download, without_marks
from loanfund.web.limit import limited
from loanfund.web.loan import StatementForm
from loanfund.web.login import requires, signed_in
from loanfund.web.papers import schedule_file
from loanfund.web.statement import FIELDS, issued
from loanfund.wording import dmy
from loanfund.wording import explain as explain_refusal

LOAN = "/my/loan/<int(max=2147483647):loan_id>"
REFUSED = 422
NAMES = {"statement": "Sao-ke", "due_notice": "Thong-bao", "overdue_notice": "Thong-bao"}
SHOWN = 3

page = Blueprint("portal", __name__)


@page.get("/my")
@requires(Action.SEE_LOANS, Grant.OWN)
def show() -> ResponseReturnValue:
    """Show what the cooperative owes and what comes next, a card a loan."""
    moment = asked_moment()
    found = own_loans(database.session(), signed_in(), moment)
    return render_template(
        "portal/show.html", found=found, moment=moment, same_moment=moment_parameters()
    )


@page.get(LOAN)
@requires(Action.SEE_LOANS, Grant.OWN)
def explain(loan_id: int) -> ResponseReturnValue:
    """Show how the interest came about, line by line, and what was paid."""
    moment = asked_moment()
    found = explained(database.session(), signed_in(), loan_id, moment)
    return render_template(
        "portal/explain.html",
        found=found,
        loan=found.loan,
        charges=_parted(found.charges),
        received=(found.payments[:SHOWN], found.payments[SHOWN:]),
        moment=moment,
    )


def _parted(charges: Sequence[ExplainedCharge]) -> tuple[list[ExplainedCharge], ...]:
    """Part what is read at once, the latest charges and all that are owed, from the others."""
    parts: tuple[list[ExplainedCharge], ...] = ([], [])
    for place, one in enumerate(charges):
        is_told = place < SHOWN or one.charge.outcome is Outcome.OPEN
        parts[0 if is_told else 1].append(one)
    return parts


@page.get(f"{LOAN}/schedule")
@requires(Action.SEE_LOANS, Grant.OWN)
def schedule(loan_id: int) -> ResponseReturnValue:
    """Show every due, what became of it, and by when to pay where the office is closed."""
    moment = asked_moment()
    found = own_schedule(database.session(), signed_in(), loan_id, moment)
    facts = {"loan": found.loan, "moment": moment, "same_moment": moment_parameters()}
    return render_template("portal/schedule.html", found=found, **facts)


@page.get(f"{LOAN}/schedule.pdf")
@requires(Action.SEE_LOANS, Grant.OWN)
@limited(Use.PAPER)
def schedule_paper(loan_id: int) -> ResponseReturnValue:
    """Give the same as a paper."""
    return schedule_file(loan_id, asked_moment())


@page.get(f"{LOAN}/pay")
@requires(Action.SEE_LOANS, Grant.OWN)
def pay(loan_id: int) -> ResponseReturnValue:
    """Say where to transfer how much, with which note, today or on a day to come."""
    typed, wrong = request.args.get("pay_on", ""), ""
    try:
        day = _day_to_pay()
    except AskedError as error:  # said at its field: account and sums stay on the page
        day, wrong = today(), explain_refusal(error.why, language())
    found = how_to_pay(database.session(), signed_in(), loan_id, day, today())
    facts = {"loan": found.loan, "typed": typed if wrong else dmy(day), "wrong": wrong}
    page = render_template("portal/pay.html", found=found, **facts)
    return page, REFUSED if wrong else HTTPStatus.OK


def _day_to_pay() -> date:
    day = asked_day("pay_on", ahead=True) or today()
    if day < today():
        raise AskedError("pay_on", InvalidInputError("before_business_date"))
    return day


@page.get(f"{LOAN}/statement")
@requires(Action.ISSUE_PAPERS, Grant.OWN)
def statement(loan_id: int) -> ResponseReturnValue:
    """Ask for the period, and list the papers issued so far."""
    return _papers(_own(loan_id), StatementForm(formdata=None))


@page.post(f"{LOAN}/statement")
@requires(Action.ISSUE_PAPERS, Grant.OWN)
@limited(Use.PAPER)
def issue(loan_id: int) -> ResponseReturnValue:
    """Issue a statement, once for each form, and open its file."""
    loan, form = _own(loan_id), StatementForm()
    if form.sent():
        try:
            number = issued(loan.contract_number, form)
            return redirect(url_for("portal.paper", number=number))
        except (InvalidInputError, ConflictError) as error:
            form.refuse(error, FIELDS.get(error.reason))
    return _papers(loan, form), REFUSED


@page.get("/my/paper/<path:number>.pdf")
@requires(Action.ISSUE_PAPERS, Grant.OWN)
@limited(Use.PAPER)
def paper(number: str) -> ResponseReturnValue:
    """Show a paper as it was kept."""
    found = document_file(database.session(), number, signed_in())
    return download(found.file, file_name(found), "application/pdf", inline=True)


def file_name(found: DocumentFile) -> str:
    """Give `Sao-ke_HD-01-2019-HDTD_2020-05-01_2020-06-01.pdf`, which is passed on as it is."""
    contract = "-".join(re.findall(r"\w+", without_marks(found.contract_number)))
    kind = NAMES.get(found.kind, "Chung-tu")
    return f"{kind}_HD-{contract}_{found.days}.pdf"


def _own(loan_id: int) -> OwnLoan:
    return own_loan(database.session(), signed_in(), loan_id, today())


def _papers(loan: OwnLoan, form: StatementForm) -> str:
    known = own_papers(database.session(), signed_in(), loan.id)
    return render_template("portal/statement.html", loan=loan, form=form, papers=known)
