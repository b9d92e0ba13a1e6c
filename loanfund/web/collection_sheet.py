"""The monthly collection sheet: filled in by keyboard, reviewed, posted as one batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.clock import OFFICE
from loanfund.domain.errors import ConflictError, InvalidInputError, RuleViolationError
from loanfund.domain.permission import Action
from loanfund.domain.rate_limit import Use
from loanfund.queries.collection_batch import latest_batches
from loanfund.queries.collection_sheet import AskedSheet, months_to_choose, sheet
from loanfund.queries.loan_list import NO_AREA
from loanfund.queries.report_collection import list_to_collect
from loanfund.services.collection_draft import save_draft
from loanfund.services.collection_sheet import post_sheet
from loanfund.store.lock import closed_through
from loanfund.web import database
from loanfund.web.collection_desk import Desk, desk_asked, desk_kept, desk_sent, sheet_asked
from loanfund.web.collection_form import asked_sheet, sent_draft
from loanfund.web.context import edge, language, now, today, working_date
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.web.paths import came_back
from loanfund.web.report import as_paper
from loanfund.web.search import loan_address
from loanfund.wording import text

OK, REFUSED = 200, 422

page = Blueprint("collection_sheet", __name__)


@page.get("/collection-sheet")
@requires(Action.RECORD_COLLECTION_SHEET)
def show() -> ResponseReturnValue:
    """Show the sheet of a month, blank but for what was typed and not posted."""
    return _page(desk_asked())


@page.post("/collection-sheet")
@requires(Action.RECORD_COLLECTION_SHEET)
def record() -> ResponseReturnValue:
    """Fill, review or post what is typed; only what a review showed is posted."""
    desk = desk_sent()
    act = desk.head.act.data
    if act == "fill":
        desk.fill()
    if act == "post" and desk.is_posted():
        return _posted(desk)
    if act in ("review", "post") and desk.is_ready():
        if act == "review":
            return _to_review(desk)
        is_reviewed = desk.is_reviewed() and desk.is_decided()
        return _posted(desk) if is_reviewed else _reviewed(desk)
    return _page(desk)


@page.get("/collection-sheet/review")
@requires(Action.RECORD_COLLECTION_SHEET)
def review() -> ResponseReturnValue:
    """Show what posting the rows that are kept would do."""
    desk = desk_kept()
    if not desk.entered:
        return redirect(address(desk.asked))
    return _reviewed(desk) if desk.is_ready() else _page(desk)


@page.post("/collection-sheet/draft")
@requires(Action.RECORD_COLLECTION_SHEET)
def keep() -> ResponseReturnValue:
    """Keep what is typed; a script hears when, everybody else goes on with the sheet."""
    if came_back():
        return _page(desk_sent())
    asked = asked_sheet(request.form, working_date(), today())
    save_draft(database.session(), sent_draft(asked), signed_in(), now())
    said = text("collection_sheet.saved", language(), at=f"{now().astimezone(OFFICE):%H:%M}")
    if request.headers.get("Accept") == "application/json":
        return {"said": said}
    flash(said, "good")
    return redirect(address(asked))


@page.get("/collection-sheet/due.pdf")
@requires(Action.RECORD_COLLECTION_SHEET)
@limited(Use.PAPER)
def paper() -> ResponseReturnValue:
    """Give the list of what is to be collected, with room to sign on each row."""
    asked = sheet_asked()
    found, _ = sheet(database.session(), asked, today())
    area = text("loan_list.none", "vi") if asked.area == NO_AREA else asked.area
    return as_paper(list_to_collect(found, asked.source, area))


def address(asked: AskedSheet, endpoint: str = "collection_sheet.show", **but: Any) -> str:
    """Give the address of a sheet, or of its list."""
    asked = replace(asked, **but)
    return url_for(
        endpoint,
        month=f"{asked.month:%Y-%m}",
        source=asked.source or None,
        area=asked.area or None,
    )


def _posted(desk: Desk) -> ResponseReturnValue:
    """Post, and go to the batch; a refusal shows the sheet as it stands by now."""
    try:
        done = post_sheet(database.session(), desk.request(), signed_in(), edge().clock)
    except (RuleViolationError, ConflictError, InvalidInputError) as error:
        desk.refuse(error)
        desk.read_again()
        return _page(desk)
    again = 1 if done.replayed else None
    # The batch knows its month and source, and not of which area the sheet was.
    back = address(desk.asked) if desk.asked.area else None
    batch_id = done.result["batch"]
    return redirect(url_for("collection_batch.show", batch_id=batch_id, again=again, back=back))


def _to_review(desk: Desk) -> ResponseReturnValue:
    """Keep what is typed and go to its review, which so has an address to come back to."""
    desk.review()
    if desk.problems:
        return _page(desk)
    save_draft(database.session(), sent_draft(desk.asked), signed_in(), now())
    return redirect(address(desk.asked, "collection_sheet.review"))


def _reviewed(desk: Desk) -> ResponseReturnValue:
    found = desk.review()
    if desk.problems:
        return _page(desk)
    shown = render_template("collection_sheet/review.html", desk=desk, review=found)
    return shown, OK if desk.is_decided() else REFUSED


def _page(desk: Desk) -> ResponseReturnValue:
    session, day = database.session(), desk.head.day.data
    closed = closed_through(session)
    page_ = render_template(
        "collection_sheet/show.html",
        desk=desk,
        months=months_to_choose(today(), desk.asked.month),
        batches=latest_batches(session, desk.asked.month),
        is_closed_month=closed is not None and day is not None and day <= closed,
        address=address,
        loan_address=loan_address,
        unassigned=NO_AREA,
    )
    return page_, REFUSED if desk.problems or desk.head.errors else OK
