"""The public page on which anybody checks a paper by its code (S21)."""

from __future__ import annotations

import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.rate_limit import Use
from loanfund.queries.verification import CODE_LENGTH, read_code, verified_paper
from loanfund.web import database
from loanfund.web.limit import limited
from loanfund.web.login import public

UNKNOWN = 404
NUMBER = re.compile(r"[A-Z]{2,3}20\d{8}")  # such as SK-2020/000081
TONES = {
    "valid": "good",
    "replaced": "amber",
    "outdated": "bad",
    "voided": "bad",
    "unsent": "bad",
}

page = Blueprint("verification", __name__)


@page.get("/verify")
@public
def ask() -> ResponseReturnValue:
    """Ask for the code, and go to what it says."""
    typed = read_code(request.args.get("code", ""))[: 2 * CODE_LENGTH]
    if typed:
        return redirect(url_for("verification.show", code=typed))
    return render_template("verification/show.html", found=None, code="")


@page.get("/verify/<code>")
@public
@limited(Use.VERIFICATION)
def show(code: str) -> ResponseReturnValue:
    """Say whether the paper with this code counts, without any name."""
    wanted = read_code(code)[: 2 * CODE_LENGTH]
    found = verified_paper(database.session(), wanted)
    facts = {"code": wanted, "why": _why(wanted), "length": CODE_LENGTH, "tones": TONES}
    shown = render_template("verification/show.html", found=found, **facts)
    return shown, 200 if found else UNKNOWN


def _why(code: str) -> str:
    """Say what is told of a code that nothing has: it may be none, or a paper's number."""
    if NUMBER.fullmatch(code):
        return "is_number"
    return "unknown" if len(code) == CODE_LENGTH else "no_code"
