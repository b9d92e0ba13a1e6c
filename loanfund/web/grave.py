"""Grave acts ask for the password again, unless it was typed minutes ago (S-15).

The page that asks carries what was typed and sends it to where it was going, with the password
beside; so nothing is lost, nothing is remembered here, and it works without script. A file that
is fetched by its address is offered once the password was typed, for no address holds one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.errors import PermissionDeniedError, UnavailableError
from loanfund.queries.user import SignedIn
from loanfund.services.sign_in import ConfirmPassword, confirm_password
from loanfund.web import database, resume
from loanfund.web.context import browser, edge, language, now, seal
from loanfund.web.context import signed_in as signed_in_here
from loanfund.web.database import SAFE_METHODS
from loanfund.web.errors import status_of_try
from loanfund.web.login import signed_in
from loanfund.web.paths import own_path
from loanfund.wording import explain

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
When = Callable[[], bool]
ASKED = 401


def grave(when: When = lambda: True) -> Callable[[View], View]:
    """Ask before a view whether it is who signed in; stands below `@requires`.

    `when` says whether the request at hand is the act, and not yet its preview.
    """

    def declare(view: View) -> View:
        cast(Any, view).grave = when
        return view

    return declare


def when_grave(view: Callable[..., Any]) -> When | None:
    """Give when a view asks; None for one that never does."""
    found: When | None = getattr(view, "grave", None)
    return found


def install(app: Flask) -> None:
    """Ask once it is known that they may."""
    app.before_request(lambda: _ask(app))


def _ask(app: Flask) -> ResponseReturnValue | None:
    """Let who typed the password go on; ask everybody else."""
    when = when_grave(app.view_functions[request.endpoint]) if request.endpoint else None
    known = signed_in_here()
    if when is None or known is None or known.is_fresh or not when():
        return None
    password = request.form.get(resume.PROOF)
    if not password:
        return _page("", ASKED)
    return confirmed(password)


def confirmed(password: str) -> ResponseReturnValue | None:
    """Let who typed the password go on; the page that says why not, to everybody else."""
    try:
        _confirm(password)
    except (PermissionDeniedError, UnavailableError) as error:
        facts = {"reason": error.reason, "user": signed_in().user_id}
        structlog.get_logger().warning("confirm_refused", **facts, endpoint=request.endpoint)
        return _page(explain(error, language()), status_of_try(error, ASKED))
    return None


def _confirm(password: str) -> None:
    asked = ConfirmPassword(
        password=password,
        token=browser().token or "",
        address=request.remote_addr or "",
        code=request.form.get(resume.CODE, ""),
    )
    means: dict[str, Any] = {"seal": seal(), "hasher": edge().hasher}
    confirm_password(database.session(), asked, signed_in(), now=now(), **means)


def _page(refusal: str, status: int) -> ResponseReturnValue:
    """Ask; a file that is fetched comes from a page of its own, once that was answered."""
    is_file = request.method in SAFE_METHODS
    page = render_template(
        "sign_in/confirm.html",
        kept=[(resume.NEXT, request.full_path)] if is_file else resume.typed(),
        action=url_for("sign_in.confirm") if is_file else "",
        refusal=refusal,
        back=own_path(request.form.get(resume.BACK) or request.referrer),
        names=resume,
        has_factor=cast(SignedIn, signed_in_here()).has_factor,
    )
    return page, status
