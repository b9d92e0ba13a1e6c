"""`loanfund setting`: law, policy and the fund's profile, from a day on."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import click

from loanfund.cli.program import CODE, DAY, Program, command, json_option
from loanfund.cli.saying import print_json
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.setting import GROUP_OF, SettingGroup
from loanfund.models.capital import CapitalSource
from loanfund.queries.setting import settings_on
from loanfund.services._setting import SetSetting
from loanfund.services.reconcile import reconcile_all
from loanfund.services.setting import set_setting
from loanfund.wording import dmy, text


@click.group()
def setting() -> None:
    """Look settings up, and set them from a day on."""


@setting.command("list")
@click.option("--on", type=DAY, metavar="D", help="In force on this day.")
@json_option
@command
def list_settings(program: Program, on: date | None, *, as_json: bool) -> None:
    """List every setting with its value in force."""
    with program.reading() as session:
        lines = settings_on(session, on or program.clock.today())
    if as_json:
        print_json(
            [
                {
                    "key": one.key,
                    "source": one.source,
                    "value": one.value,
                    "valid_from": _iso(one.valid_from),
                }
                for one in lines
            ]
        )
        return
    for one in lines:
        since = (
            dmy(one.valid_from) if one.valid_from else text("setting.default", program.language)
        )
        value = json.dumps(one.value, ensure_ascii=False)
        click.echo(f"{one.key:<28}{one.source or '':<12}{since:<14}{value}")


@setting.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--from", "valid_from", type=DAY, metavar="D", help="In force from this day on.")
@click.option("--source", type=CODE, metavar="CODE", help="For this capital source only.")
@click.option("--approved-by", metavar="EMAIL", help="The manager who approved it.")
@command
def set_value(program: Program, /, **given: Any) -> None:
    """Set KEY to VALUE (JSON, or plain text) from a day on."""
    source = given["source"]
    request = SetSetting(
        key=given["key"],
        value=_value(given["value"]),
        valid_from=given["valid_from"] or program.clock.today(),
        source_code=source and program.kept(CapitalSource.code, source),
    )
    approved_by = given["approved_by"]
    approver = program.person(approved_by) if approved_by else None
    actor = program.actor
    with program.sessions() as session:
        set_setting(session, request, actor, program.clock, approver)
    if GROUP_OF[request.key] is SettingGroup.FIGURES:
        reconcile_all(program.sessions, program.clock.today(), actor, program.clock)


def _value(given: str) -> Any:
    """Read what is JSON as JSON; anything else is the text itself."""
    if not given:
        raise InvalidInputError("empty", field="value")
    try:
        return json.loads(given, parse_float=str)
    except (ValueError, RecursionError):
        return given


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
