"""One payment being recorded: what was typed, its preview, and what is posted with it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.beyond_dues import Beyond, Limit
from loanfund.domain.errors import (
    ConflictError,
    InvalidEventError,
    LoanFundError,
    RuleViolationError,
)
from loanfund.domain.event import PaymentMethod
from loanfund.domain.surplus import SurplusChoice
from loanfund.domain.terms import Surplus
from loanfund.queries._picture import Picture, picture
from loanfund.queries.loan_page import LoanName
from loanfund.queries.receipt import Earlier, look_alikes, superseded
from loanfund.services._loan_change import Preview, Recorded
from loanfund.services.repayment import Repay, preview_repayment, repay
from loanfund.store.request_key import new_key
from loanfund.web import database
from loanfund.web.context import edge
from loanfund.web.form import read_version
from loanfund.web.login import signed_in
from loanfund.web.payment_form import PaymentForm
from loanfund.web.shared_transfer import PAPERS, named, sharing
from loanfund.web.way_back import list_before
from loanfund.wording import event_name, text

REFUSED = 422
FIELDS = {
    "after_business_date": "value_date",
    "before_first_disbursement": "value_date",
    "closed": "value_date",
    "same_reference": "reference",
    "surplus_unsaid": "surplus",
    **{one.value: "meant" for one in Limit},
}


@dataclass(slots=True, kw_only=True)
class Desk:
    """A repayment at the counter; others override what is planned and posted.

    `replaces` is the row of the receipt that this one corrects: it is no twin of itself.
    """

    name: LoanName
    form: Any
    replaces: int | None = None
    alike: list[Earlier] = field(default_factory=list)
    shared: list[Earlier] = field(default_factory=list)
    now: Picture | None = None
    was: Picture | None = None
    version: int = 0
    closed_through: date | None = None
    has_changed: bool = False
    must_choose: bool = False
    beyond: Beyond | None = None

    def plan(self, *, as_shown: bool = False) -> Preview:
        """Give what posting would do now, or would have done when it was shown."""
        session, clock = database.session(), edge().clock
        return preview_repayment(session, self.repayment(), clock, as_shown=as_shown)

    def post(self) -> Recorded:
        """Record it."""
        return repay(database.session(), self.repayment(), signed_in(), edge().clock)

    def picture(self, found: Preview) -> Picture:
        """Give what is shown of a plan."""
        return picture(found.plan, self.form.value_date.data)

    def repayment(self) -> Repay:
        """Give the request that posting and preview share."""
        form = self.form
        return Repay(
            contract_number=self.name.contract_number,
            value_date=form.value_date.data,
            amount=form.amount.data,
            surplus=Surplus(form.surplus.data) if form.surplus.data else None,
            must_decide=True,
            **self.said(),
            **self.details(),
        )

    def said(self) -> dict[str, Any]:
        """Give whether the amount must be meant, and why it is; a preview does not ask."""
        form = self.form
        if not isinstance(form, PaymentForm):
            return {}
        reason = form.meant_reason.data if form.meant.data else None
        return {"must_be_meant": True, "meant": reason or None}

    def details(self) -> dict[str, Any]:
        """Give what is kept beside day and amount; a preview alone has none of it."""
        form = self.form
        if not isinstance(form, PaymentForm):
            return {}
        return {
            "method": PaymentMethod(form.method.data),
            "payer": form.payer.data or None,
            "reference": form.reference.data or None,
            "note": self._note(),
            "key": form.request_key.data or "",
            "version": read_version(form.version.data),
        }

    def _note(self) -> str | None:
        """Give the note, and why this is no duplicate where somebody had to say so."""
        parts = [self.form.note.data or ""]
        parts += named(self.shared)
        if self.alike:
            numbers = ", ".join(
                event_name(one.number, "repayment", one.value_date) for one in self.alike
            )
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

    def address(self, done: Recorded) -> str:
        """Give where one goes once it is posted: to its receipt."""
        return url_for(
            "repayment.receipt",
            loan_id=self.name.id,
            sequence=done.result["event"],
            again=1 if done.replayed else None,
            back=list_before() or None,
        )

    def _is_no_duplicate(self) -> bool:
        form, session = self.form, database.session()
        key = form.request_key.data or ""
        refused = None
        try:
            self.shared = sharing(self.name, form.reference.data, key, self.replaces)
        except ConflictError as error:
            refused = error
            form.refuse(error, "reference")
        asked = (form.value_date.data, form.amount.data)
        self.alike = look_alikes(session, self.name, asked, key, self.replaces)
        return not refused and (not self.alike or bool(form.reason.data))

    def posted(self) -> Recorded | None:
        """Post what is confirmed; None where nothing was, and the form says why."""
        if not (self.form.sent() and self.is_confirmed()):
            return None
        try:
            return self.post()
        except (RuleViolationError, ConflictError) as error:
            self.refuse(error)
            return None

    def refuse(self, error: LoanFundError) -> None:
        """Show why nothing was posted; a key used before gives way to a new one."""
        named = FIELDS.get(error.reason)
        self.form.refuse(error, named if named in self.form else None)
        if error.reason == "key_used":
            self.form.request_key.data = new_key()
        if error.reason == "stale_preview":
            with suppress(RuleViolationError):  # a version that never was shows no picture
                self.was = self.picture(self.plan(as_shown=True))

    def look(self) -> None:
        """Make the preview of what is typed; a refusal stands beside its field instead."""
        if not (self.form.value_date.data and self.form.amount.data):
            return
        chosen = [self.form[name] for name in ("method", "surplus") if name in self.form]
        if not all(one.is_offered() for one in chosen):
            return
        try:
            found = self.plan()
        except RuleViolationError as error:
            self.refuse(error)
        else:
            self.now = self.picture(found)
            self.version, self.closed_through = found.version, found.closed_through
            self.beyond = found.beyond
            self._ask_about_surplus(self.now.choice)

    def _ask_about_surplus(self, choice: SurplusChoice | None) -> None:
        """Have somebody say it where the contract's word is not enough; no page says it.

        A choice belongs to the day and the amount that it was made for, and goes with them.
        """
        if "surplus" not in self.form:
            return
        said = self.form.surplus
        if choice is None or self.form.is_other_than_shown():
            said.data = ""
        self.must_choose = choice is not None and choice.is_decision and not said.data
        if choice is not None and self.must_choose and self.is_unsaid():
            self.refuse(InvalidEventError("surplus_unsaid", amount=choice.amount))

    def is_unsaid(self) -> bool:
        """Tell whether it was sent to be posted without a word about a surplus."""
        form = self.form
        return isinstance(form, PaymentForm) and form.act.data == "post" and not form.errors

    def shown(self) -> dict[str, Any]:
        """Give what templates show beside the picture: closed months, statements."""
        day, closed = self.form.value_date.data, self.closed_through
        known = self.now is not None and day is not None
        return {
            "desk": self,
            "form": self.form,
            "name": self.name,
            "is_closed_month": bool(day and closed and day <= closed),
            "superseded": superseded(database.session(), self.name.id, day) if known else [],
        }


D = TypeVar("D", bound=Desk)


def begun(desk: D, page: Callable[[D], str]) -> ResponseReturnValue:
    """Show the page of a form that begins, with what its address says that cannot be."""
    return page(desk), REFUSED if desk.form.errors else 200


def answer(desk: D, page: Callable[[D], str]) -> ResponseReturnValue:
    """Post once for each form and go to the receipt; else show the page, with the reason."""
    done = desk.posted()
    if done is None:
        return page(desk), REFUSED if desk.form.act.data == "post" else 200
    return redirect(desk.address(done))
