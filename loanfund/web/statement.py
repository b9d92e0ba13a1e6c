"""Statements: issue one for a period, and serve it as it was kept."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action
from loanfund.domain.rate_limit import Use
from loanfund.domain.statement_parts import Statement
from loanfund.queries.document import DocumentFile, document_file
from loanfund.queries.loan_page import LoanName, papers
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.web import database
from loanfund.web.context import edge
from loanfund.web.download import download
from loanfund.web.limit import limited
from loanfund.web.loan import LOAN, StatementForm, known
from loanfund.web.login import requires, signed_in

REFUSED = 422
FIELDS = {
    "after_business_date": "period_to",
    "statement_before_disbursement": "period_to",
    "statement_period": "period_from",
}

page = Blueprint("statement", __name__)


@page.get(f"{LOAN}/statement")
@requires(Action.ISSUE_PAPERS)
def show(loan_id: int) -> ResponseReturnValue:
    """Ask for the period, and list what was issued."""
    return _page(known(loan_id), StatementForm(formdata=None))


@page.post(f"{LOAN}/statement")
@requires(Action.ISSUE_PAPERS)
@limited(Use.PAPER)
def issue(loan_id: int) -> ResponseReturnValue:
    """Issue a statement, once for each form, and go to its file."""
    name, form = known(loan_id), StatementForm()
    if form.sent():
        try:
            number = issued(name.contract_number, form)
            return redirect(url_for("statement.file", number=number))
        except (InvalidInputError, ConflictError) as error:
            form.refuse(error, FIELDS.get(error.reason))
    return _page(name, form), REFUSED


@page.get("/statement/<path:number>.pdf")
@requires(Action.ISSUE_PAPERS)
@limited(Use.PAPER)
def file(number: str) -> ResponseReturnValue:
    """Show the PDF as it was kept."""
    found = document_file(database.session(), number, signed_in())
    return download(found.file, file_name(found), "application/pdf", inline=True)


def file_name(found: DocumentFile) -> str:
    """Give `Sao-ke_01-2019-HĐTD-QHTPT_2020-05-01_2020-06-01.pdf`: from day and to day."""
    contract = "-".join(re.findall(r"\w+", found.contract_number))
    return f"Sao-ke_{contract}_{found.days}.pdf"


def issued(contract_number: str, form: StatementForm) -> str:
    """Issue what a form asks for in the name of who is signed in, and give its number."""
    request = IssueStatement(
        contract_number=contract_number,
        period_from=form.period_from.data,
        period_to=form.period_to.data,
        key=form.request_key.data or "",
    )
    return issue_statement(database.session(), request, signed_in(), edge().clock, _rendered)


def _rendered(found: Statement, issue: Issue) -> bytes:
    return render_statement(found, imprint(issue, edge().settings.base_url))


def _page(name: LoanName, form: StatementForm) -> str:
    known_papers = papers(database.session(), name.id)
    return render_template("statement/show.html", name=name, form=form, papers=known_papers)
