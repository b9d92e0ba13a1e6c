"""Refusals and accidents as pages: one table from classes to statuses, one page for all."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    LoanFundError,
    NotFoundError,
    PermissionDeniedError,
    RuleViolationError,
    TooManyRequestsError,
    UnavailableError,
)
from loanfund.web.asked import AskedError
from loanfund.web.context import edge, language
from loanfund.web.database import SAFE_METHODS
from loanfund.web.log import request_id
from loanfund.wording import explain

STATUS: dict[type[BaseException], HTTPStatus] = {
    RuleViolationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    PermissionDeniedError: HTTPStatus.FORBIDDEN,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    AskedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    OperationalError: HTTPStatus.SERVICE_UNAVAILABLE,
}
PAGES = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})  # with texts of their own
BARE = "<!doctype html><title>{status}</title><p>{status} · {incident}</p>"


def status_of(error: BaseException) -> HTTPStatus:
    """Give the status of the nearest class in the table; what is not there is our mistake."""
    if isinstance(error, HTTPException):
        return HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    found = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def kind_of(status: int) -> str:
    """Give whose texts a status has: its own, or those of its hundred."""
    return str(int(status) if status in PAGES else status // 100 * 100)


def status_of_try(error: LoanFundError, refused: int) -> int:
    """Give the status of a password that was not taken; `refused` that of a wrong one."""
    if isinstance(error, UnavailableError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.TOO_MANY_REQUESTS if error.reason == "locked" else refused


def install(app: Flask) -> None:
    """Answer every exception with a page."""
    app.register_error_handler(Exception, answer)
    # Raised while a session is opened, an accident reaches the handlers only in this guise.
    app.register_error_handler(InternalServerError, answer)


def answer(error: Exception) -> ResponseReturnValue:
    """Give the page of a refusal or accident; never a trace, and never no answer at all."""
    cause = getattr(error, "original_exception", None) or error
    if isinstance(cause, HTTPException) and cause.response is not None:
        return cause.response
    status = status_of(cause)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        structlog.get_logger().error("incident", incident=request_id(), exc_info=cause)
    try:
        page = _page(cause, status)
    except Exception as second:  # noqa: BLE001 -- whatever it is, people still get an answer
        structlog.get_logger().error("incident", incident=request_id(), exc_info=second)
        page = BARE.format(status=status.value, incident=request_id())
    response = make_response(page, status)
    if isinstance(error, HTTPException):
        response.headers.extend(
            (name, value) for name, value in error.get_headers() if name == "Allow"
        )
    if isinstance(cause, TooManyRequestsError):
        response.headers["Retry-After"] = str(cause.facts["seconds"])
    return response


def _page(error: Exception, status: HTTPStatus) -> str:
    """Render the page: the refusal's own sentence, or what is said of the status."""
    if isinstance(error, SecurityError):  # a host that is not ours: no address leads anywhere
        return render_template("error/host.html", base_url=edge().settings.base_url)
    if isinstance(error, AskedError):
        why = explain(error.why, language())
        return render_template("error/asked.html", asked=error, sentence=why)
    ours = HTTPStatus.INTERNAL_SERVER_ERROR
    kind = kind_of(status)
    if isinstance(error, CSRFError):
        kind = "csrf"
    elif status is HTTPStatus.UNPROCESSABLE_ENTITY and request.method in SAFE_METHODS:
        kind = "unread"  # nothing was to be recorded, so nothing is said of it
    return render_template(
        "error/page.html",
        kind=kind,
        status=status.value,
        incident=request_id(),
        sentence=explain(error, language())
        if isinstance(error, LoanFundError) and status != ours
        else "",
    )
