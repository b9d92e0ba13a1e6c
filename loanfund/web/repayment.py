"""Record a repayment: typed, shown as it would be, posted once, and answered with a receipt."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action
from loanfund.domain.to_pay import ToPay
from loanfund.queries.loan_page import LoanName, folded_on, place_on
from loanfund.queries.receipt import receipt
from loanfund.queries.voucher import printed
from loanfund.web import database
from loanfund.web.context import today, working_date
from loanfund.web.desk import Desk, answer, begun
from loanfund.web.form import KeyedForm
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires
from loanfund.web.payment_form import ASKED, RepaymentForm, SurplusForm
from loanfund.wording import dmy

page = Blueprint("repayment", __name__)


@page.get(f"{LOAN}/repay")
@requires(Action.RECORD_REPAYMENT)
def show(loan_id: int) -> ResponseReturnValue:
    """Begin with what is due on the working date, else with what falls due next."""
    name, form = known(loan_id), RepaymentForm(formdata=None, value_date=working_date())
    form.begin_as_asked(ASKED)
    if form.amount.raw_data is None:
        form.prefill(_likely(name, form.value_date.data))
    return begun(Desk(name=name, form=form), _page)


@page.get(f"{LOAN}/repay/preview")
@requires(Action.RECORD_REPAYMENT)
def preview(loan_id: int) -> ResponseReturnValue:
    """Give the preview alone, for a page that asks while somebody types; it writes nothing."""
    form = SurplusForm(formdata=request.args, meta={"csrf": False})
    desk = Desk(name=known(loan_id), form=form)
    _follow_day(desk)
    if form.sent():
        desk.look()
    return render_template("repayment/_preview.html", is_alone=True, **_shown(desk))


@page.post(f"{LOAN}/repay")
@requires(Action.RECORD_REPAYMENT)
def record(loan_id: int) -> ResponseReturnValue:
    """Post what was shown, once for each form, and go to its receipt."""
    desk = Desk(name=known(loan_id), form=RepaymentForm())
    _follow_day(desk)
    return answer(desk, _page)


@page.get(f"{LOAN}/receipt/<int(max=2147483647):sequence>", endpoint="receipt")
@requires(Action.SEE_LOANS)
def show_receipt(loan_id: int, sequence: int) -> ResponseReturnValue:
    """Show a receipt as it stands; `again` says that it was sent a second time."""
    name, session = known(loan_id), database.session()
    return render_template(
        "repayment/receipt.html",
        name=name,
        found=receipt(session, name, sequence),
        prints=printed(session, loan_id, sequence),
        print_form=KeyedForm(formdata=None),
        again="again" in request.args,
    )


def _page(desk: Desk) -> str:
    """Render the form with the preview of what it holds.

    A settled loan takes money too, all of it as credit (rules §7).
    """
    desk.look()
    place = place_on(database.session(), desk.name, today())
    is_looked_at = desk.form.act.data == "preview" and not desk.form.errors
    return render_template(
        "repayment/show.html", place=place, is_looked_at=is_looked_at, **_shown(desk)
    )


def _shown(desk: Desk) -> dict[str, Any]:
    """Give what the preview shows beside the picture, and the amounts at hand."""
    at_hand = _at_hand(desk.name, desk.form.value_date.data)
    return {**desk.shown(), "at_hand": at_hand, "address": _with_amount}


def _likely(name: LoanName, day: date | None) -> Money:
    """Give what is to be paid on a day, else what falls due next."""
    found = _at_hand(name, day)
    return found[0].amount or found[0].next_amount if found else NOTHING


def _follow_day(desk: Desk) -> None:
    """Let an amount that the page filled in and nobody touched follow the day."""
    if desk.form.stays_for_another_day():
        desk.form.prefill(_likely(desk.name, desk.form.value_date.data))


def _at_hand(name: LoanName, day: date | None) -> tuple[ToPay, Money] | None:
    """Give what is to be paid on a day, and what would settle; none on a day to come."""
    if day is None or day > today():
        return None
    folded = folded_on(database.session(), name, day)
    return folded.to_pay(), folded.position().settlement_amount


def _with_amount(desk: Desk, amount: Money) -> str:
    """Give the address of the form with another amount, for browsers without scripts."""
    day = desk.form.value_date.data
    typed = dmy(day) if day else None
    return url_for("repayment.show", loan_id=desk.name.id, value_date=typed, amount=amount.dong)
