"""How jobs log: a JSON line each on stderr, so that what a command prints stays its own."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Write log lines as JSON in UTC; a line break in a value stays inside its line."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a busy job is no news
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
