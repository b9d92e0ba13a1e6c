"""Propose what needs two people about a loan: typed, shown as it would be, then sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, update_wrapper

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTermsError,
    LoanFundError,
    RuleViolationError,
    SplitMismatchError,
)
from loanfund.domain.permission import Action, Grant
from loanfund.domain.provision import ProvisionUse
from loanfund.queries._picture import PictureRow
from loanfund.queries.change import (
    ChangePicture,
    SourceBeside,
    change_picture,
    owed_on,
    provision_beside,
    source_beside,
)
from loanfund.queries.loan_page import LoanName, folded_on
from loanfund.queries.reversal import Reversible, reversible
from loanfund.services._proposable import loan_change
from loanfund.services.disbursement import Disburse
from loanfund.services.proposal import Propose, propose
from loanfund.services.restructuring import WriteOff, preview_restructuring
from loanfund.store.request_key import new_key
from loanfund.web import again, database
from loanfund.web.amend_form import AmendForm
from loanfund.web.change_form import ProposalForm, SplitForm
from loanfund.web.change_kind import KINDS, REVERSAL, ChangeKind
from loanfund.web.context import edge, language, today
from loanfund.web.form import as_typed, read_version
from loanfund.web.fund import takes_two
from loanfund.web.grave import grave
from loanfund.web.loan import LOAN, described, known
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

REFUSED = 422
# Beside which field a refusal stands: by its reason, else by its kind.
FIELDS = {
    "after_business_date": "value_date",
    "before_first_disbursement": "value_date",
    "until_not_after": "until",
    "more_than_credit": "amount",
    "same_reference": "bank_reference",
}
FIELDS_OF_KIND = {
    "over_disbursement": "amount",
    "over_waiver": "amount",
    "plan_mismatch": "plan",
}

page = Blueprint("change", __name__)


@dataclass(slots=True, kw_only=True)
class ChangeDesk:
    """One change being proposed: what was typed, and what it would do."""

    kind: ChangeKind
    name: LoanName
    form: ProposalForm
    event: Reversible | None = None
    picture: ChangePicture | None = None
    source: SourceBeside | None = None
    provision: ProvisionUse | None = None
    version: int = 0
    has_changed: bool = False
    refused: str = ""  # why there is no preview of what is typed

    @property
    def target(self) -> dict[str, int]:
        """The event that is taken back, as requests and addresses name it."""
        return {"sequence": self.event.recorded.sequence} if self.event else {}

    def fits(self) -> bool:
        """Tell whether it may be proposed of the loan, or of the event, as it stands."""
        if self.event is not None:
            one = self.event.recorded
            return self.event.stands and takes_two(one.type, one.value_date)
        folded = folded_on(database.session(), self.name, today())
        is_approved = self.name.state == "approved"
        return is_approved and self.kind.fits(folded.position(), folded.history.terms)

    def owed(self) -> tuple[PictureRow, ...]:
        """Give what a split may be given to, as it stands on the day; nothing beside others."""
        day = self.form.value_date.data if isinstance(self.form, SplitForm) else None
        if day is None or day > today():
            return ()
        return owed_on(database.session(), self.name.id, day)

    def look_first(self) -> None:
        """Make the preview of what the form begins with, or say in its place why it has none.

        What the address asks for and cannot be is said beside its field.
        """
        begun = MultiDict({name: as_typed(self.form[name]) for name in self.form.watched()})
        form = self.kind.form(formdata=begun, meta={"csrf": False})
        first = replace(self, form=form)
        if form.sent():
            first.look()
        if not begun:  # nothing is typed here that could make it possible
            self.form.form_errors.extend(first.form.form_errors)
        for name in begun.keys() & request.args.keys():
            self.form[name].errors = form[name].errors
        self.picture, self.version = first.picture, first.version
        self.source, self.provision = first.source, first.provision
        self.refused = first.refused

    def look(self) -> None:
        """Make the preview of what is typed; a refusal stands beside its field instead."""
        session, clock = database.session(), edge().clock
        try:
            asked = self.kind.asked(self.name, self.form, None, **self.target)
            seen = preview_restructuring(session, asked, clock)
        except (RuleViolationError, ConflictError, InvalidInputError) as error:
            self.refuse(error)
            self.refused = explain(error, language())
            return
        self.picture = change_picture(seen.plan, seen.closed_through)
        self.version = seen.version
        if isinstance(asked, Disburse):
            day, amount = asked.value_date, asked.amount
            self.source = source_beside(session, self.name.id, day, amount)
        if isinstance(asked, WriteOff):
            day, plan = asked.value_date, seen.plan
            self.provision = provision_beside(session, self.name.id, day, plan)

    def is_confirmed(self) -> bool:
        """Tell whether it may be proposed: its own preview was shown."""
        self.has_changed = self.form.shown.data != self.form.fingerprint()
        return self.form.act.data == "post" and not self.has_changed

    def propose(self) -> int:
        """Send it to the inbox, once for each form."""
        form = self.form
        version = read_version(form.version.data)
        asked = self.kind.asked(self.name, form, version, **self.target)
        proposal = Propose(
            proposed=loan_change(asked.change()),
            note=again.named(form.reason.data),
            key=form.request_key.data or "",
        )
        return propose(database.session(), proposal, signed_in(), edge().clock)

    def refuse(self, error: LoanFundError) -> None:
        """Show why it cannot be; what moved meanwhile is shown anew, a used key replaced."""
        self.form.refuse(error, _field_of(error, self.form))
        if error.reason == "key_used":
            self.form.request_key.data = new_key()
        if error.reason == "stale_preview":
            self.look()


def _field_of(error: LoanFundError, form: ProposalForm) -> str | None:
    """Name the field that a refusal is about, if it is one of this form."""
    if isinstance(error, SplitMismatchError):
        named = "amount" if error.reason == "sum" else error.reason
    elif isinstance(error, InvalidTermsError):
        field = str(error.facts.get("field", ""))
        named = {"annual_rate": "rate"}.get(field, field)
    else:
        named = FIELDS.get(error.reason) or FIELDS_OF_KIND.get(error.code, "")
    return named if named in form else None


def show(kind: ChangeKind, loan_id: int, sequence: int | None = None) -> ResponseReturnValue:
    """Begin with what stands and the working date, or as the address says, and its preview."""
    desk = _desk(kind, kind.form(formdata=None), loan_id, sequence)
    if desk.event is not None and desk.event.is_receipt and not desk.fits():
        return redirect(url_for("reversal.show", loan_id=loan_id, sequence=sequence))
    desk.form.begin(desk.name)
    again.begin(desk.form)
    if isinstance(desk.form, AmendForm) and (terms := again.terms()):
        desk.form.begin_again(desk.name, terms)
    desk.form.begin_as_asked([*desk.form.watched(), *desk.form.HELPING])
    if desk.fits():
        desk.look_first()
    return _page(desk), REFUSED if desk.form.errors else 200


def preview(kind: ChangeKind, loan_id: int, sequence: int | None = None) -> ResponseReturnValue:
    """Give the preview alone, for a page that asks while somebody types; it writes nothing."""
    form = kind.form(formdata=request.args, meta={"csrf": False})
    desk = _desk(kind, form, loan_id, sequence)
    if form.sent():
        desk.look()
    return render_template("change/_preview.html", is_alone=True, desk=desk, form=form)


def record(kind: ChangeKind, loan_id: int, sequence: int | None = None) -> ResponseReturnValue:
    """Propose what was shown and go to the proposal; else show it again with what is wrong."""
    desk = _desk(kind, kind.form(), loan_id, sequence)
    desk.form.work_out(desk.name)
    is_readable = desk.form.sent()
    if is_readable and desk.is_confirmed():
        try:
            proposal_id = desk.propose()
        except (RuleViolationError, ConflictError, InvalidInputError) as error:
            desk.refuse(error)
        else:
            flash(text("change_page.sent", language()), "good")
            return redirect(url_for("proposal.one", proposal_id=proposal_id))
    if is_readable and not desk.form.errors:
        desk.look()
    return _page(desk), REFUSED if desk.form.act.data == "post" else 200


def _desk(
    kind: ChangeKind, form: ProposalForm, loan_id: int, sequence: int | None
) -> ChangeDesk:
    name = known(loan_id)
    event = reversible(database.session(), name, sequence) if sequence is not None else None
    return ChangeDesk(kind=kind, name=name, form=form, event=event)


def _page(desk: ChangeDesk) -> str:
    facts = {"desk": desk, "form": desk.form, "name": desk.name, "described": described}
    return render_template("change/show.html", **facts)


def _register(kind: ChangeKind, subject: str) -> None:
    """Give a kind its three addresses, each with the permission of the kind."""
    address = f"{subject}/propose/{kind.name.replace('_', '-')}"
    views: tuple[tuple[str, str, str, Callable[..., ResponseReturnValue]], ...] = (
        ("GET", address, kind.name, show),
        ("GET", f"{address}/preview", f"{kind.name}_preview", preview),
        ("POST", address, f"{kind.name}_record", record),
    )
    for method, rule, endpoint, view in views:
        named = update_wrapper(partial(view, kind), view)  # the CSRF guard asks for a name
        guarded = requires(kind.action, Grant.PROPOSES)(named)
        if view is record and kind.action is Action.WRITE_OFF:
            guarded = grave(lambda: request.form.get("act") == "post")(guarded)
        page.add_url_rule(rule, endpoint, guarded, methods=[method])


for _kind in KINDS:
    _register(_kind, LOAN)
_register(REVERSAL, f"{LOAN}/event/<int(max=2147483647):sequence>")
