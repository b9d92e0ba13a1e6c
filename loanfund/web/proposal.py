"""The inbox of approvals: what waits for a second person, one proposal in full, decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from wtforms import HiddenField

from loanfund.clock import office_day
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    LoanFundError,
    RuleViolationError,
)
from loanfund.domain.locked import Locked
from loanfund.domain.permission import Action, Grant
from loanfund.domain.proposal import REFUSED as REFUSAL
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.domain.report import Table
from loanfund.queries._proposal_content import value_day
from loanfund.queries._proposal_import import import_tables, refused_rows
from loanfund.queries.change import ChangePicture, change_picture
from loanfund.queries.contract import contract_page
from loanfund.queries.locked import locked_tables, moved_figures
from loanfund.queries.proposal import (
    ProposalLine,
    ProposalPage,
    count_to_decide,
    decided_proposals,
    proposal_page,
    waiting_proposals,
)
from loanfund.queries.user import user_named
from loanfund.services._present_rules import Renewal
from loanfund.services.link import collect_link
from loanfund.services.proposal import (
    Decide,
    adopt,
    approve,
    compare_proposal,
    preview_proposal,
    proposed_renewals,
    send_back,
    withdraw,
)
from loanfund.web import again, database
from loanfund.web.asked import asked_page
from loanfund.web.context import edge, language, now, today
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.grave import grave
from loanfund.web.login import requires, requires_any, signed_in
from loanfund.wording import explain, text

REFUSED = 422
PROPOSAL = "/proposals/<int(max=2147483647):proposal_id>"

page = Blueprint("proposal", __name__)


class DecisionForm(Form):
    """A decision about the content that was shown."""

    payload_hash = HiddenField()
    reason = TextField(validators=[AtMost(300)])


class ReturnForm(DecisionForm):
    """Sent back, and why."""

    reason = TextField(validators=[Required(), AtMost(300)])


def to_decide() -> int:
    """Count what waits for who is signed in; an error page is shown without the count."""
    try:
        return count_to_decide(database.session(), signed_in())
    except SQLAlchemyError:
        return 0


@page.get("/proposals")
@requires_any(Grant.PROPOSES, Grant.APPROVES, Grant.READS)
def show() -> ResponseReturnValue:
    """List what waits, the oldest first, and below it what was decided."""
    session, actor = database.session(), signed_in()
    return render_template(
        "proposal/show.html",
        waiting=waiting_proposals(session, actor),
        decided=decided_proposals(session, actor, asked_page()),
        age=_age,
    )


@page.get(PROPOSAL)
@requires_any(Grant.PROPOSES, Grant.APPROVES, Grant.READS)
def one(proposal_id: int) -> ResponseReturnValue:
    """Show everything that is proposed, and what it would change."""
    return _page(proposal_id, DecisionForm(formdata=None))


@page.post(f"{PROPOSAL}/approve")
@requires_any(Grant.APPROVES)
@grave()
def accept(proposal_id: int) -> ResponseReturnValue:
    """Do what was proposed; a loan that moved meanwhile sends it back instead."""
    return _decided(proposal_id, DecisionForm(), _approved)


@page.post(f"{PROPOSAL}/return")
@requires_any(Grant.APPROVES)
def give_back(proposal_id: int) -> ResponseReturnValue:
    """Send it back to its maker with a reason."""
    return _decided(proposal_id, ReturnForm(), _returned)


@page.post(f"{PROPOSAL}/adopt")
@requires_any(Grant.DOES, Grant.PROPOSES)
def take_over(proposal_id: int) -> ResponseReturnValue:
    """Propose in one's own name what waits without its maker."""
    proposal_page(database.session(), proposal_id, signed_in())
    form = DecisionForm()
    if form.sent():
        asked = Decide(proposal_id=proposal_id, payload_hash=form.payload_hash.data or "")
        try:
            number = adopt(database.session(), asked, signed_in(), edge().clock)
        except (RuleViolationError, InvalidInputError, ConflictError) as error:
            form.refuse(error)
        else:
            flash(text("proposal.done.adopted", language()), "good")
            return redirect(url_for("proposal.one", proposal_id=number))
    return _page(proposal_id, form), REFUSED


@page.post(f"{PROPOSAL}/link")
@requires(Action.GIVE_LINK, Grant.PROPOSES)
@grave()
def link(proposal_id: int) -> ResponseReturnValue:
    """Show, this once, the link that a manager approved to who had proposed it."""
    proposal_page(database.session(), proposal_id, signed_in())
    form = Form()
    if form.sent():
        try:
            found = collect_link(database.session(), proposal_id, signed_in(), now=now())
        except ConflictError as error:
            form.refuse(error)
        else:
            address = f"{edge().settings.base_url}/password/{found.secret}"
            one = user_named(database.session(), found.email)
            return render_template("user/link.html", one=one, address=address)
    return _page(proposal_id, DecisionForm(formdata=None), form), REFUSED


