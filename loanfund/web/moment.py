"""The day a page is asked about, in its address: `?as_of=2020-05-31&known_at=2020-06-01`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import request

from loanfund.clock import end_of_day
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.setting import BEGINNING
from loanfund.queries._standing import Moment
from loanfund.web.context import today
from loanfund.wording.reading import read_day

PARAMETERS = ("as_of", "known_at")


def asked_moment() -> Moment:
    """Give the moment of the address, today as known now where it names none.

    InvalidInputError for what is no day, and for a day after the business date.
    """
    return Moment(asked_day("as_of") or today(), asked_known_at())


def asked_known_at() -> datetime | None:
    """Give the end of the day by which things were known; None is now."""
    known_on = asked_day("known_at")
    return end_of_day(known_on) if known_on else None


def moment_parameters() -> dict[str, Any]:
    """Give what a link must carry along so that the next page speaks of the same moment."""
    days = {name: asked_day(name) for name in PARAMETERS}
    named = {name: day.isoformat() for name, day in days.items() if day is not None}
    if named.get("as_of") == today().isoformat():
        del named["as_of"]
    return named


def asked_day(name: str) -> date | None:
    """Read a day of the address; None where it names none."""
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    day = read_day(typed, today())
    if day < BEGINNING:
        raise InvalidInputError("day_impossible", typed=typed)
    if day > today():
        raise InvalidInputError("after_business_date", field=name)
    return day
