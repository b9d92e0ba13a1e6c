"""Record money that a written-off loan still brings: shown first, then posted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from loanfund.domain.account import LoanStatus
from loanfund.domain.permission import Action
from loanfund.queries.loan_page import place_on
from loanfund.services._loan_change import Preview, Recorded
from loanfund.services.repayment import Recover, preview_recovery, recover
from loanfund.web import database
from loanfund.web.context import edge, today, working_date
from loanfund.web.desk import Desk, answer, begun
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.payment_form import ASKED, AmountForm, PaymentForm

page = Blueprint("recovery", __name__)


@dataclass(slots=True, kw_only=True)
class RecoveryDesk(Desk):
    """One recovery being recorded."""

    def recovery(self) -> Recover:
        """Give the request that posting and preview share."""
        return Recover(
            contract_number=self.name.contract_number,
            value_date=self.form.value_date.data,
            amount=self.form.amount.data,
            **self.said(),
            **self.details(),
        )

    def plan(self, *, as_shown: bool = False) -> Preview:
        session, clock = database.session(), edge().clock
        return preview_recovery(session, self.recovery(), clock, as_shown=as_shown)

    def post(self) -> Recorded:
        return recover(database.session(), self.recovery(), signed_in(), edge().clock)

    def shown(self) -> dict[str, Any]:
        """Add what has not come back through today; more than that is credit (rules §8)."""
        place = place_on(database.session(), self.name, today())
        own = {
            "is_written_off": place.status is LoanStatus.WRITTEN_OFF,
            "left": place.left_to_recover,
        }
        return {**super(RecoveryDesk, self).shown(), **own}


@page.get(f"{LOAN}/recover")
@requires(Action.RECORD_RECOVERY)
def show(loan_id: int) -> ResponseReturnValue:
    """Begin with the working date; how much comes back only the borrower knows."""
    form = PaymentForm(formdata=None, value_date=working_date())
    form.begin_as_asked(ASKED)
    return begun(RecoveryDesk(name=known(loan_id), form=form), _page)


@page.get(f"{LOAN}/recover/preview")
@requires(Action.RECORD_RECOVERY)
def preview(loan_id: int) -> ResponseReturnValue:
    """Give the preview alone, for a page that asks while somebody types; it writes nothing."""
    form = AmountForm(formdata=request.args, meta={"csrf": False})
    desk = RecoveryDesk(name=known(loan_id), form=form)
    if form.sent():
        desk.look()
    return render_template("recovery/_preview.html", is_alone=True, **desk.shown())


@page.post(f"{LOAN}/recover")
@requires(Action.RECORD_RECOVERY)
def record(loan_id: int) -> ResponseReturnValue:
    """Post what was shown, once for each form, and go to its receipt."""
    desk = RecoveryDesk(name=known(loan_id), form=PaymentForm())
    return answer(desk, _page)


def _page(desk: RecoveryDesk) -> str:
    desk.look()
    is_looked_at = desk.form.act.data == "preview" and not desk.form.errors
    return render_template("recovery/show.html", is_looked_at=is_looked_at, **desk.shown())
