"""Record a repayment: typed, shown as it would be, posted once, and answered with a receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from loanfund.domain.account import LoanStatus
from loanfund.domain.errors import ConflictError, LoanFundError, RuleViolationError
from loanfund.domain.event import PaymentMethod
from loanfund.domain.money import Money
from loanfund.domain.permission import Action
from loanfund.domain.terms import Surplus
from loanfund.queries.loan_page import LoanName, place_on
from loanfund.queries.receipt import (
    Earlier,
    Picture,
    Suggestion,
    look_alikes,
    picture,
    receipt,
    same_reference,
    suggestion,
    superseded,
)
from loanfund.services.repayment import Repay, preview_repayment, repay
from loanfund.web import database
from loanfund.web.context import edge, today, working_date
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    Form,
    KeyedForm,
    MoneyField,
    Required,
    TextField,
    new_key,
)
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.wording import dmy, text

REFUSED = 422
PAPERS = "vi"  # what is kept with a receipt is printed on it
FIELDS = {
    "after_business_date": "value_date",
    "before_first_disbursement": "value_date",
    "closed": "value_date",
    "same_reference": "reference",
}

page = Blueprint("repayment", __name__)


class AmountForm(Form):
    """What a preview needs to know."""

    value_date = DayField(validators=[Required()])
    amount = MoneyField(validators=[Required()])
    surplus = ChoiceField(
        default="",
        options=[
            ("", "repayment_page.surplus.terms"),
            ("credit", "repayment_page.surplus.credit"),
            ("principal", "repayment_page.surplus.principal"),
        ],
    )

    def fingerprint(self) -> str:
        """Give what a preview was made of, so that nothing else is posted with it."""
        day, amount = self.value_date.data, self.amount.data
        return f"{day} {amount.dong if amount else ''} {self.surplus.data or ''}"


class RepaymentForm(KeyedForm, AmountForm):
    """A repayment; `shown` says which preview stands beside the button that posts."""

    method = ChoiceField(
        default="bank",
        options=[
            ("bank", "repayment_page.method.bank"),
            ("cash", "repayment_page.method.cash"),
        ],
    )
    payer = TextField(validators=[AtMost(120)])
    reference = TextField(validators=[AtMost(60)])
    note = TextField(validators=[AtMost(300)])
    reason = TextField(validators=[AtMost(200)])
    shown = HiddenField()
    act = HiddenField()


@dataclass(slots=True, kw_only=True)
class Desk:
    """One repayment being recorded: what was typed, and what is shown beside it."""

    name: LoanName
    form: Any
    alike: list[Earlier] = field(default_factory=list)
    now: Picture | None = None
    was: Picture | None = None
    version: int = 0
    closed_through: date | None = None
    has_changed: bool = False

    def request(self) -> Repay:
        """Give the request that posting and preview share."""
        form = self.form
        has_details = isinstance(form, RepaymentForm)
        return Repay(
            contract_number=self.name.contract_number,
            value_date=form.value_date.data,
            amount=form.amount.data,
            surplus=Surplus(form.surplus.data) if form.surplus.data else None,
            method=PaymentMethod(form.method.data) if has_details else PaymentMethod.BANK,
            payer=form.payer.data or None if has_details else None,
            reference=form.reference.data or None if has_details else None,
            note=self._note() if has_details else None,
            key=form.request_key.data or None if has_details else None,
            version=_version(form.version.data) if has_details else None,
        )

    def _note(self) -> str | None:
        """Give the note, and why this is no duplicate where somebody had to say so."""
        parts = [self.form.note.data or ""]
        if self.alike:
            numbers = ", ".join(one.number or f"#{one.sequence}" for one in self.alike)
            facts = {"number": numbers, "reason": self.form.reason.data}
            parts.append(text("repayment_page.no_duplicate", PAPERS, **facts))
        return " ".join(part for part in parts if part) or None

    def is_confirmed(self) -> bool:
        """Tell whether what is typed may be posted: its own preview was shown, and no twin."""
        form = self.form
        if form.act.data != "post":
            return False
        self.has_changed = form.shown.data != form.fingerprint()
        return not self.has_changed and self._is_no_duplicate()

    def _is_no_duplicate(self) -> bool:
        form, session = self.form, database.session()
        key = form.request_key.data or ""
        same = same_reference(session, form.reference.data or "", key)
        if same:
            facts = {"number": same[0].number, "contract": same[0].contract_number}
            form.refuse(ConflictError("same_reference", **facts), "reference")
        asked = (form.value_date.data, form.amount.data)
        self.alike = look_alikes(session, self.name, asked, key)
        return not same and (not self.alike or bool(form.reason.data))

    def refuse(self, error: LoanFundError) -> None:
        """Show why nothing was posted; a key used before gives way to a new one."""
        self.form.refuse(error, FIELDS.get(error.reason))
        if error.reason == "key_used":
            self.form.request_key.data = new_key()
        if error.reason == "stale_preview":
            was = preview_repayment(
                database.session(), self.request(), edge().clock, as_shown=True
            )
            self.was = picture(was.plan, self.form.value_date.data)

    def look(self) -> None:
        """Make the preview of what is typed; a refusal stands beside its field instead."""
        if self.form.errors and not self.form.amount.data:
            return
        try:
            found = preview_repayment(database.session(), self.request(), edge().clock)
        except RuleViolationError as error:
            self.refuse(error)
        else:
            self.now = picture(found.plan, self.form.value_date.data)
            self.version, self.closed_through = found.version, found.closed_through


@page.get(f"{LOAN}/repay")
@requires(Action.RECORD_REPAYMENT)
def show(loan_id: int) -> ResponseReturnValue:
    """Begin with what is due on the working date, else with what falls due next."""
    name = known(loan_id)
    asked = AmountForm(formdata=request.args, meta={"csrf": False})
    day = asked.value_date.data or working_date()
    at_hand = _at_hand(name, day)
    amount = asked.amount.data or (at_hand.likely if at_hand else None) or None
    form = RepaymentForm(formdata=None, value_date=day, amount=amount)
    return _page(Desk(name=name, form=form))


@page.get(f"{LOAN}/repay/preview")
@requires(Action.RECORD_REPAYMENT)
def preview(loan_id: int) -> ResponseReturnValue:
    """Give the preview alone, for a page that asks while somebody types; it writes nothing."""
    form = AmountForm(formdata=request.args, meta={"csrf": False})
    desk = Desk(name=known(loan_id), form=form)
    if form.sent():
        desk.look()
    return render_template("repayment/_preview.html", is_alone=True, **_shown(desk))


@page.post(f"{LOAN}/repay")
@requires(Action.RECORD_REPAYMENT)
def record(loan_id: int) -> ResponseReturnValue:
    """Post what was shown, once for each form, and go to its receipt."""
    desk = Desk(name=known(loan_id), form=RepaymentForm())
    if desk.form.sent() and desk.is_confirmed():
        try:
            done = repay(database.session(), desk.request(), signed_in(), edge().clock)
        except (RuleViolationError, ConflictError) as error:
            desk.refuse(error)
        else:
            again = 1 if done.replayed else None
            sequence = done.result["event"]
            return redirect(
                url_for("repayment.receipt", loan_id=loan_id, sequence=sequence, again=again)
            )
    return _page(desk), REFUSED if desk.form.act.data == "post" else 200


@page.get(f"{LOAN}/receipt/<int(max=2147483647):sequence>", endpoint="receipt")
@requires(Action.SEE_LOANS)
def show_receipt(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Show a receipt as it stands; `again` says that it was sent a second time."""
    name = known(loan_id)
    found = receipt(database.session(), name, sequence)
    again = "again" in request.args
    return render_template("repayment/receipt.html", name=name, found=found, again=again)


