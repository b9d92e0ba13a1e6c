"""The only place that asks the time: the office's business date, and instants in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

OFFICE = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Who may be asked the time; edges hold one and hand down `today` and `now`."""

    def now(self) -> datetime:
        """Give this instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """Give the business date of the office."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's time; the business date is the calendar day at the office."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return office_day(self.now())


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A business date that stands still, for the demonstration and for tests.

    Instants stay the machine's: what is recorded later must also say so, even after a restart.
    """

    business_date: date

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.business_date


def office_day(instant: datetime) -> date:
    """Give the calendar day at the office at an instant."""
    return instant.astimezone(OFFICE).date()


def end_of_day(day: date) -> datetime:
    """Give the last instant of that day at the office, as "known on a day" means (rules §2)."""
    return datetime.combine(day, time.max, tzinfo=OFFICE).astimezone(UTC)
