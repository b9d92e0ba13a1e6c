"""Vouchers: print one, print it again as a counted copy, and serve prints as they were kept."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.layout import imprint
from loanfund.documents.voucher import render_voucher
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.voucher import RECEIPTS, AnyVoucher
from loanfund.queries.document import DocumentFile, document_file
from loanfund.queries.voucher import printed, voucher_of
from loanfund.services.voucher import PrintVoucher, print_voucher
from loanfund.web import database
from loanfund.web.context import edge, language, today
from loanfund.web.download import download
from loanfund.web.form import KeyedForm
from loanfund.web.fund import takes_two
from loanfund.web.limit import limited
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.way_back import list_before
from loanfund.wording import text

page = Blueprint("voucher", __name__)


@page.get(f"{LOAN}/voucher/<int(max=2147483647):sequence>")
@requires(Action.SEE_LOANS)
def show(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Show what left, or was entered without money; receipts have a page of their own."""
    name, session = known(loan_id), database.session()
    found = voucher_of(session, name, sequence, today())
    if found.kind in RECEIPTS:
        back = list_before() or None
        receipt = url_for("repayment.receipt", loan_id=loan_id, sequence=sequence, back=back)
        return redirect(receipt)
    facts = {"prints": printed(session, loan_id, sequence), "form": KeyedForm(formdata=None)}
    facts["takes_two"] = takes_two
    return render_template("voucher/show.html", name=name, found=found, **facts)


@page.post(f"{LOAN}/voucher/<int(max=2147483647):sequence>/print", endpoint="print")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
@limited(Use.PAPER)
def print_it(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Print, once for each form, and go to the file."""
    name, form = known(loan_id), KeyedForm()
    if not form.sent():
        voucher_of(database.session(), name, sequence, today())
        flash(text("form.key", language()), "bad")
        return redirect(url_for("voucher.show", loan_id=loan_id, sequence=sequence))
    request = PrintVoucher(
        contract_number=name.contract_number,
        sequence=sequence,
        key=form.request_key.data or "",
    )
    session, actor = database.session(), signed_in()
    number = print_voucher(session, request, actor, edge().clock, rendered)
    return redirect(url_for("voucher.file", number=number))


@page.get("/voucher/<path:number>.pdf")
@requires(Action.ISSUE_PAPERS)
@limited(Use.PAPER)
def file(number: str) -> ResponseReturnValue:
    """Show a print as it was kept."""
    found = document_file(database.session(), number, signed_in())
    return download(found.file, _file_name(found), "application/pdf", inline=True)


def _file_name(found: DocumentFile) -> str:
    """Give `Chung-tu_PT-2020-000131_023-2020-HDTD.pdf`."""
    named = [one for one in (found.number, found.contract_number) if one]
    parts = ("-".join(re.findall(r"\w+", one)) for one in named)
    return f"Chung-tu_{'_'.join(parts)}.pdf"


def rendered(found: AnyVoucher, issue: Issue) -> bytes:
    """Give the file of a voucher, with where it can be verified."""
    return render_voucher(found, imprint(issue, edge().settings.base_url))
