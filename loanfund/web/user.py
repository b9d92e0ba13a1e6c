"""People, for the technical admin: who there is, invite, disable, and give a role (by two)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import STAFF, Action, Grant
from loanfund.queries.proposal import waiting_proposals
from loanfund.queries.user import user_line, users
from loanfund.services._person import GiveRole
from loanfund.services._proposable import role_change
from loanfund.services.proposal import Propose, propose
from loanfund.services.user import disable_user, enable_user, issue_link, mail_link
from loanfund.web import database
from loanfund.web.context import edge, has_mail, language, now
from loanfund.web.form import AtMost, ChoiceField, Form, Required, TextField
from loanfund.web.grave import grave
from loanfund.web.login import requires, signed_in
from loanfund.wording import explain, text

USER = "/users/<int(max=2147483647):user_id>"
ROLES = tuple((role, f"role.{role}") for role in STAFF)
REFUSED = 422

page = Blueprint("user", __name__)


class RoleForm(Form):
    """Which role somebody is to have."""

    role = ChoiceField(options=ROLES)


class InviteForm(RoleForm):
    """A new person and their role."""

    name = TextField(validators=[Required(), AtMost(200)])
    email = TextField(validators=[Required(), AtMost(120)])


@page.get("/users")
@requires(Action.MANAGE_USERS, Grant.DOES)
def show() -> ResponseReturnValue:
    """List everybody, and what waits for the second person."""
    return _page(InviteForm(formdata=None))


@page.post("/users/invite")
@requires(Action.GIVE_ROLE, Grant.PROPOSES)
@grave()
def invite() -> ResponseReturnValue:
    """Propose a new person in a role."""
    form = InviteForm()
    if form.sent():
        asked = GiveRole(
            email=form.email.data or "", name=form.name.data or "", role=form.role.data
        )
        try:
            return _proposed(asked)
        except (InvalidInputError, PermissionDeniedError) as error:
            form.refuse(error, "email")
    return _page(form), REFUSED


@page.post(f"{USER}/role")
@requires(Action.GIVE_ROLE, Grant.PROPOSES)
@grave()
def give_role(user_id: int) -> ResponseReturnValue:
    """Propose another role for somebody."""
    one, form = user_line(database.session(), user_id), RoleForm()
    if not form.sent():
        return _page(InviteForm(formdata=None), form), REFUSED
    asked = GiveRole(email=one.email, name=one.name, role=form.role.data, was=one.role.value)
    try:
        return _proposed(asked)
    except (InvalidInputError, PermissionDeniedError) as error:
        return _refused(explain(error, language()))


@page.post(f"{USER}/disable")
@requires(Action.MANAGE_USERS, Grant.DOES)
def disable(user_id: int) -> ResponseReturnValue:
    """Let somebody in no longer, from the next request on."""
    one = user_line(database.session(), user_id)
    try:
        disable_user(database.session(), one.email, signed_in(), now=now())
    except PermissionDeniedError as error:
        return _refused(explain(error, language()))
    return _done("user.done.disabled", one.name)


@page.post(f"{USER}/enable")
@requires(Action.MANAGE_USERS, Grant.DOES)
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    one = user_line(database.session(), user_id)
    enable_user(database.session(), one.email, signed_in(), now=now())
    return _done("user.done.enabled", one.name)


@page.post(f"{USER}/link")
@requires(Action.MANAGE_USERS, Grant.DOES)
@grave()
def link(user_id: int) -> ResponseReturnValue:
    """Show, this once, the link by which somebody chooses a password."""
    one = user_line(database.session(), user_id)
    if one.is_disabled:
        return _refused(text("user.link.disabled", language(), name=one.name))
    secret = issue_link(database.session(), one.email, signed_in(), now=now())
    address = f"{edge().settings.base_url}/password/{secret}"
    return render_template("user/link.html", one=one, address=address)


@page.post(f"{USER}/mail")
@requires(Action.MANAGE_USERS, Grant.DOES)
def mail(user_id: int) -> ResponseReturnValue:
    """Let such a link go by mail; the administrator does not see it."""
    one = user_line(database.session(), user_id)
    if not has_mail():
        raise NotFoundError("mail")
    if one.is_disabled:
        return _refused(text("user.link.disabled", language(), name=one.name))
    mail_link(database.session(), one.email, signed_in(), now=now())
    return _done("user.done.mailed", one.name)


def _proposed(asked: GiveRole) -> ResponseReturnValue:
    actor, session = signed_in(), database.session()
    try:
        propose(session, Propose(proposed=role_change(asked, actor)), actor, edge().clock)
    except ConflictError as error:
        return _refused(explain(error, language()))
    return _done("user.done.proposed", asked.name)


def _done(key: str, name: str) -> ResponseReturnValue:
    flash(text(key, language(), name=name), "good")
    return redirect(url_for("user.show"))


def _refused(sentence: str) -> ResponseReturnValue:
    flash(sentence, "bad")
    return redirect(url_for("user.show"))


def _page(form: InviteForm, wrong: Form | None = None) -> str:
    session = database.session()
    return render_template(
        "user/show.html",
        form=form,
        wrong=wrong,
        people=users(session),
        waiting=waiting_proposals(session, signed_in()),
        roles=ROLES,
        own=signed_in().user_id,
    )
