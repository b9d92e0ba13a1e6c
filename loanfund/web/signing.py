"""Notices to be signed: a manager approves them, somebody says that they are signed."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.bound import bound
from loanfund.domain.errors import InvalidInputError, PermissionDeniedError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries.signing import (
    STEPS,
    Counts,
    count_to_sign,
    files_to_sign,
    notices_in_step,
)
from loanfund.services._notice import Issuer
from loanfund.services.signing import (
    Signing,
    approve_notices,
    discard_notices,
    sign_notices,
)
from loanfund.store.message import TO_APPROVE, TO_SIGN
from loanfund.web import database
from loanfund.web.context import edge, language, today
from loanfund.web.download import download
from loanfund.web.form import AtMost, Form, Required, TextField
from loanfund.web.letter import PDF, REFUSED, is_sure, rendered
from loanfund.web.limit import limited
from loanfund.web.login import can, requires, signed_in
from loanfund.web.search import loan_address
from loanfund.wording import text

TICKED = re.compile(r"notice-(\d{1,9})")

page = Blueprint("signing", __name__)


class StepForm(Form):
    """Why ticked notices are not sent after all; asked where they are not."""

    reason = TextField(validators=[Required(), AtMost(200)])


@page.get("/notices/signing")
@requires(Action.SIGN_NOTICE)
def show() -> ResponseReturnValue:
    """Show what waits to be approved, and what was approved and waits to be signed."""
    return _page(_fresh())


@page.get("/notices/signing.pdf")
@requires(Action.SIGN_NOTICE)
@limited(Use.PAPER)
def paper() -> ResponseReturnValue:
    """Give the approved notices in one file, to be printed and signed."""
    files = files_to_sign(database.session())
    if not files:
        return redirect(url_for("signing.show"))
    title = text("signing.file.title", language(), day=today())
    file = bound(files, title=title)
    return download(file, f"Thong-bao-cho-ky_{today().isoformat()}.pdf", PDF, inline=True)


@page.post("/notices/signing/approved")
@requires(Action.APPROVE_NOTICE, Grant.APPROVES)
def approved() -> ResponseReturnValue:
    """Approve the ticked notices, as they were seen."""
    forms, ticked = _fresh(), _ticked()
    if not (Form().sent() and _any(forms[TO_APPROVE], ticked)):
        return _page(forms), REFUSED
    try:
        found = approve_notices(database.session(), ticked, _issuer())
    except PermissionDeniedError as error:
        forms[TO_APPROVE].refuse(error)
        return _page(forms), REFUSED
    _say(found, "signing.approved")
    return redirect(url_for("signing.show"))


@page.post("/notices/signing/signed")
@requires(Action.SIGN_NOTICE)
def signed() -> ResponseReturnValue:
    """Say that the ticked notices are signed; letters go on to be handed over."""
    forms, ticked = _fresh(), _ticked()
    if not (Form().sent() and _any(forms[TO_SIGN], ticked)):
        return _page(forms), REFUSED
    if not is_sure(ticked):
        return _page(forms, asked=TO_SIGN), REFUSED
    found = sign_notices(database.session(), ticked, _issuer())
    _say(found, "signing.signed")
    if found.batch_id is None:
        return redirect(url_for("signing.show"))
    return redirect(url_for("letter.show", batch_id=found.batch_id))


@page.post("/notices/signing/discarded")
@requires(Action.SIGN_NOTICE)
def discarded() -> ResponseReturnValue:
    """Say that the ticked notices are not sent."""
    forms, ticked = _fresh(), _ticked()
    step = TO_SIGN if f"{TO_SIGN}-reason" in request.form else TO_APPROVE
    form = forms[step] = StepForm(prefix=f"{step}-")
    if form.sent() and _any(form, ticked):
        reason = form.reason.data or ""
        count = discard_notices(database.session(), ticked, reason, signed_in(), edge().clock)
        flash(text("signing.discarded", language(), count=count), "good")
        return redirect(url_for("signing.show"))
    return _page(forms), REFUSED


@page.app_context_processor
def counts() -> dict[str, Callable[[], Counts]]:
    """Let first pages say what waits to be approved and signed."""
    return {"to_be_signed": _counts}


def _counts() -> Counts:
    if not can(Action.SIGN_NOTICE):
        return Counts(0, 0)
    return count_to_sign(database.session())


def _fresh() -> dict[str, StepForm]:
    return {step: StepForm(formdata=None, prefix=f"{step}-") for step in STEPS}


def _issuer() -> Issuer:
    return Issuer(signed_in(), edge().clock, rendered)


def _ticked() -> list[int]:
    """Read which notices are ticked."""
    found = (TICKED.fullmatch(name) for name in request.form)
    return [int(one[1]) for one in found if one]


def _any(form: StepForm, ticked: list[int]) -> bool:
    if not ticked:
        form.refuse(InvalidInputError("no_notice"))
    return bool(ticked)


def _say(found: Signing, key: str) -> None:
    """Say how many went on, and which do not go as they were seen."""
    if found.count:
        flash(text(key, language(), count=found.count), "good")
    if found.changed:
        flash(text("signing.changed", language(), numbers=", ".join(found.changed)), "amber")


def _page(forms: dict[str, StepForm], asked: str = "") -> str:
    """Show the steps; `asked` is the one that somebody is asked about before it is done."""
    session = database.session()
    return render_template(
        "signing/show.html",
        steps={step: notices_in_step(session, step) for step in STEPS},
        forms=forms,
        asked=asked,
        takes_all=bool(request.args.get("all")),
        ticked=set(_ticked()),
        loan_address=loan_address,
    )
