"""Take a receipt back: with a reason, and after seeing what stands again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import ConflictError, RuleViolationError
from loanfund.domain.permission import Action
from loanfund.queries._picture import picture
from loanfund.queries.loan_page import LoanName
from loanfund.queries.receipt import receipt, superseded
from loanfund.services.reversal import Reverse, preview_reversal, reverse
from loanfund.web import database
from loanfund.web.context import edge
from loanfund.web.form import (
    UNCHOSEN,
    AtMost,
    ChoiceField,
    Form,
    KeyedForm,
    Required,
    TextField,
    read_version,
)
from loanfund.web.fund import is_closed
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.way_back import list_before
from loanfund.wording import text

REFUSED = 422
PAPERS = "vi"
REASONS = ("amount", "date", "loan", "twice", "bounced", "words", "other")

page = Blueprint("reversal", __name__)


class WhyForm(Form):
    """Why: one of the usual reasons, and what happened in words."""

    why = ChoiceField(
        default="",
        options=[UNCHOSEN, *((one, f"repayment_page.reason.{one}") for one in REASONS)],
        validators=[Required()],
    )
    words = TextField(validators=[Required(), AtMost(200)])

    def sentence(self) -> str:
        """Give the reason as it stands on record."""
        return f"{_usual(self.why.data)}: {self.words.data}"

    def begin_with(self, sentence: str) -> None:
        """Choose and fill in what such a sentence says."""
        said, _, words = sentence.partition(": ")
        offered = [one for one, *_ in self.why.iter_choices() if one]
        chosen = [one for one in offered if _usual(one) == said]
        if chosen:
            self.why.data, self.words.data = chosen[0], words


def _usual(why: str) -> str:
    return text(f"repayment_page.reason.{why}", PAPERS)


class ReversalForm(KeyedForm, WhyForm):
    """Which version of the loan is meant, and why."""


@page.get(f"{LOAN}/receipt/<int(max=2147483647):sequence>/reverse")
@requires(Action.REVERSE)
def show(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Show what would stand again; in a closed month it takes two people, on another page."""
    name = known(loan_id)
    if is_closed(receipt(database.session(), name, sequence).recorded.value_date):
        return redirect(url_for("change.reversal", loan_id=loan_id, sequence=sequence))
    return _page(name, sequence, ReversalForm(formdata=None))


@page.post(f"{LOAN}/receipt/<int(max=2147483647):sequence>/reverse")
@requires(Action.REVERSE)
def record(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Reverse, once for each form, and go to the receipt that is struck now."""
    name, form = known(loan_id), ReversalForm()
    receipt(database.session(), name, sequence)  # nothing but receipts is taken back here
    if form.sent():
        request = _request(name, sequence, form)
        try:
            reverse(database.session(), request, signed_in(), edge().clock)
        except (RuleViolationError, ConflictError) as error:
            form.refuse(error)
        else:
            back = list_before() or None
            shown = url_for("repayment.receipt", loan_id=loan_id, sequence=sequence, back=back)
            return redirect(shown)
    return _page(name, sequence, form), REFUSED


def _request(name: LoanName, sequence: int, form: ReversalForm) -> Reverse:
    return Reverse(
        contract_number=name.contract_number,
        sequence=sequence,
        reason=form.sentence(),
        key=form.request_key.data or "",
        version=read_version(form.version.data) or 0,
    )


def _page(name: LoanName, sequence: int, form: ReversalForm) -> str:
    session = database.session()
    found = receipt(session, name, sequence)
    day = found.recorded.value_date
    facts: dict[str, Any] = {"name": name, "found": found, "form": form, "superseded": ()}
    asked = Reverse(contract_number=name.contract_number, sequence=sequence, reason="")
    try:
        preview = preview_reversal(session, asked, edge().clock)
    except RuleViolationError as error:
        form.refuse(error)
        return render_template("repayment/reverse.html", now=None, **facts)
    facts["superseded"] = superseded(session, name.id, day)
    return render_template(
        "repayment/reverse.html",
        now=picture(preview.plan, day),
        version=preview.version,
        **facts,
    )
