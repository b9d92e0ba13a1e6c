"""Correct a receipt: reverse it and record it again in one act, after seeing what changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import InvalidEventError, NotFoundError, RuleViolationError
from loanfund.domain.event import Repayment
from loanfund.domain.permission import Action
from loanfund.queries._picture import Picture, picture
from loanfund.queries.loan_page import LoanName, folded_on
from loanfund.queries.receipt import Receipt, receipt
from loanfund.services._loan_change import Preview, Recorded
from loanfund.services._proposable import loan_change
from loanfund.services.proposal import Propose, propose
from loanfund.services.reversal import Correct, Reverse, preview_reversal, reverse
from loanfund.web import again, database
from loanfund.web.context import edge, language
from loanfund.web.desk import Desk, answer, begun
from loanfund.web.form import UNCHOSEN, ChoiceField, Required
from loanfund.web.fund import is_closed
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.payment_form import ASKED, RepaymentForm, SurplusForm
from loanfund.web.reversal import WhyForm
from loanfund.wording import explain, text

RECEIPT = f"{LOAN}/receipt/<int(max=2147483647):sequence>/correct"

page = Blueprint("correction", __name__)


# What each reason says is changed; those of a reversal beside take a receipt back for good.
REASONS = {
    "amount": ("amount",),
    "date": ("value_date",),
    "method": ("method",),
    "surplus": ("surplus",),
    "words": ("payer", "reference", "note"),
    "other": (),
}


class CorrectionForm(RepaymentForm, WhyForm):
    """The receipt as it should have been, and why."""

    why = ChoiceField(
        default="",
        options=[UNCHOSEN, *((one, f"repayment_page.reason.{one}") for one in REASONS)],
        validators=[Required()],
    )


@dataclass(slots=True, kw_only=True)
class CorrectionDesk(Desk):
    """One receipt being corrected; `restored` is the loan once the old one is gone.

    `stands_on_it` says why the old one cannot be gone: what stands cannot happen without it.
    """

    old: Receipt
    restored: Picture | None = None
    stands_on_it: str = ""

    def correction(self, reason: str = "") -> Correct:
        """Give the request that posting and preview share."""
        sequence = self.old.recorded.sequence
        return Correct(sequence=sequence, repayment=self.repayment(), reason=reason)

    def plan(self, *, as_shown: bool = False) -> Preview:
        session, clock = database.session(), edge().clock
        return preview_reversal(session, self.correction(), clock, as_shown=as_shown)

    def post(self) -> Recorded:
        """Correct it, or propose that, where a closed month needs a second person."""
        session, clock, why = database.session(), edge().clock, self.form.sentence()
        request = self.correction(why)
        if not self.needs_two():
            return reverse(session, request, signed_in(), clock)
        key = self.form.request_key.data or ""
        asked = Propose(proposed=loan_change(request.change()), note=again.named(why), key=key)
        number = propose(session, asked, signed_in(), clock)
        return Recorded(result={"proposal": number}, replayed=False)

    def address(self, done: Recorded) -> str:
        if "proposal" not in done.result:
            return super(CorrectionDesk, self).address(done)
        flash(text("change_page.sent", language()), "good")
        return url_for("proposal.one", proposal_id=done.result["proposal"])

    def needs_two(self) -> bool:
        """Tell whether the old or the new day lies in a closed month."""
        days = (self.form.value_date.data, self.old.recorded.value_date)
        return any(day is not None and is_closed(day) for day in days)

    def said(self) -> dict[str, Any]:
        """Ask about another amount or day only: what stood was meant."""
        form, old = self.form, self.old
        if (form.value_date.data, form.amount.data) == (old.recorded.value_date, old.amount):
            return {}
        return super(CorrectionDesk, self).said()

    def picture(self, found: Preview) -> Picture:
        days = self._days()
        return picture(found.plan, max(days), min(days))

    def _days(self) -> tuple[date, date]:
        """Give the days of the old and the new receipt: from the earlier on figures change.

        On the later one both have happened.
        """
        return self.old.recorded.value_date, self.form.value_date.data

    def look(self) -> None:
        super(CorrectionDesk, self).look()
        if self.now is None:
            return
        sequence = self.old.recorded.sequence
        undo = Reverse(contract_number=self.name.contract_number, sequence=sequence, reason="")
        days = self._days()
        try:
            undone = preview_reversal(database.session(), undo, edge().clock).plan
        except RuleViolationError as error:  # a later act stands on it: words alone can change
            self.stands_on_it = explain(error, language())
        else:
            self.restored = picture(undone, max(days))
            planned = replace(self.plan().plan, before=undone.after)
            self.now = picture(planned, max(days), min(days))
        if not self.repayment().must_be_meant and isinstance(self.form, CorrectionForm):
            self.beyond = None

    def is_confirmed(self) -> bool:
        """Also refuse what changes nothing, and a reason that names what stays."""
        if not super(CorrectionDesk, self).is_confirmed():
            return False
        changed, named = self.changed(), REASONS[self.form.why.data]
        if not changed:
            self.form.refuse(InvalidEventError("nothing_corrected"))
        elif named and not changed.intersection(named):
            self.form.refuse(InvalidEventError("reason_of_nothing"), "why")
        return not self.form.errors

    def changed(self) -> set[str]:
        """Name what differs from what the receipt says."""
        says, form = _says(self.old), self.form
        session, day = database.session(), self.old.recorded.value_date
        if not says["surplus"]:
            terms = folded_on(session, self.name, day).history.terms
            says["surplus"] = terms.surplus.value if form.surplus.data else ""
        return {name for name, said in says.items() if (form[name].data or "") != said}

    def moves_no_money(self) -> bool:
        """Tell whether only what is written on the receipt changes."""
        form, says = self.form, _says(self.old)
        asked = (form.value_date.data, form.amount.data)
        choice = self.now.choice if self.now else None
        by_terms = choice.by_terms.value if choice else ""
        is_same = asked == (says["value_date"], says["amount"])
        return is_same and (says["surplus"] or by_terms) == (form.surplus.data or by_terms)

    def shown(self) -> dict[str, Any]:
        facts = super(CorrectionDesk, self).shown()
        return {**facts, "needs_two": self.needs_two(), "found": self.old}


@page.get(RECEIPT)
@requires(Action.REVERSE)
def show(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Begin with what the receipt says now, and with what the address says otherwise."""
    name = known(loan_id)
    old = _receipt(name, sequence)
    form = CorrectionForm(formdata=None, **_says(old))
    again.begin(form)
    form.begin_as_asked(ASKED)
    desk = CorrectionDesk(name=name, form=form, old=old, replaces=old.recorded.row_id)
    return begun(desk, _page)


