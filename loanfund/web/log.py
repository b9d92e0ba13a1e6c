"""One JSON line a request: who, what, how it ended, how long; no typed value and no secret."""

from __future__ import annotations

import logging
import secrets
import sys
from time import perf_counter

import structlog
from flask import Flask, Response, g, request

from loanfund.web.context import signed_in


def configure() -> None:
    """Write log lines as JSON in UTC; a line break in a value stays inside its line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
    )


def install(app: Flask) -> None:
    """Number every request, and write its line when it is answered."""
    configure()

    @app.before_request
    def begin() -> None:
        g.begun = perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id())

    @app.after_request
    def end(response: Response) -> Response:
        known = signed_in()
        structlog.get_logger().info(
            "request",
            method=request.method,
            page=request.endpoint,
            status=response.status_code,
            user=known.actor.user_id if known else None,
            address=request.remote_addr,
            milliseconds=round((perf_counter() - g.get("begun", perf_counter())) * 1000),
        )
        return response


def request_id() -> str:
    """Give the number of this request, which people can read out on the phone."""
    if "request_id" not in g:
        number = secrets.token_hex(4).upper()
        g.request_id = f"{number[:4]}-{number[4:]}"
    return str(g.request_id)
