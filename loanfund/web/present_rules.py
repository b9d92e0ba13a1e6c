"""Contracts of an earlier edition of the rules: seen first, then proposed all at once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from loanfund.domain.errors import ConflictError, RuleViolationError
from loanfund.domain.permission import Action, Grant
from loanfund.services._present_rules import present_rules, renewals
from loanfund.services.proposal import Propose, propose
from loanfund.store.request_key import fingerprint
from loanfund.web import again, database
from loanfund.web.context import edge, language, today
from loanfund.web.form import AtMost, KeyedForm, Required, TextField
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

REFUSED = 422
ADDRESS = "/contracts/present-rules"

page = Blueprint("present_rules", __name__)


class PresentRulesForm(KeyedForm):
    """Why it is proposed; `shown` says which contracts stood on the page."""

    shown = HiddenField()
    reason = TextField(validators=[Required(), AtMost(300)])


@page.get(ADDRESS)
@requires(Action.AMEND, Grant.PROPOSES)
def show() -> ResponseReturnValue:
    """Show what would become of every contract, which today's rules compute otherwise."""
    found = again.returned()
    return _page(PresentRulesForm(formdata=None, reason=found.line.note if found else None))


@page.post(ADDRESS)
@requires(Action.AMEND, Grant.PROPOSES)
def suggest() -> ResponseReturnValue:
    """Propose what was shown to a manager; other contracts than were shown are shown again."""
    session, form = database.session(), PresentRulesForm()
    proposed = present_rules(renewals(session, today()))
    if form.sent() and form.shown.data == fingerprint(proposed.payload):
        key = form.request_key.data or ""
        asked = Propose(proposed=proposed, note=again.named(form.reason.data), key=key)
        try:
            number = propose(session, asked, signed_in(), edge().clock)
        except (ConflictError, RuleViolationError) as error:
            form.refuse(error)
        else:
            flash(text("change_page.sent", language()), "good")
            return redirect(url_for("proposal.one", proposal_id=number))
    return _page(form), REFUSED


@page.app_template_filter("refusal")
def refusal(error: RuleViolationError) -> str:
    """Say why something cannot be."""
    return explain(error, language())


def _page(form: PresentRulesForm) -> str:
    found = renewals(database.session(), today())
    return render_template(
        "present_rules/show.html",
        form=form,
        found=found,
        seen=fingerprint(present_rules(found).payload),
    )
