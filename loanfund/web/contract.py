"""Contracts before they are approved: typed with a live schedule, kept as drafts, submitted."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTermsError,
    NotFoundError,
    RuleViolationError,
)
from loanfund.domain.money import NOTHING
from loanfund.domain.permission import Action, Grant
from loanfund.domain.proposal import ENDED_OPEN
from loanfund.queries._standing import Moment
from loanfund.queries.borrower_list import AskedBorrowers, borrower_list
from loanfund.queries.contract import (
    ContractPage,
    contract_page,
    last_number,
    quote,
    sources_by_code,
    submitted,
)
from loanfund.services import _proposable
from loanfund.services._contract import ContractFacts, Decide
from loanfund.services.contract import cancel_contract, change_contract, draft_contract
from loanfund.services.proposal import Propose, propose
from loanfund.web import database
from loanfund.web.again import instead_of
from loanfund.web.asked import asked_text
from loanfund.web.context import edge, language, today, working_date
from loanfund.web.contract_desk import Desk, known_debt
from loanfund.web.contract_form import (
    OVERRIDES,
    PLAIN,
    ActForm,
    CancelForm,
    ContractForm,
    TermsForm,
    monthly,
)
from loanfund.web.form import VersionedForm, read_version
from loanfund.web.login import requires, signed_in
from loanfund.wording import text

CONTRACT = "/contract/<int(max=2147483647):loan_id>"
REFUSED = 422

# Beside which field a refusal stands, by its reason.
FIELDS = {
    "contract_number": "contract_number",
    "code_letters": "contract_number",
    "borrower": "borrower",
}

page = Blueprint("contract", __name__)


@page.get("/contract/new")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def ask() -> ResponseReturnValue:
    """Choose the borrower, then begin a contract; the search writes its result here too."""
    code = asked_text("borrower")
    if not code:
        asked = AskedBorrowers(q=asked_text("q"))
        found = borrower_list(database.session(), Moment(today()), asked)
        return render_template("contract/borrower.html", found=found, q=asked.q)
    form = _offered(ContractForm(formdata=None, signed_on=working_date(), borrower=code))
    return _page(Desk(form=form))


@page.get("/contract/preview")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def preview() -> ResponseReturnValue:
    """Give the schedule alone, for a page that asks while somebody types; it writes nothing."""
    form = _offered(TermsForm(formdata=request.args, meta={"csrf": False}))
    typed = asked_text("loan")
    desk = Desk(form=form, loan_id=int(typed[:9]) if typed.isdecimal() else None)
    form.sent()
    desk.look(asked_text("borrower"))
    return render_template("contract/_preview.html", is_alone=True, desk=desk, form=form)


@page.post("/contract/new")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def add() -> ResponseReturnValue:
    """Keep a draft, or only show its schedule."""
    form = _offered(ContractForm())
    if form.sent() and _is_kept():
        try:
            row = draft_contract(database.session(), _facts(form), signed_in(), edge().clock)
        except (RuleViolationError, ConflictError, NotFoundError, InvalidInputError) as error:
            _refuse(form, error)
        else:
            return _to_page(row.id, "contract.drafted")
    return _page(Desk(form=form)), REFUSED if form.errors else 200


@page.get(f"{CONTRACT}/edit")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def edit(loan_id: int) -> ResponseReturnValue:
    """Show a draft to be changed; what is no draft any more is only shown."""
    found = contract_page(database.session(), loan_id, today())
    if not found.is_draft:
        return redirect(url_for("contract.show", loan_id=loan_id))
    form = _offered(ContractForm(formdata=None))
    form.show(found, _defaults(found))
    return _page(Desk(form=form, loan_id=loan_id))


@page.post(f"{CONTRACT}/edit")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def change(loan_id: int) -> ResponseReturnValue:
    """Change a draft; what waited for a decision is withdrawn with it."""
    session = database.session()
    found, form = contract_page(session, loan_id, today()), _offered(ContractForm())
    form.keep_number(found.contract_number)
    if form.sent() and _is_kept():
        try:
            change_contract(session, _facts(form), _version(form), signed_in(), edge().clock)
        except (RuleViolationError, ConflictError, NotFoundError) as error:
            _refuse(form, error)
        else:
            return _to_page(loan_id, "contract.changed")
    return _page(Desk(form=form, loan_id=loan_id)), REFUSED if form.errors else 200


@page.get(CONTRACT)
@requires(Action.SEE_LOANS, Grant.DOES)
def show(loan_id: int) -> ResponseReturnValue:
    """Show a contract with its schedule, and what has become of it."""
    return _shown(loan_id, ActForm(formdata=None), CancelForm(formdata=None))


@page.post(f"{CONTRACT}/submit")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def submit(loan_id: int) -> ResponseReturnValue:
    """Ask a manager to approve the version that is shown."""
    session, form = database.session(), ActForm()
    found = contract_page(session, loan_id, today())
    if form.sent() and _is_explained(found, form):
        wanted = _proposable.contract(found.contract_number, _version(form), dict(found.terms))
        key, note, sent = form.request_key.data or "", form.note.data or None, found.submitted
        if sent is not None and sent.state in ENDED_OPEN:
            note = instead_of(sent.proposal_id, note)
        asked = Propose(proposed=wanted, note=note, key=key)
        try:
            propose(session, asked, signed_in(), edge().clock)
        except (RuleViolationError, ConflictError) as error:
            form.refuse(error)
        else:
            return _to_page(loan_id, "contract.submitted")
    return _shown(loan_id, form, CancelForm(formdata=None)), REFUSED


@page.post(f"{CONTRACT}/cancel")
@requires(Action.DRAFT_CONTRACT, Grant.DOES)
def cancel(loan_id: int) -> ResponseReturnValue:
    """Cancel what will not be lent, with the reason."""
    session, form = database.session(), CancelForm()
    found = contract_page(session, loan_id, today())
    if form.sent():
        number, reason = found.contract_number, form.reason.data
        asked = Decide(contract_number=number, version=_version(form), reason=reason)
        try:
            cancel_contract(session, asked, signed_in(), edge().clock)
        except ConflictError as error:
            form.refuse(error)
        else:
            return _to_page(loan_id, "contract.cancelled")
    return _shown(loan_id, ActForm(formdata=None), form), REFUSED


def _is_explained(found: ContractPage, form: ActForm) -> bool:
    """Ask why terms are what nobody means; whoever decides reads the answer."""
    if found.quote.odd and not form.note.data:
        form.note.errors = [text("contract.odd.why", language())]
    return not form.errors


def _offered(form: Any) -> Any:
    """Offer the sources there are."""
    known = sources_by_code(database.session())
    form.source.offer((code, f"{code} – {name}") for code, name in known)
    return form


def _is_kept() -> bool:
    return request.form.get("act") == "save"


def _facts(form: ContractForm) -> ContractFacts:
    return ContractFacts(
        contract_number=form.contract_number.data or "",
        borrower_code=form.borrower.data or "",
        source_code=form.source.data,
        signed_on=form.signed_on.data or date.min,
        terms=form.terms(),
        purpose=form.purpose.data or None,
        jobs=form.jobs.data,
        deductible_collateral=form.deductible_collateral.data or NOTHING,
    )


def _version(form: VersionedForm) -> int:
    return read_version(form.version.data) or 0


def _refuse(
    form: ContractForm,
    error: RuleViolationError | ConflictError | NotFoundError | InvalidInputError,
) -> None:
    """Show why nothing was kept, beside the field that it concerns."""
    if isinstance(error, InvalidTermsError):
        form.refuse_terms(error)
    else:
        form.refuse(error, FIELDS.get(error.reason))


def _to_page(loan_id: int, key: str) -> ResponseReturnValue:
    flash(text(key, language()), "good")
    return redirect(url_for("contract.show", loan_id=loan_id))


def _defaults(found: ContractPage) -> dict[str, Any]:
    """Give what the settings of the signing day say where the contract need not."""
    bare = {name: found.terms[name] for name in PLAIN if name != "principal_rounding"}
    given = {**bare, "amount": found.terms["amount"], "annual_rate": "0"}
    given["principal_plan"] = found.terms["principal_plan"]
    filled = quote(database.session(), given, found.signed_on, found.source.code).filled
    return {one.name: one.value for one in filled}


def _page(desk: Desk) -> str:
    """Render the form with the schedule of what it holds."""
    form = desk.form
    if form.amount.data or form.is_submitted():
        desk.look(form.borrower.data or "")
    else:
        desk.debt = known_debt(form.borrower.data or "", desk.loan_id)
    number = last_number(database.session(), form.source.data)
    return render_template(
        "contract/edit.html",
        desk=desk,
        form=form,
        overrides=OVERRIDES,
        last_number=number,
        sent=submitted(database.session(), desk.loan_id) if desk.loan_id else None,
    )


def _shown(loan_id: int, form: ActForm, cancelling: CancelForm) -> str:
    found = contract_page(database.session(), loan_id, today())
    rates = monthly(found.terms["annual_rate"])
    return render_template(
        "contract/show.html", found=found, form=form, cancelling=cancelling, monthly=rates
    )
