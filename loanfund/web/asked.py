"""What an address asks for: the one reader of days, instants, pages and choices (UX-19).

Whatever cannot be read is an `AskedError`. It is answered by a page of reading that names the
parameter, holds what was typed, and keeps everything else that the address says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from loanfund.clock import OFFICE, end_of_day, office_day
from loanfund.domain.errors import InvalidInputError, LoanFundError
from loanfund.domain.setting import BEGINNING
from loanfund.queries._standing import Moment
from loanfund.web.context import today
from loanfund.wording import dmy
from loanfund.wording.reading import read_day, read_instant

LONGEST_TEXT = 200
LONGEST_NUMBER = 9  # digits that every database can count
LONGEST_PAGE = 6  # digits
FAR_AHEAD = 60  # years that a loan may be looked at ahead; more would only cost
Read = TypeVar("Read")


class AskedError(Exception):
    """A value of the address that cannot be read: its parameter, and why."""

    def __init__(self, name: str, why: LoanFundError) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why

    @property
    def typed(self) -> str:
        """What the address says there."""
        return request.args.get(self.name, "")

    @property
    def others(self) -> list[tuple[str, str]]:
        """Everything else that the address says."""
        pairs = request.args.items(multi=True)
        return [(name, value) for name, value in pairs if name != self.name]

    @property
    def without(self) -> str:
        """The address without that value."""
        return f"{request.path}?{urlencode(self.others)}" if self.others else request.path


def asked_moment(*, ahead: bool = False) -> Moment:
    """Give the moment that a page speaks of, today as known now where none is named.

    With `ahead` the day may lie after the business date: what a loan is expected to be.
    """
    return Moment(asked_day("as_of", ahead=ahead) or today(), asked_known_at())


def asked_day(name: str, *, ahead: bool = False) -> date | None:
    """Read a day; None where the address names none."""
    return _read(
        name, lambda typed: _possible(read_day(typed, today(), past=not ahead), ahead=ahead)
    )


def asked_known_at() -> datetime | None:
    """Read `known_at`, a day through its end at the office or an instant; None is now."""
    return _read("known_at", _known_at)


def asked_page() -> int:
    """Read the number of the page, the first one where none is named."""
    return max(1, asked_number("page", LONGEST_PAGE) or 1)


def asked_number(name: str, longest: int = LONGEST_NUMBER) -> int | None:
    """Read a whole number of so many digits at most; None where the address names none."""

    def read(typed: str) -> int:
        if not (typed.isascii() and typed.isdigit()) or len(typed) > longest:
            raise InvalidInputError("number", typed=typed)
        return int(typed)

    return _read(name, read)


def asked_text(name: str, longest: int = LONGEST_TEXT) -> str:
    """Read a text, without the spaces around and between that say nothing."""
    return " ".join(request.args.get(name, "").split())[:longest]


def asked_choice(name: str, choices: tuple[str, ...]) -> str:
    """Read one of several; empty where the address names none."""
    found = request.args.get(name, "")
    if found and found not in choices:
        raise AskedError(name, InvalidInputError("not_offered", typed=found))
    return found


def asked_sort(names: tuple[str, ...]) -> tuple[str, bool]:
    """Read what to sort by, and whether backwards; the first of the names unless said."""
    backwards = tuple(f"-{name}" for name in names)
    found = asked_choice("sort", names + backwards) or names[0]
    return found.removeprefix("-"), found.startswith("-")


def moment_parameters() -> dict[str, Any]:
    """Give what a link must carry along so that the next page speaks of the same moment."""
    as_of, known_at = asked_day("as_of", ahead=True), asked_known_at()
    named: dict[str, Any] = {}
    if as_of is not None and as_of != today():
        named["as_of"] = as_of.isoformat()
    if known_at is not None:
        named["known_at"] = known_parameter(known_at)
    return named


def known_parameter(known_at: datetime) -> str:
    """Write what was known when as addresses say it: the day, where it is a day's end."""
    day = office_day(known_at)
    return day.isoformat() if known_at == end_of_day(day) else known_at.isoformat()


def known_text(known_at: datetime | None) -> str:
    """Write the same as people type it into a field."""
    if known_at is None:
        return ""
    day = office_day(known_at)
    if known_at == end_of_day(day):
        return dmy(day)
    return known_at.astimezone(OFFICE).isoformat()


def _read(name: str, read: Callable[[str], Read]) -> Read | None:
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return read(typed)
    except InvalidInputError as error:
        raise AskedError(name, error) from error


def _possible(day: date, *, ahead: bool) -> date:
    if day < BEGINNING:
        raise InvalidInputError("day_far", day=day)
    if not ahead and day > today():
        raise InvalidInputError("after_business_date", typed=dmy(day))
    if day.year > today().year + FAR_AHEAD:
        raise InvalidInputError("day_far", day=day)
    return day


def _known_at(typed: str) -> datetime:
    """Read a day's end at the office, or an instant."""
    instant = read_instant(typed, today(), OFFICE)
    if instant is not None:
        return instant
    return end_of_day(_possible(read_day(typed, today(), past=True), ahead=False))
