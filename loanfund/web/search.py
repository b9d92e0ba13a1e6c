"""Find a loan or a borrower by a few typed letters: while typing, and without a script."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.to_pay import ToPay
from loanfund.queries._loan_row import Plain
from loanfund.queries._standing import Moment
from loanfund.queries.loan_list import ALL
from loanfund.queries.quick_search import Found, FoundLoan, quick_search
from loanfund.queries.voucher_search import FoundVoucher
from loanfund.web import database
from loanfund.web.asked import moment_parameters
from loanfund.web.context import language, today
from loanfund.web.limit import limited
from loanfund.web.login import requires
from loanfund.wording import dmy, text, vnd

page = Blueprint("search", __name__)

TONES = {
    Plain.PAID_UP: "good",
    Plain.OWES_INTEREST: "amber",
    Plain.OVERDUE: "bad",
    Plain.FROZEN: "amber",
    Plain.WRITTEN_OFF: "bad",
    Plain.UNREADABLE: "bad",
}


@page.get("/search")
@requires(Action.SEE_LOANS, Grant.DOES)
@limited(Use.SEARCH)
def show() -> ResponseReturnValue:
    """Go to the one that was meant, else to the list of those that may be."""
    typed = request.args.get("q", "").strip()
    found = _found(typed)
    if len(found) == 1:
        return redirect(_address(found[0]))
    if found and all(isinstance(one, FoundVoucher) for one in found):
        return redirect(_address(found[0]))
    if found and not any(isinstance(one, FoundLoan) for one in found):
        return redirect(url_for("borrower.show_all", q=typed))
    return redirect(url_for("loan_list.show", q=typed or None, status=ALL))


@page.get("/loans/search.json")
@requires(Action.SEE_LOANS, Grant.DOES)
@limited(Use.SEARCH)
def suggest() -> ResponseReturnValue:
    """Give the best ten as they are shown under the search box."""
    found = _found(request.args.get("q", ""))
    return {
        "found": [_shown(one) for one in found],
        "count": text("search.count", language(), count=len(found)),
        "nothing": text("search.nothing", language()),
    }


def loan_address(loan_id: int) -> str:
    """Give the address of a loan's page, on the day that this page is about."""
    return url_for("loan.show", loan_id=loan_id, **moment_parameters())


@page.app_template_global()
def tone(plain: Plain) -> str:
    """Give the colour that goes with a state; it never says it alone."""
    return TONES.get(plain, "calm")


def _found(typed: str) -> tuple[Found, ...]:
    return quick_search(database.session(), Moment(today()), typed)


def _address(one: Found) -> str:
    if isinstance(one, FoundLoan):
        return loan_address(one.loan_id)
    if isinstance(one, FoundVoucher):
        return url_for("voucher.show", loan_id=one.loan_id, sequence=one.sequence)
    return url_for("borrower.show", borrower_id=one.borrower_id, **moment_parameters())


def _shown(one: Found) -> dict[str, str]:
    if isinstance(one, FoundLoan):
        return {"address": _address(one), **_loan(one)}
    if isinstance(one, FoundVoucher):
        return {"address": _address(one), **_voucher(one)}
    about = (one.code, one.legal_representative, one.phone)
    return {
        "address": _address(one),
        "name": one.name,
        "about": " · ".join(filter(None, about)),
        "figures": "",
        "status": text("search.no_loan", language()),
        "tone": "calm",
    }


def _voucher(one: FoundVoucher) -> dict[str, str]:
    what = text(f"event.{one.type}", language())
    figures = (dmy(one.value_date), vnd(one.amount) if one.amount else "")
    return {
        "name": one.number,
        "about": f"{one.borrower} · {one.contract_number}",
        "figures": " · ".join(filter(None, figures)),
        "status": text("search.reversed", language()) if one.is_reversed else what,
        "tone": "bad" if one.is_reversed else "calm",
    }


def _loan(one: FoundLoan) -> dict[str, str]:
    owes = text("search.outstanding", language(), amount=one.outstanding)
    figures = (owes if one.outstanding else "", _due(one.to_pay))
    return {
        "name": one.borrower,
        "about": f"{one.contract_number} · {one.source}",
        "figures": " · ".join(filter(None, figures)),
        "status": text(f"loan_state.{one.plain}", language()),
        "tone": tone(one.plain),
    }


def _due(found: ToPay) -> str:
    """Say what is to be paid today, else what comes next."""
    if found.amount:
        return text("search.to_pay", language(), amount=found.amount)
    if found.next_due is None:
        return ""
    day = dmy(found.next_due.due_date)
    return text("search.due", language(), day=day, amount=found.next_amount)
