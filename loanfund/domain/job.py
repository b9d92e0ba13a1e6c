"""When each job runs, and which of its slots are due; what the jobs do is in `jobs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from loanfund.domain.calendar import month_end, month_ends

A_DAY = timedelta(days=1)
ATTEMPTS = 3  # so often a run that broke is taken up by itself


class RunState(StrEnum):
    """Where a run stands; what is incomplete had items that failed, what is broken stopped."""

    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item was skipped or failed: the key of a sentence with its facts."""

    item: str
    key: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Give it as JSON; `read_reason` undoes it."""
        return {"item": self.item, "key": self.key, "facts": dict(self.facts)}


def read_reason(plain: Mapping[str, Any]) -> Reason:
    """Read a reason back."""
    return Reason(plain["item"], plain["key"], plain["facts"])


class Every(StrEnum):
    """How often a job runs."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Plan:
    """A job runs at a time of day: every day for that day, or on the 1st for the month before.

    A slot is the day the run is about: the day itself, or the last day of that month.
    """

    name: str
    every: Every
    at: time

    def slot(self, day: date) -> date:
        """Give the slot that a day belongs to; for a month not over yet, the one before it."""
        if self.every is Every.DAY or day == month_end(day):
            return day
        return day.replace(day=1) - A_DAY

    def due_slots(self, last: date | None, today: date, now: time) -> list[date]:
        """Give the slots that should have run and did not, oldest first.

        What a job did not do on a day it does on the next, so of days only the newest counts;
        every month has a result of its own, from the first that ever ran.
        """
        newest = today if now >= self.at else today - A_DAY
        if self.every is Every.DAY:
            return [newest] if newest == today and last != today else []
        slot = newest.replace(day=1) - A_DAY
        if last is None:
            return [slot]
        return month_ends(last + A_DAY, slot)

    def next_at(self, now: datetime, office: tzinfo) -> datetime:
        """Give the next instant after `now` at which the job begins by itself."""
        return next(one for one in self._instants(now.astimezone(office)) if one > now)

    def _instants(self, local: datetime) -> Iterator[datetime]:
        day = local.date() if self.every is Every.DAY else local.date().replace(day=1)
        while True:
            yield datetime.combine(day, self.at, local.tzinfo)
            day = (day if self.every is Every.DAY else month_end(day)) + A_DAY


def _all(*plans: Plan) -> dict[str, Plan]:
    return {plan.name: plan for plan in plans}


# In the order of a day: the books first, then what reads them.
PLANS = _all(
    Plan("interest", Every.DAY, time(0, 30)),
    Plan("verify", Every.DAY, time(2, 0)),
    Plan("classification", Every.MONTH, time(3, 0)),
    Plan("statements", Every.MONTH, time(4, 0)),
    Plan("holidays", Every.MONTH, time(5, 0)),
    Plan("reminders", Every.DAY, time(8, 0)),
)
