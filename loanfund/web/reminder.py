"""Reminders, for the fund's people: what goes out next, what went out, what waits."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Action, Grant
from loanfund.queries.letter import open_batches
from loanfund.queries.reminder import (
    coming_messages,
    is_held,
    letters_waiting,
    message_log,
    message_page,
    open_tasks,
)
from loanfund.queries.reminder_log import ENDS, current_pauses, lapsed_since, reminder_log
from loanfund.queries.statements import months_of_statements
from loanfund.services.letter import TakeBack, take_back_hand_over
from loanfund.web import database
from loanfund.web.asked import asked_choice, asked_page
from loanfund.web.context import edge, has_mail, language, today
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.login import requires, signed_in
from loanfund.web.search import loan_address
from loanfund.wording import text

STATES = (
    "planned",
    "sending",
    "printed",
    "sent",
    "failed",
    "merged",
    "cancelled",
    "lapsed",
)
REFUSED = 422
MESSAGE = "/reminders/<int(max=2147483647):message_id>"
A_WEEK = timedelta(days=7)

page = Blueprint("reminder", __name__)


class TakeBackForm(Form):
    """How it came about that a letter was wrongly said to have been handed over."""

    reason = TextField(validators=[Required(), AtMost(200)])


@page.get("/reminders")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show what the next working day sends, what waits for people, and the log."""
    session, state = database.session(), asked_choice("state", STATES)
    return render_template(
        "reminder/show.html",
        coming=coming_messages(session, today(), has_mail=has_mail()),
        letters=letters_waiting(session),
        batches=open_batches(session),
        pauses=current_pauses(session, today()),
        tasks=open_tasks(session, today()),
        log=message_log(session, asked_page(), state),
        state=state,
        states=STATES,
        held=is_held(session, today()),
        lapsed=lapsed_since(session, today() - A_WEEK),
        months=months_of_statements(session),
        address=lambda number: url_for("reminder.show", page=number, state=state or None),
        loan_address=loan_address,
    )


@page.get("/reminders/each")
@requires(Action.SEE_REPORTS, Grant.DOES)
def each() -> ResponseReturnValue:
    """Show every reminder with what became of it."""
    state = asked_choice("state", ENDS)
    return render_template(
        "reminder/log.html",
        log=reminder_log(database.session(), asked_page(), state),
        state=state,
        states=ENDS,
        address=lambda number: url_for("reminder.each", page=number, state=state or None),
        loan_address=loan_address,
    )


@page.get(MESSAGE)
@requires(Action.SEE_REPORTS, Grant.DOES)
def message(message_id: int) -> ResponseReturnValue:
    """Show one message as it was sent."""
    return _message(message_id, TakeBackForm(formdata=None))


@page.post(f"{MESSAGE}/take-back")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
def take_back(message_id: int) -> ResponseReturnValue:
    """Say that a letter was not handed over yet after all."""
    session, form = database.session(), TakeBackForm()
    if form.sent():
        asked = TakeBack(message_id=message_id, reason=form.reason.data or "")
        try:
            take_back_hand_over(session, asked, signed_in(), edge().clock)
        except ConflictError as error:
            form.refuse(error, "reason")
        else:
            flash(text("letter.taken_back", language()), "good")
            return redirect(url_for("reminder.message", message_id=message_id))
    return _message(message_id, form), REFUSED


def _message(message_id: int, form: TakeBackForm) -> str:
    found = message_page(database.session(), message_id)
    return render_template(
        "reminder/message.html", found=found, form=form, loan_address=loan_address
    )