@page.get(f"{RECEIPT}/preview")
@requires(Action.REVERSE)
def preview(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Give the preview alone, for a page that asks while somebody types; it writes nothing."""
    name = known(loan_id)
    form = SurplusForm(formdata=request.args, meta={"csrf": False})
    desk = CorrectionDesk(name=name, form=form, old=_receipt(name, sequence))
    if form.sent():
        desk.look()
    return render_template("correction/_preview.html", is_alone=True, **desk.shown())


@page.post(RECEIPT)
@requires(Action.REVERSE)
def record(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Correct what was shown, once for each form, and go to the receipt that stands now."""
    name = known(loan_id)
    old = _receipt(name, sequence)
    form = CorrectionForm()
    desk = CorrectionDesk(name=name, form=form, old=old, replaces=old.recorded.row_id)
    return answer(desk, _page)


def _receipt(name: LoanName, sequence: int) -> Receipt:
    """Give the receipt of a repayment; nothing else is corrected here."""
    found = receipt(database.session(), name, sequence)
    if not isinstance(found.recorded.event, Repayment):
        raise NotFoundError("receipt")
    return found


def _says(old: Receipt) -> dict[str, Any]:
    """Give what a receipt says, by the fields of the form; an empty text is nothing."""
    one, event = old.recorded, old.recorded.event
    assert isinstance(event, Repayment)
    return {
        "value_date": one.value_date,
        "amount": old.amount,
        "surplus": event.surplus.value if event.surplus else "",
        "method": old.method,
        "payer": one.payer or "",
        "reference": one.reference or "",
        "note": one.note or "",
    }


def _page(desk: CorrectionDesk) -> str:
    desk.look()
    is_looked_at = desk.form.act.data == "preview" and not desk.form.errors
    return render_template("correction/show.html", is_looked_at=is_looked_at, **desk.shown())
