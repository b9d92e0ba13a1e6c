"""`loanfund simulate`: the calculator, with no database and no configuration."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

import click

from loanfund.cli.saying import REFUSED, error_json, language
from loanfund.domain import simulation
from loanfund.domain.errors import InvalidInputError, LoanFundError


@click.command()
@click.option(
    "--lines", is_flag=True, help="Read JSON Lines: one case a line, one result a line."
)
@click.argument(
    "file", type=click.File(encoding="utf-8", errors="surrogateescape"), default="-"
)
def simulate(file: TextIO, *, lines: bool) -> None:
    """Compute one case, or a case a line, from FILE or standard input."""
    if not lines:
        result = _result(file.read(), language())
        click.echo(json.dumps(result, ensure_ascii=False, indent=1))
        if "error" in result:
            sys.exit(REFUSED)
        return
    for line in file:
        if line.strip():
            result = _result(line, language())
            click.echo(json.dumps(result, ensure_ascii=False))


def _result(text: str, tongue: str) -> dict[str, Any]:
    try:
        return simulation.simulate(_parsed(text))
    except LoanFundError as error:
        return {"error": {"event": None, **error_json(error, tongue)}}


def _parsed(text: str) -> Any:
    """Read JSON exactly: a number with a decimal point stays the text that was typed."""
    try:
        case = json.loads(text, parse_float=str)
        json.dumps(case, ensure_ascii=False).encode()  # half a letter could not be answered
    except (ValueError, RecursionError) as wrong:
        raise InvalidInputError("json") from wrong
    return case
