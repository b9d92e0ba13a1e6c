"""What people choose for themselves: the language, and the day that forms begin with."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from loanfund.services.user import choose_language
from loanfund.web import database
from loanfund.web.context import LANGUAGE_COOKIE, edge, today
from loanfund.web.form import ChoiceField, DayField, Form, NotAfterToday, Required
from loanfund.web.login import public, requires_sign_in, visitor
from loanfund.web.paths import own_path
from loanfund.wording import LANGUAGES

page = Blueprint("preference", __name__)
A_YEAR = 365 * 24 * 60 * 60
REFUSED = 422


class LanguageForm(Form):
    """Which language, and the page to come back to."""

    language = ChoiceField(options=[(code, f"web.language.{code}") for code in LANGUAGES])
    next = HiddenField()


class WorkingDateForm(Form):
    """Which day, and the page to come back to."""

    day = DayField(validators=[Required(), NotAfterToday()], past=True)
    next = HiddenField()


@page.post("/language")
@public
def language() -> ResponseReturnValue:
    """Read everything in this language from now on."""
    form = LanguageForm()
    response = redirect(own_path(form.next.data))
    if form.sent():
        actor = visitor()
        if actor is not None:
            choose_language(database.session(), form.language.data, actor)
        secure = edge().settings.base_url.startswith("https:")
        chosen = form.language.data
        response.set_cookie(
            LANGUAGE_COOKIE, chosen, A_YEAR, secure=secure, httponly=True, samesite="Lax"
        )
    return response


@page.post("/working-date")
@requires_sign_in
def working_date() -> ResponseReturnValue:
    """Begin forms with this day until the session ends; today needs no remembering."""
    form = WorkingDateForm()
    back = own_path(form.next.data)
    if not form.sent():
        return render_template("preference/working_date.html", form=form, back=back), REFUSED
    if form.day.data is None or form.day.data == today():
        session.pop("working_date", None)
    else:
        session["working_date"] = form.day.data.isoformat()
    return redirect(back)
