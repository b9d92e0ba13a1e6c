"""Settings and the fund's profile: what holds, since when and by whom; changes are proposed."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.setting import GROUP_OF, SETTINGS
from loanfund.queries.setting_page import (
    Effect,
    setting_effect,
    setting_groups,
    source_names,
    value_on,
)
from loanfund.services import _proposable
from loanfund.services._proposable import read_settings
from loanfund.services._setting import SetSetting
from loanfund.services._setting_impact import setting_impact
from loanfund.services.proposal import Propose, propose
from loanfund.web import again, database
from loanfund.web.asked import asked_moment
from loanfund.web.context import edge, language, today, working_date
from loanfund.web.form import as_typed
from loanfund.web.grave import grave
from loanfund.web.login import requires, signed_in
from loanfund.web.setting_form import SettingForm, setting_form
from loanfund.web.setting_value import say, to_field
from loanfund.wording import dmy, text

REFUSED = 422
GRAVE = frozenset({"fund_bank_account"})  # where borrowers are told to pay
CHANGE = "/settings/<key>/change"

page = Blueprint("setting", __name__)


@page.get("/settings")
@requires(Action.CHANGE_SETTINGS, Grant.PROPOSES, Grant.APPROVES, Grant.READS)
def show() -> ResponseReturnValue:
    """Show every setting with its value today, its history and what is coming."""
    moment = asked_moment(ahead=True)
    groups = setting_groups(database.session(), moment)
    return render_template("setting/show.html", groups=groups, moment=moment)


@page.get(CHANGE)
@requires(Action.CHANGE_SETTINGS, Grant.PROPOSES)
def ask(key: str) -> ResponseReturnValue:
    """Ask for another value, beginning with the one in force."""
    session = database.session()
    _check_key(key)
    held = to_field(value_on(session, key, working_date()))
    first = _again(key) or {"value": held, "valid_from": working_date()}
    form = setting_form(key, source_names(session), formdata=None, **first)
    return _page(key, form, _first_effect(key, form))


@page.post(CHANGE)
@requires(Action.CHANGE_SETTINGS, Grant.PROPOSES)
@grave(lambda: _is_sent() and (request.view_args or {}).get("key") in GRAVE)
def offer(key: str) -> ResponseReturnValue:
    """Show what a value would change; once that was seen, propose it to a manager."""
    _check_key(key)
    session = database.session()
    form = setting_form(key, source_names(session))
    effect = _effect(key, form) if form.is_possible(key) else None
    if effect is None or form.errors or not _was_shown(form.request(key)):
        return _page(key, form, effect), REFUSED if form.errors else 200
    asked = Propose(
        proposed=_proposable.settings((form.request(key),)),
        note=again.named(form.note.data or None),
        key=form.request_key.data or "",
    )
    number = propose(session, asked, signed_in(), edge().clock)
    flash(text("setting.proposed", language()), "good")
    return redirect(url_for("proposal.one", proposal_id=number))


@page.app_template_filter("setting_value")
def setting_value(value: object, key: str) -> str:
    """Write a value as the pages of settings say it."""
    return say(value, key)


def _again(key: str) -> dict[str, Any]:
    """Give what was proposed of this setting and came back."""
    found = again.returned()
    if found is None or found.line.kind is not ProposalKind.SETTINGS:
        return {}
    asked = next((one for one in read_settings(found.payload) if one.key == key), None)
    if asked is None:
        return {}
    held = {"value": to_field(asked.value), "valid_from": asked.valid_from}
    return held | {"source": asked.source_code or "", "note": found.line.note or ""}


def _was_shown(asked: SetSetting) -> bool:
    """Say whether exactly this was shown with what it affects, and is now sent."""
    return _is_sent() and request.form.get("shown") == _seen(asked)


def _is_sent() -> bool:
    return request.form.get("act") == "propose"


def _seen(asked: SetSetting) -> str:
    return json.dumps([asked.value, asked.valid_from.isoformat(), asked.source_code])


def _check_key(key: str) -> None:
    if key not in SETTINGS:
        raise NotFoundError("setting", key=key)


def _effect(key: str, form: SettingForm) -> Effect:
    """Give what would change; what would move a closed month is refused beside its day."""
    asked = form.request(key)
    facts = (asked.value, asked.valid_from, asked.source_code)
    effect = setting_effect(database.session(), key, *facts)
    if effect.is_refused and effect.closed is not None:
        name, closed = text(f"setting.key.{key}", language()), dmy(effect.closed)
        field = "value" if key == "holidays" else "valid_from"
        form.refuse(
            InvalidInputError("setting_in_closed_month", field=name, closed=closed), field
        )
    return effect


def _first_effect(key: str, form: SettingForm) -> Effect | None:
    """Give what the form begins with would change; what stands already changes nothing.

    What came back and cannot be any more is said beside its field.
    """
    names = [one.name for one in form if not isinstance(one, HiddenField)]
    begun = MultiDict({name: as_typed(form[name]) for name in names})
    sources = source_names(database.session())
    first = setting_form(key, sources, formdata=begun, meta={"csrf": False})
    effect = _effect(key, first) if first.is_possible(key) else None
    if again.returned() is None:
        return effect if effect and effect.before != first.request(key).value else None
    for name in names:
        form[name].errors = first[name].errors
    return effect


def _page(key: str, form: SettingForm, effect: Effect | None = None) -> str:
    asked = form.request(key) if effect and not form.errors else None
    return render_template(
        "setting/change.html",
        key=key,
        kind=SETTINGS[key],
        group=GROUP_OF[key],
        form=form,
        effect=effect if asked else None,
        impact=setting_impact(database.session(), (asked,), today()) if asked else None,
        asked=asked,
        seen=_seen(asked) if asked else "",
    )
