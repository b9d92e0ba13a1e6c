"""A clock whose hands a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loanfund.clock import OFFICE, office_day


@dataclass
class HandClock:
    """Stands at an instant until it is moved; the business date follows."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return office_day(self.instant)

    def pass_by(self, **time: float) -> None:
        self.instant += timedelta(**time)


def at_office(day: date, hour: int = 9, minute: int = 0) -> HandClock:
    """A clock that stands at an hour of the office's day."""
    return HandClock(datetime(day.year, day.month, day.day, hour, minute, tzinfo=OFFICE))
