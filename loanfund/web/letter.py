"""Letters: print those that wait, then say of each whether it was handed over."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.bound import bound
from loanfund.documents.layout import imprint
from loanfund.documents.notice import render_notice
from loanfund.documents.reminder_letter import render_letter
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.issue import Issue
from loanfund.domain.notice import Notice
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries.letter import Batch, letter_batch, letter_files
from loanfund.services._notice import Issuer
from loanfund.services.letter import (
    Discard,
    HandOver,
    discard_letters,
    hand_over,
    print_letters,
)
from loanfund.web import database
from loanfund.web.context import edge, language, today
from loanfund.web.download import download
from loanfund.web.form import AtMost, DayField, Form, NotAfterToday, Required, TextField
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

BATCH = "/letters/<int(max=2147483647):batch_id>"
TICKED = re.compile(r"letter-(\d{1,9})")
REFUSED = 422
PDF = "application/pdf"

page = Blueprint("letter", __name__)


class HandOverForm(Form):
    """On which day letters reached their borrowers, and how."""

    day = DayField(validators=[Required(), NotAfterToday()], past=True)
    remark = TextField(validators=[AtMost(200)])


class DiscardForm(Form):
    """Why letters are not sent after all."""

    reason = TextField(validators=[Required(), AtMost(200)])


@page.post("/letters")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
@limited(Use.PAPER)
def print_all() -> ResponseReturnValue:
    """Print every letter that waits, and go to the batch with its file."""
    issuer = Issuer(signed_in(), edge().clock, rendered)
    try:
        printed = print_letters(database.session(), issuer, render_letter)
    except ConflictError as error:
        flash(explain(error, language()), "amber")
        return redirect(url_for("reminder.show"))
    if printed.to_approve:
        flash(text("letter.to_approve", language(), count=printed.to_approve), "amber")
    if printed.blocked:
        flash(text("letter.blocked", language(), names=", ".join(printed.blocked)), "amber")
    if printed.batch_id is None:
        return redirect(url_for("reminder.show"))
    return redirect(url_for("letter.show", batch_id=printed.batch_id))


@page.get(BATCH)
@requires(Action.ISSUE_PAPERS, Grant.DOES, Grant.READS)
def show(batch_id: int) -> ResponseReturnValue:
    """Show a batch: its file, and what became of each letter."""
    forms = HandOverForm(formdata=None, day=today()), DiscardForm(formdata=None)
    return _page(letter_batch(database.session(), batch_id), *forms)


@page.get(f"{BATCH}.pdf")
@requires(Action.ISSUE_PAPERS, Grant.DOES, Grant.READS)
@limited(Use.PAPER)
def paper(batch_id: int) -> ResponseReturnValue:
    """Give the letters of a batch in one file, as they were printed."""
    session = database.session()
    day = letter_batch(session, batch_id).printed_on
    title = text("letter.title", language(), number=batch_id, day=day)
    file = bound(letter_files(session, batch_id), title=title)
    return download(file, f"Thu-nhac-no_{day.isoformat()}_{batch_id}.pdf", PDF, inline=True)


@page.post(f"{BATCH}/handed-over")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
def handed_over(batch_id: int) -> ResponseReturnValue:
    """Say that the ticked letters reached their borrowers."""
    session, form, ticked = database.session(), HandOverForm(), _ticked()
    found = letter_batch(session, batch_id)
    if form.sent() and _any(form, ticked, "day") and form.day.data:
        if not is_sure(ticked):
            discard = DiscardForm(formdata=None)
            return _page(found, form, discard, asked="handed_over"), REFUSED
        asked = HandOver(
            batch_id=batch_id,
            message_ids=ticked,
            day=form.day.data,
            remark=form.remark.data or None,
        )
        try:
            hand_over(session, asked, signed_in(), edge().clock)
        except InvalidInputError as error:
            form.refuse(error, "day")
        else:
            flash(text("letter.handed_over", language(), count=len(ticked)), "good")
            return redirect(url_for("letter.show", batch_id=batch_id))
    return _page(found, form, DiscardForm(formdata=None)), REFUSED


@page.post(f"{BATCH}/discarded")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
def discarded(batch_id: int) -> ResponseReturnValue:
    """Say that the ticked letters are not sent."""
    session, form, ticked = database.session(), DiscardForm(), _ticked()
    found = letter_batch(session, batch_id)
    if form.sent() and _any(form, ticked, "reason"):
        if not is_sure(ticked):
            fresh = HandOverForm(formdata=None, day=today())
            return _page(found, fresh, form, asked="discarded"), REFUSED
        asked = Discard(batch_id=batch_id, message_ids=ticked, reason=form.reason.data or "")
        discard_letters(session, asked, signed_in(), edge().clock)
        flash(text("letter.discarded", language(), count=len(ticked)), "good")
        return redirect(url_for("letter.show", batch_id=batch_id))
    return _page(found, HandOverForm(formdata=None, day=today()), form), REFUSED


def _ticked() -> list[int]:
    """Read which letters are ticked."""
    found = (TICKED.fullmatch(name) for name in request.form)
    return [int(one[1]) for one in found if one]


def _any(form: Form, ticked: list[int], field: str) -> bool:
    if not ticked:
        form.refuse(InvalidInputError("no_letter", field=field))
    return bool(ticked)


def is_sure(ticked: list[int]) -> bool:
    """Tell whether the question was answered, and about so many as are ticked now."""
    return request.form.get("sure") == str(len(ticked))


def _page(
    found: Batch, hand_over_form: HandOverForm, discard_form: DiscardForm, asked: str = ""
) -> str:
    """Show the batch; `asked` is the act that somebody is asked about before it is done."""
    ticked = set(_ticked())
    if request.args.get("all"):
        ticked = {one.message_id for one in found.open_letters}
    return render_template(
        "letter/show.html",
        found=found,
        hand_over=hand_over_form,
        discard=discard_form,
        ticked=ticked,
        named=[one.borrower for one in found.open_letters if one.message_id in ticked],
        asked=asked,
    )


def rendered(found: Notice, issue: Issue) -> bytes:
    """Give a notice as its paper."""
    return render_notice(found, imprint(issue, edge().settings.base_url))
