"""Jobs, for the technical admin: what runs when, how it went, run it now, hold reminders."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import ConflictError, NotFoundError
from loanfund.domain.job import PLANS, Reason
from loanfund.domain.permission import Action, Grant
from loanfund.queries.job import job_lines, recent_runs, run_page, scheduler_line
from loanfund.queries.reminder import coming_messages, is_held
from loanfund.services.job import ask_for_run
from loanfund.services.reminder import hold_reminders
from loanfund.web import database
from loanfund.web.context import edge, has_mail, language, now, today
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

RUN = "/jobs/run/<int(max=2147483647):run_id>"

page = Blueprint("job", __name__)


@page.get("/jobs")
@requires(Action.RUN_JOBS, Grant.DOES)
def show() -> ResponseReturnValue:
    """List the jobs with their last and next runs."""
    session = database.session()
    return render_template(
        "job/show.html",
        jobs=job_lines(session, now()),
        runs=recent_runs(session),
        scheduler=scheduler_line(session, now()),
        coming=coming_messages(session, today(), has_mail=has_mail()),
        held=is_held(session, today()),
    )


@page.post("/jobs/<name>/run")
@requires(Action.RUN_JOBS, Grant.DOES)
def start(name: str) -> ResponseReturnValue:
    """Ask for the slot that today belongs to."""
    if name not in PLANS:
        raise NotFoundError("job_run", id=name)
    return _asked(name, PLANS[name].slot(today()))


@page.get(RUN)
@requires(Action.RUN_JOBS, Grant.DOES)
def run(run_id: int) -> ResponseReturnValue:
    """Show one run, while it runs and after."""
    found = run_page(database.session(), run_id)
    return render_template("job/run.html", found=found, line=found.line, now=now(), why=why)


@page.post(RUN)
@requires(Action.RUN_JOBS, Grant.DOES)
def again(run_id: int) -> ResponseReturnValue:
    """Ask for the same slot again, for the sake of what failed."""
    line = run_page(database.session(), run_id).line
    return _asked(line.job, line.slot)


@page.post("/reminders/held")
@requires(Action.HOLD_REMINDERS, Grant.DOES)
def hold() -> ResponseReturnValue:
    """Stop all reminders from going out."""
    hold_reminders(database.session(), signed_in(), edge().clock, held=True)
    return redirect(url_for("job.show"))


@page.post("/reminders/released")
@requires(Action.HOLD_REMINDERS, Grant.DOES)
def release() -> ResponseReturnValue:
    """Let reminders go out again."""
    hold_reminders(database.session(), signed_in(), edge().clock, held=False)
    return redirect(url_for("job.show"))


def why(reason: Reason) -> str:
    """Give the sentence of a reason."""
    return text(reason.key, language(), **reason.facts)


def _asked(name: str, slot: date) -> ResponseReturnValue:
    """Go to the run's page; a run that cannot be asked for is said on the list."""
    try:
        run_id = ask_for_run(database.session(), name, slot, signed_in(), edge().clock)
    except ConflictError as error:
        flash(explain(error, language()), "amber")
        return redirect(url_for("job.show"))
    return redirect(url_for("job.run", run_id=run_id))
