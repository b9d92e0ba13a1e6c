"""Pause one borrower's reminders, or let them go again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.permission import Action
from loanfund.domain.reminder import PauseReason
from loanfund.queries.borrower import borrower_facts
from loanfund.queries.reminder_log import current_pause
from loanfund.services.reminder_pause import Pause, pause_reminders, resume_reminders
from loanfund.web import database
from loanfund.web.context import edge, language, today
from loanfund.web.form import UNCHOSEN, AtMost, ChoiceField, DayField, Form, Required, TextField
from loanfund.web.login import requires, signed_in
from loanfund.wording import text

REFUSED = 422
PAUSE = "/borrower/<int(max=2147483647):borrower_id>/pause"

page = Blueprint("reminder_pause", __name__)


class PauseForm(Form):
    """Why reminders do not go out, and through which day."""

    reason = ChoiceField(
        default="",
        options=[UNCHOSEN, *((one, f"reminder_pause.reason.{one}") for one in PauseReason)],
        validators=[Required()],
    )
    last_day = DayField(validators=[Required()])
    note = TextField(validators=[AtMost(300)])


@page.get(PAUSE)
@requires(Action.PAUSE_REMINDERS)
def show(borrower_id: int) -> ResponseReturnValue:
    """Ask why and through which day, beginning with what stands."""
    facts, _ = borrower_facts(database.session(), borrower_id)
    known = current_pause(database.session(), borrower_id, today())
    form = PauseForm(formdata=None, obj=known)
    return _page(borrower_id, facts.name, form)


@page.post(PAUSE)
@requires(Action.PAUSE_REMINDERS)
def pause(borrower_id: int) -> ResponseReturnValue:
    """Pause the borrower's reminders."""
    session, form = database.session(), PauseForm()
    facts, _ = borrower_facts(session, borrower_id)
    if form.sent() and form.last_day.data:
        asked = Pause(
            borrower_id=borrower_id,
            reason=PauseReason(form.reason.data),
            last_day=form.last_day.data,
            note=form.note.data or None,
        )
        try:
            pause_reminders(session, asked, signed_in(), edge().clock)
        except InvalidInputError as error:
            form.refuse(error, "last_day")
        else:
            flash(text("reminder_pause.done", language(), day=asked.last_day), "good")
            return redirect(url_for("borrower.show", borrower_id=borrower_id))
    return _page(borrower_id, facts.name, form), REFUSED


@page.post("/borrower/<int(max=2147483647):borrower_id>/resume")
@requires(Action.PAUSE_REMINDERS)
def resume(borrower_id: int) -> ResponseReturnValue:
    """Let the borrower's reminders go out again."""
    session = database.session()
    borrower_facts(session, borrower_id)
    resume_reminders(session, borrower_id, signed_in(), edge().clock)
    flash(text("reminder_pause.resumed", language()), "good")
    return redirect(url_for("borrower.show", borrower_id=borrower_id))


def _page(borrower_id: int, name: str, form: PauseForm) -> str:
    return render_template(
        "reminder_pause/show.html", borrower_id=borrower_id, name=name, form=form
    )
