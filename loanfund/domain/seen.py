"""What the maker of a proposal saw: the yes or no of every check, and the figures that move.

Days and other people's payments move figures; that alone stops nobody. A check that answers
otherwise, or what the proposal itself changes being otherwise, sends it back (house rules §7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from loanfund.domain.fact_json import dump_fact, load_fact
from loanfund.domain.locked import (
    Locked,
    Moved,
    dump_locked,
    dump_moved,
    load_locked,
    load_moved,
)
from loanfund.domain.permission import Action

SETTING = "setting"  # the figure whose value is a setting's JSON


class Check(StrEnum):
    """A question about a proposal that is answered with yes or no; all read best as yes."""

    POSSIBLE = "possible"  # the rules let it happen
    SOURCE_HAS = "source_has"  # the capital source has the money
    OPEN_MONTH = "open_month"  # nothing of it is dated in a closed month
    ON_TIME = "on_time"  # the borrower is late with no other debt
    ROWS_NEW = "rows_new"  # the book holds none of what the workbook adds
    RECONCILED = "reconciled"  # every loan through the month's end
    VERIFIED = "verified"  # the newest verification after it found nothing


_OF_A_LOAN = (Check.POSSIBLE, Check.OPEN_MONTH)
CHECKS: Mapping[Action, tuple[Check, ...]] = {
    Action.DISBURSE: (Check.POSSIBLE, Check.SOURCE_HAS, Check.OPEN_MONTH),
    **dict.fromkeys(
        (
            Action.RESCHEDULE,
            Action.CHANGE_RATE,
            Action.FREEZE,
            Action.WAIVE,
            Action.WRITE_OFF,
            Action.AMEND,
            Action.REFUND_CREDIT,
            Action.RECORD_GIVEN_SPLIT,
            Action.REVERSE_IN_CLOSED_MONTH,
        ),
        _OF_A_LOAN,
    ),
    Action.APPROVE_CONTRACT: (Check.POSSIBLE, Check.SOURCE_HAS, Check.ON_TIME),
    Action.MOVE_CAPITAL: (Check.POSSIBLE, Check.SOURCE_HAS, Check.OPEN_MONTH),
    Action.CLOSE_MONTH: (Check.RECONCILED, Check.VERIFIED),
    Action.CHANGE_SETTINGS: (Check.OPEN_MONTH,),
    Action.GIVE_ROLE: (),  # the role of before is what it changes
    Action.GIVE_LINK: (Check.POSSIBLE,),
    Action.TURN_OFF_FACTOR: (Check.POSSIBLE,),
    Action.IMPORT_BOOK: (Check.ROWS_NEW,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure beside a proposal; `about` tells those of one name apart.

    One that `holds` is what the proposal changes: where it moved, another thing was proposed.
    Of a setting, the value is its JSON.
    """

    name: str
    value: Any
    about: str = ""
    holds: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """What tells it from the others."""
        return self.name, self.about


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure then and now; None where it was not there."""

    name: str
    about: str
    then: Any
    now: Any
    holds: bool

    @property
    def has_moved(self) -> bool:
        """Whether it is another now."""
        return bool(self.then != self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What stood beside a proposal on a day; `locked` is what a close would lock."""

    day: date
    checks: Mapping[Check, bool] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    locked: Locked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was seen beside what stands now: figures, checks, and of a close each moved loan.

    `locked` is what the close would lock as it was seen; `is_other` where it is not that now,
    but `locked_now`. Of what was decided before that was kept, only what moved is known.
    """

    then: date
    now: date
    locked: Locked | None = None
    locked_now: Locked | None = None
    rows: tuple[Row, ...] = ()
    checks: tuple[tuple[Check, bool, bool], ...] = ()
    loans: tuple[Moved, ...] = ()
    is_other: bool = False

    @property
    def flipped(self) -> tuple[Check, ...]:
        """The checks that answer otherwise now."""
        return tuple(check for check, then, now in self.checks if then is not now)

    @property
    def sends_back(self) -> bool:
        """Whether it is no longer what was seen."""
        return (
            bool(self.flipped)
            or self.is_other
            or any(row.holds and row.has_moved for row in self.rows)
        )


def about_setting(key: str, day: date, source_code: str | None) -> str:
    """Give what a figure of a setting is about: its key, from which day, of which source."""
    return f"{key} {day:%d/%m/%Y} {source_code or ''}"


def compared(then: Seen, now: Seen) -> Compared:
    """Set what was seen beside what stands now."""
    before = {one.place: one for one in then.figures}
    after = {one.place: one for one in now.figures}
    is_other = then.locked != now.locked
    return Compared(
        then=then.day,
        now=now.day,
        locked=then.locked,
        locked_now=now.locked if is_other else None,
        rows=tuple(_row(before.get(place), after.get(place)) for place in {**before, **after}),
        checks=tuple(
            (check, was, now.checks.get(check, was)) for check, was in then.checks.items()
        ),
        loans=tuple(then.locked.moved_to(now.locked)) if then.locked and now.locked else (),
        is_other=is_other,
    )


def _row(then: Figure | None, now: Figure | None) -> Row:
    one = then or now
    assert one is not None
    return Row(
        name=one.name,
        about=one.about,
        then=then.value if then else None,
        now=now.value if now else None,
        holds=one.holds,
    )


def dump_seen(seen: Seen) -> dict[str, Any]:
    """Give what was seen as plain JSON, to be stored and fingerprinted."""
    return {
        "day": seen.day.isoformat(),
        "checks": {check.value: answer for check, answer in seen.checks.items()},
        "figures": [
            {
                "name": one.name,
                "about": one.about,
                "value": one.value if one.name == SETTING else dump_fact(one.value),
                "holds": one.holds,
            }
            for one in seen.figures
        ],
        "locked": dump_locked(seen.locked) if seen.locked else None,
    }


def load_seen(stored: Mapping[str, Any]) -> Seen:
    """Give what `dump_seen` stored."""
    return Seen(
        day=date.fromisoformat(stored["day"]),
        checks={Check(name): answer for name, answer in stored["checks"].items()},
        figures=tuple(_figure(one) for one in stored["figures"]),
        locked=load_locked(stored["locked"]) if stored["locked"] else None,
    )


def dump_now(now: Seen, against: Compared) -> dict[str, Any]:
    """Give what stood at a decision as plain JSON; a close's table where it was another."""
    return {
        **dump_seen(replace(now, locked=against.locked_now)),
        "loans": [dump_moved(one) for one in against.loans],
        "is_other": against.is_other,
    }


def compared_then(then: Seen, stored: Mapping[str, Any]) -> Compared:
    """Set what was seen beside what stood at the decision, as `dump_now` stored it."""
    found = compared(replace(then, locked=None), load_seen(stored))
    loans = tuple(load_moved(one) for one in stored["loans"])
    return replace(found, locked=then.locked, loans=loans, is_other=stored["is_other"])


def _figure(stored: Mapping[str, Any]) -> Figure:
    is_setting = stored["name"] == SETTING
    value = stored["value"] if is_setting else load_fact(stored["value"])
    return Figure(**{**stored, "value": value})
