"""The page of a loan: where it stands, on any day and as known at any instant, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, assert_never, cast

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from loanfund.domain.account import LoanStatus
from loanfund.domain.errors import RuleViolationError
from loanfund.domain.event import (
    Amend,
    AnyEvent,
    CreditRefund,
    Disbursement,
    Event,
    Freeze,
    InterestWaiver,
    RateChange,
    Recovery,
    Repayment,
    Reschedule,
    Reversal,
    WriteOff,
)
from loanfund.domain.money import Money
from loanfund.domain.permission import Action
from loanfund.queries.loan_page import (
    LoanName,
    LoanPage,
    known_loan,
    loan_page,
    quote,
    stored_events,
)
from loanfund.queries.proposal import waiting_for_loan
from loanfund.web import database
from loanfund.web.asked import asked_day, asked_moment
from loanfund.web.change_kind import offered
from loanfund.web.context import language, today
from loanfund.web.form import DayField, KeyedForm
from loanfund.web.fund import takes_two
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

LOAN = "/loan/<int(max=2147483647):loan_id>"
SHOWN_CHARGES = 6

page = Blueprint("loan", __name__)


class StatementForm(KeyedForm):
    """The period of a statement; left empty, from the first disbursement through today."""

    period_from = DayField(past=True)
    period_to = DayField(past=True)


@page.get(LOAN)
@requires(Action.SEE_LOANS)
def show(loan_id: int) -> ResponseReturnValue:
    """Show a loan at the end of `as_of`, as known at `known_at`; else as it is today.

    Of one that cannot be read it says why, what to do, and what is stored.
    """
    moment, name = asked_moment(ahead=True), known(loan_id)
    try:
        found = loan_page(database.session(), name, moment)
    except RuleViolationError as error:
        stored, why = stored_events(database.session(), name.id), explain(error, language())
        return render_template("loan/unreadable.html", name=name, why=why, stored=stored)
    pay_on = asked_day("pay_on", ahead=True) or moment.as_of
    context = _context(found) | {"quote": quote(found, pay_on), "moment": moment}
    return render_template("loan/show.html", found=found, **context)


def _context(found: LoanPage) -> dict[str, Any]:
    """Give what the page says of a loan beside its figures."""
    return {
        "is_expected": found.place.as_of > today(),
        "sentences": list(sentences(found)),
        "form": StatementForm(formdata=None),
        "shown_charges": SHOWN_CHARGES,
        "described": described,
        "takes_two": takes_two,
        "changes": list(offered(found.name, found.place, found.terms)),
        "proposals": waiting_for_loan(database.session(), found.name.id, signed_in()),
    }


@page.app_template_filter("decimal")
def decimal(exact: str) -> str:
    """Write the decimal text of an amount ("1223013.70") as `1.223.013,70`."""
    whole, _, part = exact.partition(".")
    return f"{int(whole):,}".replace(",", ".") + f",{part}"


def known(loan_id: int) -> LoanName:
    """Give the loan of a page's address; the one place that asks whose it is."""
    return known_loan(database.session(), loan_id, signed_in())


def say(key: str, **facts: object) -> str:
    """Give a text of this page in the reader's language."""
    return text(f"loan_page.{key}", language(), **facts)


def sentences(found: LoanPage) -> Iterator[str]:
    """Say where a loan stands, as one would on the phone."""
    place = found.place
    if found.name.state != "approved":
        yield say(f"says.{found.name.state}")
    elif place.status is LoanStatus.ACTIVE:
        yield from _says_active(found)
    elif place.status is LoanStatus.APPROVED:
        yield say("says.approved", amount=found.terms.amount, day=place.as_of)
    elif place.status is LoanStatus.CLOSED:
        yield say("says.closed", day=found.settled_on or place.as_of)
    else:
        yield say("says.written_off", **place.written_off)
    if place.credit:
        yield say("says.credit", amount=place.credit)


def _says_active(found: LoanPage) -> Iterator[str]:
    place = found.place
    yield say("says.owes", borrower=found.name.borrower, amount=place.principal_outstanding)
    yield _says_due(found)
    state = found.view.folded.state
    if state is not None and state.frozen.covers(place.as_of.toordinal()):
        yield say("says.frozen", until=date.fromordinal(state.frozen_until))
    if place.accrued_interest:
        since = found.interest_since or place.as_of
        yield say("says.accrued", since=since, day=place.as_of, amount=place.accrued_interest)
    due = found.to_pay.next_due
    if due is None:
        yield say("says.nothing_next")
    else:
        amount, parts = found.to_pay.next_amount, parts_said(found.to_pay.next_parts)
        yield say("says.next", day=due.due_date, amount=amount, parts=parts)


def _says_due(found: LoanPage) -> str:
    """Say what is to be paid, and whether it is late."""
    to_pay, days = found.to_pay, found.place.days_past_due
    if not to_pay.amount:
        return say("says.nothing_due")
    key = "late" if days else "due" if to_pay.is_due_today else "left"
    parts = parts_said(to_pay.parts)
    return say(f"says.{key}", days=days, day=to_pay.day, amount=to_pay.amount, parts=parts)


@page.app_template_filter("parts")
def parts_said(parts: Iterable[tuple[str, Money]]) -> str:
    """Say what of an amount is what, in one line; that credit takes away is said in words."""
    amounts = {name: -one if name == "credit" else one for name, one in parts}
    said = (text(f"to_pay.part.{one}", language(), amount=amounts[one]) for one in amounts)
    return ", ".join(said)


def described(event: Event) -> str:
    """Say what an event changed, beside its name and amount."""
    facts: dict[str, object] = {}
    known = cast(AnyEvent, event)
    match known:
        case RateChange():
            key, facts = "rate_change", {"rate": known.annual_rate}
        case Reschedule():
            key, facts = known.kind.value, {"until": known.plan[-1].due_date}
        case Freeze():
            key, facts = "freeze", {"until": known.until}
        case InterestWaiver():
            key = f"waiver_{known.of.value}"
        case Amend():
            names = [text(f"term.{name}", language()) for name in sorted(known.changes)]
            key, facts = "amend", {"fields": ", ".join(names)}
        case Disbursement() | Repayment() | Recovery() | CreditRefund():
            key = known.method.value
        case WriteOff() | Reversal():
            return ""
        case _:
            assert_never(known)
    return say(f"event.{key}", **facts)
