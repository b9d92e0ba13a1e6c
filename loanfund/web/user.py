"""People, for the technical admin: who there is, invite, disable, and give a role (by two)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from loanfund.domain.permission import STAFF, Action, Grant
from loanfund.domain.proposal import ProposalKind
from loanfund.queries.account_notice import AccountNotice, account_notices
from loanfund.queries.proposal import waiting_proposals
from loanfund.queries.user import user_line, users
from loanfund.services._person import GiveRole, refuse_known
from loanfund.services._proposable import Proposed, factor_off, link_for, role_change
from loanfund.services.link import confirm_user
from loanfund.services.proposal import Propose, propose
from loanfund.services.user import (
    disable_user,
    enable_user,
    issue_link,
    mail_link,
    read_news,
)
from loanfund.web import database
from loanfund.web.context import edge, has_mail, language, now
from loanfund.web.form import AtMost, ChoiceField, Form, Required, TextField, WholeField
from loanfund.web.grave import grave
from loanfund.web.login import can, requires, signed_in
from loanfund.wording import explain, text

USER = "/users/<int(max=2147483647):user_id>"
ROLES = tuple((role, f"role.{role}") for role in STAFF)
REFUSED = 422
# What the list of people has to do with; the other proposals wait in the inbox.
ABOUT_PEOPLE = {ProposalKind.ROLE, ProposalKind.LINK, ProposalKind.FACTOR_OFF}

page = Blueprint("user", __name__)


class RoleForm(Form):
    """Which role somebody is to have."""

    role = ChoiceField(options=ROLES)


class InviteForm(RoleForm):
    """A new person and their role."""

    name = TextField(validators=[Required(), AtMost(200)])
    email = TextField(validators=[Required(), AtMost(120)])


class NewsForm(Form):
    """Up to which audit line a manager has read."""

    through = WholeField(validators=[Required()], most=2**53)


class ReasonForm(Form):
    """Why somebody's second factor is to be switched off, or they are let in no longer."""

    reason = TextField(validators=[Required(), AtMost(200)])


@page.get("/users")
@requires(Action.MANAGE_USERS)
def show() -> ResponseReturnValue:
    """List everybody, and what waits for the second person; managers and auditors look on."""
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
            refuse_known(database.session(), asked)
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


@page.app_context_processor
def notices() -> dict[str, Callable[[], tuple[AccountNotice, ...]]]:
    """Let the first page say what managers are told about accounts."""
    return {"account_notices": _notices}


def _notices() -> tuple[AccountNotice, ...]:
    """Give what is told to who may confirm; nothing to others."""
    if not can(Action.CONFIRM_USER, Grant.APPROVES):
        return ()
    return account_notices(database.session(), signed_in(), now())


@page.post("/users/news/read")
@requires(Action.CONFIRM_USER, Grant.APPROVES)
def read() -> ResponseReturnValue:
    """Show the news of accounts up to this one no longer; the audit log keeps them."""
    form = NewsForm()
    if form.sent() and form.through.data is not None:
        read_news(database.session(), form.through.data, signed_in())
    return redirect(url_for("home.show"))


@page.post(f"{USER}/disable")
@requires(Action.MANAGE_USERS, Grant.DOES)
@grave()
def disable(user_id: int) -> ResponseReturnValue:
    """Let somebody in no longer, from the next request on, and say why."""
    one, form = user_line(database.session(), user_id), ReasonForm()
    if not form.sent():
        return _page(InviteForm(formdata=None), form), REFUSED
    reason = form.reason.data or ""
    try:
        disable_user(database.session(), one.email, reason, signed_in(), now=now())
    except (ConflictError, PermissionDeniedError) as error:
        return _refused(explain(error, language()))
    return _done("user.done.disabled", one.name)


@page.post(f"{USER}/enable")
@requires(Action.MANAGE_USERS, Grant.DOES)
@grave()
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    one = user_line(database.session(), user_id)
    if not enable_user(database.session(), one.email, signed_in(), now=now()):
        return _done("user.done.active", one.name)
    key = "user.done.enabled" if one.role in STAFF else "user.done.enabled.cooperative"
    return _done(key, one.name)


@page.post(f"{USER}/link")
@requires(Action.MANAGE_USERS, Grant.DOES)
@grave()
def link(user_id: int) -> ResponseReturnValue:
    """Show, this once, the link by which somebody chooses their first password."""
    one = user_line(database.session(), user_id)
    if one.is_disabled:
        return _refused(text("user.link.disabled", language(), name=one.name))
    try:
        secret = issue_link(database.session(), one.email, signed_in(), now=now())
    except PermissionDeniedError as error:
        return _refused(explain(error, language()))
    address = f"{edge().settings.base_url}/password/{secret}"
    return render_template("user/link.html", one=one, address=address)


@page.post(f"{USER}/ask-link")
@requires(Action.GIVE_LINK, Grant.PROPOSES)
@grave()
def ask_link(user_id: int) -> ResponseReturnValue:
    """Propose to be handed the link of somebody who has a password and reads no mail."""
    one = user_line(database.session(), user_id)
    return _sent(link_for(one.email), one.name)


@page.post(f"{USER}/ask-factor-off")
@requires(Action.TURN_OFF_FACTOR, Grant.PROPOSES)
@grave()
def ask_factor_off(user_id: int) -> ResponseReturnValue:
    """Propose to switch somebody's second factor off, and say why."""
    one, form = user_line(database.session(), user_id), ReasonForm()
    if not form.sent():
        return _page(InviteForm(formdata=None), form), REFUSED
    return _sent(factor_off(one.email, form.reason.data or ""), one.name)


@page.post(f"{USER}/confirm")
@requires(Action.CONFIRM_USER, Grant.APPROVES)
@grave()
def confirm(user_id: int) -> ResponseReturnValue:
    """Vouch for somebody whose link another person saw: they opened the account themselves."""
    one = user_line(database.session(), user_id)
    try:
        waited = confirm_user(database.session(), one.email, signed_in(), now=now())
    except PermissionDeniedError as error:
        return _refused(explain(error, language()))
    return _done("user.done.confirmed" if waited else "user.done.known", one.name)


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
    return _sent(role_change(asked, signed_in()), asked.name)


def _sent(proposed: Proposed, name: str) -> ResponseReturnValue:
    """Let it wait for a manager; a refusal stands above the list."""
    session, request_ = database.session(), Propose(proposed=proposed)
    try:
        propose(session, request_, signed_in(), edge().clock)
    except (ConflictError, InvalidInputError, PermissionDeniedError) as error:
        return _refused(explain(error, language()))
    return _done(f"user.done.proposed.{proposed.kind}", name)


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
        about=(request.view_args or {}).get("user_id") if wrong else None,
        people=users(session),
        waiting=[
            one for one in waiting_proposals(session, signed_in()) if one.kind in ABOUT_PEOPLE
        ],
        roles=ROLES,
        own=signed_in().user_id,
    )