@page.post(f"{PROPOSAL}/withdraw")
@requires_any(Grant.PROPOSES)
def take_back(proposal_id: int) -> ResponseReturnValue:
    """Take one's own proposal back."""
    return _decided(proposal_id, DecisionForm(), _withdrawn)


def _decided(
    proposal_id: int, form: DecisionForm, act: Callable[[Decide], str]
) -> ResponseReturnValue:
    """Decide and show what it came to; a refusal stands above the form."""
    proposal_page(database.session(), proposal_id, signed_in())
    if form.sent():
        decision = Decide(
            proposal_id=proposal_id,
            payload_hash=form.payload_hash.data or "",
            reason=form.reason.data or None,
        )
        try:
            flash(text(act(decision), language()), "good")
        except (RuleViolationError, InvalidInputError, ConflictError) as error:
            form.refuse(error)
        else:
            return redirect(url_for("proposal.one", proposal_id=proposal_id))
    return _page(proposal_id, form), REFUSED


def _approved(decision: Decide) -> str:
    result = approve(database.session(), decision, signed_in(), edge().clock)
    if result.get("returned") == REFUSAL:
        return "proposal.done.refused"
    return "proposal.done.moved" if "returned" in result else "proposal.done.approved"


def _returned(decision: Decide) -> str:
    send_back(database.session(), decision, signed_in(), edge().clock)
    return "proposal.done.returned"


def _withdrawn(decision: Decide) -> str:
    withdraw(database.session(), decision, signed_in(), edge().clock)
    return "proposal.done.withdrawn"


def _page(proposal_id: int, form: DecisionForm, wrong: Form | None = None) -> str:
    found = proposal_page(database.session(), proposal_id, signed_in())
    form.payload_hash.data = found.payload_hash
    return render_template(
        "proposal/one.html",
        found=found,
        line=found.line,
        form=form,
        wrong=wrong or form,
        age=_age,
        refusal=found.result.get("refused", {}).get(language()),
        refused_rows=refused_rows(found.result),
        former=again.former(found),
        make_again=again.address(found) if found.line.can_make_again else None,
        successor=again.successor(found) if found.line.can_make_again else None,
        **_beside(found),
        **_pictures(found),
    )


def _beside(found: ProposalPage) -> dict[str, Any]:
    """Give what stood beside it and what stands; of a contract that waits its file."""
    session, line = database.session(), found.line
    beside = compare_proposal(session, line.id, edge().clock)
    file = None
    if (
        line.kind is ProposalKind.CONTRACT
        and line.state is ProposalState.WAITING
        and line.loan_id
    ):
        file = contract_page(session, line.loan_id, today())
    return {
        "beside": beside,
        "moved_loans": moved_figures(session, beside.loans),
        "locked_tables": _tables(beside.locked),
        "locked_now_tables": _tables(beside.locked_now),
        "book_tables": _book(found),
        "value_day": value_day(session, line.kind, found.payload),
        "contract": file,
        "renewed": _renewed(line),
    }


def _book(found: ProposalPage) -> tuple[Table, ...]:
    """Give the new rows of a workbook, sheet by sheet and all of them."""
    is_workbook = found.line.kind is ProposalKind.IMPORT
    return import_tables(database.session(), found.payload) if is_workbook else ()


def _tables(locked: Locked | None) -> tuple[Table, ...]:
    return locked_tables(database.session(), locked) if locked else ()


def _renewed(line: ProposalLine) -> list[Renewal]:
    """Give what the present rules would make of the contracts, while that is to be decided."""
    is_open = line.state is ProposalState.WAITING
    if line.kind is not ProposalKind.PRESENT_RULES or not is_open:
        return []
    return proposed_renewals(database.session(), line.id, edge().clock)


def _pictures(found: ProposalPage) -> dict[str, Any]:
    """Give what would change as the maker saw it and, where the loan moved, as of now."""
    if found.line.kind is not ProposalKind.LOAN_CHANGE:
        return {"shown": None, "now_picture": None, "impossible": None}
    shown, impossible = _picture(found, as_shown=True)
    waits = found.line.state is ProposalState.WAITING
    is_moved = found.has_moved and waits
    now_picture, now_impossible = _picture(found, as_shown=False) if is_moved else (None, None)
    return {
        "shown": shown,
        "now_picture": now_picture,
        "impossible": now_impossible or impossible,
    }


def _picture(found: ProposalPage, *, as_shown: bool) -> tuple[ChangePicture | None, str | None]:
    """Give a picture, or the sentence that says why there is none."""
    session, clock = database.session(), edge().clock
    try:
        seen = preview_proposal(session, found.line.id, clock, as_shown=as_shown)
    except LoanFundError as error:
        return None, explain(error, language())
    return (change_picture(seen.plan, seen.closed_through) if seen else None), None


def _age(line: ProposalLine) -> int:
    """Give how many days it has waited."""
    return (office_day(now()) - office_day(line.proposed_at)).days
