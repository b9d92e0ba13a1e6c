"""Months: which are closed, what the next one needs, and what restates a closed one (S19)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from loanfund.documents.report_paper import render_report
from loanfund.domain.book_voucher import MONTHLY, Booking
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import (
    ConflictError,
    NotFoundError,
    RuleViolationError,
    UnreadableLoanError,
)
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.report import Report
from loanfund.queries.closing import closing_minutes, restatements, vouchers_of_month
from loanfund.queries.locked import locked_tables
from loanfund.queries.period import ClosedMonth, closed_month, closed_months, next_month
from loanfund.services import _proposable
from loanfund.services._closing import table_fingerprint
from loanfund.services.book_voucher import issue_month_voucher
from loanfund.services.period import would_lock
from loanfund.services.proposal import Propose, propose
from loanfund.web import again, database
from loanfund.web.behind import Ways
from loanfund.web.book_voucher import rendered_voucher
from loanfund.web.context import edge, language, today
from loanfund.web.download import download
from loanfund.web.form import AtMost, KeyedForm, TextField
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.web.report import PDF, file_name, frame, shortened
from loanfund.wording import text

REFUSED = 422
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
YEAR_ONE = "1900"  # no fund is older

page = Blueprint("period", __name__)


class CloseForm(KeyedForm):
    """A word to whoever confirms; `shown` says which table stood on the page."""

    shown = HiddenField()
    note = TextField(validators=[AtMost(200)])


@page.get("/period")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show the months, and the next one with what stands in its way."""
    found = again.returned()
    note = found.line.note if found else None
    return _page(CloseForm(formdata=None, note=note))


@page.post("/period")
@requires(Action.CLOSE_MONTH, Grant.PROPOSES)
def suggest() -> ResponseReturnValue:
    """Propose to close the next month on what stands of every loan and source."""
    form, found = CloseForm(), next_month(database.session(), today())
    if found is None:
        return redirect(url_for("period.show"))
    if form.sent():
        asked = _proposable.closing(found.month_end, form.shown.data or "")
        request = Propose(
            proposed=asked, note=again.named(form.note.data), key=form.request_key.data or ""
        )
        try:
            number = propose(database.session(), request, signed_in(), edge().clock)
        except (RuleViolationError, ConflictError) as error:
            form.refuse(error)
        else:
            flash(text("period.proposed", language()), "good")
            return redirect(url_for("proposal.one", proposal_id=number))
    return _page(form), REFUSED


@page.get("/period/<month>")
@requires(Action.SEE_REPORTS, Grant.DOES)
def one(month: str) -> ResponseReturnValue:
    """Show a closed month: what was locked, and what was booked for it since."""
    found = _closed(month)
    session = database.session()
    table, hidden = shortened(restatements(session, found.after, found.month_end))
    if found.is_earlier:
        return render_template(
            "period/earlier.html",
            found=found,
            restated=table,
            ways_now=Ways(found.month_end, None),
            hidden=hidden,
        )
    report = _minutes(found)
    return render_template(
        "period/one.html",
        found=found,
        report=report,
        ways=Ways.of(report),
        restated=table,
        ways_now=Ways(found.month_end, None),
        hidden=hidden,
        vouchers=vouchers_of_month(session, found.month_end),
    )


@page.get("/period/<month>.pdf")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
def paper(month: str) -> ResponseReturnValue:
    """Give the minutes of a close to sign."""
    found = _with_minutes(month)
    report = _minutes(found)
    around = replace(frame(report), made_by=found.closed_by)
    return download(render_report(report, around), file_name(report, "pdf"), PDF, inline=True)


@page.post("/period/<month>/voucher/<booking>")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
@limited(Use.PAPER)
def voucher(month: str, booking: str) -> ResponseReturnValue:
    """Issue the voucher of what a closed month booked, once, and go to its file."""
    last = _with_minutes(month).month_end
    if booking not in MONTHLY:
        raise NotFoundError("voucher")
    number = issue_month_voucher(
        database.session(), Booking(booking), last, signed_in(), edge().clock, rendered_voucher
    )
    return redirect(url_for("voucher.file", number=number))


def _page(form: CloseForm) -> str:
    session = database.session()
    months, found = closed_months(session), next_month(session, today())
    locked = None
    try:
        locked = would_lock(session, found.month_end) if found else None
    except UnreadableLoanError as error:
        form.refuse(error)
    form.shown.data = table_fingerprint(locked) if locked else ""
    return render_template(
        "period/show.html",
        months=months,
        next=found,
        form=form,
        locked=locked,
        tables=locked_tables(session, locked, found.month_end) if found and locked else (),
        ways=Ways(found.month_end, None) if found else None,
    )


def _minutes(found: ClosedMonth) -> Report:
    people = found.closed_by, found.confirmed_by
    return closing_minutes(database.session(), found.month_end, people)


def _closed(month: str) -> ClosedMonth:
    """Give a closed month by its name in addresses, 2020-05."""
    if not MONTH.fullmatch(month) or month < YEAR_ONE:
        raise NotFoundError("period", month=month)
    day = month_end(date.fromisoformat(f"{month}-01"))
    found = closed_month(database.session(), day)
    if found is None:
        raise NotFoundError("period", month=f"{day:%m}/{month[:4]}")
    return found


def _with_minutes(month: str) -> ClosedMonth:
    """Give a month that was closed itself, and not along with a later one."""
    found = _closed(month)
    if found.is_earlier:
        day = found.closed_with
        raise NotFoundError("minutes", month=f"{day:%m/%Y}")
    return found