def _page(desk: Desk) -> str:
    """Render the form with the preview of what it holds."""
    if desk.form.value_date.data and desk.form.amount.data:
        desk.look()
    place = place_on(database.session(), desk.name, today())
    is_open = desk.name.state == "approved" and place.status is LoanStatus.ACTIVE
    is_looked_at = desk.form.act.data == "preview" and not desk.form.errors
    return render_template(
        "repayment/show.html", is_open=is_open, is_looked_at=is_looked_at, **_shown(desk)
    )


def _shown(desk: Desk) -> dict[str, Any]:
    """Give what the preview shows beside the picture: amounts at hand, months, statements."""
    day = desk.form.value_date.data
    session = database.session()
    closed = desk.closed_through
    return {
        "desk": desk,
        "form": desk.form,
        "name": desk.name,
        "at_hand": _at_hand(desk.name, day),
        "is_closed_month": bool(day and closed and day <= closed),
        "superseded": superseded(session, desk.name.id, day) if desk.now and day else [],
        "address": _with_amount,
    }


def _at_hand(name: LoanName, day: date | None) -> Suggestion | None:
    """Give the amounts that somebody may bring on a day; none on a day still to come."""
    if day is None or day > today():
        return None
    return suggestion(place_on(database.session(), name, day))


def _with_amount(desk: Desk, amount: Money) -> str:
    """Give the address of the form with another amount, for browsers without scripts."""
    day = desk.form.value_date.data
    typed = dmy(day) if day else None
    return url_for("repayment.show", loan_id=desk.name.id, value_date=typed, amount=amount.dong)


def _version(typed: str | None) -> int | None:
    """Read the version that a form carries; one that is no number fits no loan."""
    if not typed:
        return None
    return int(typed) if typed.isdecimal() else 0
