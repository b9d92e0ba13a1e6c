"""How commands speak: results as JSON, refusals as a sentence or as JSON."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from loanfund.domain.errors import LoanFundError
from loanfund.wording import LANGUAGES, explain

REFUSED = 2  # the exit status of a refusal


def language() -> str:
    """Give the language of messages."""
    chosen = os.environ.get("LOANFUND_LANGUAGE", "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def say_refusal(error: LoanFundError, language: str, *, as_json: bool) -> None:
    """Print a refusal: a sentence for people on stderr, JSON for programs on stdout."""
    if as_json:
        print_json({"error": error_json(error, language)})
    else:
        click.echo(explain(error, language), err=True)


def error_json(error: LoanFundError, language: str) -> dict[str, Any]:
    """Give a refusal as plain JSON."""
    result: dict[str, Any] = {"code": error.code, "message": explain(error, language)}
    if hasattr(error, "event"):
        result["event"] = error.event
    return result


def print_json(value: Any) -> None:
    """Print a value as JSON, letters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
