"""Months closed by hand: the lock and its row, without provisions or frozen positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from loanfund.clock import FixedClock
from loanfund.db import unit_of_work
from loanfund.models.period import Books, Period
from tests.builders import Fund


def closed(fund: Fund, month_end: date) -> None:
    """Close the books through a month's end in the name of accountant and manager."""
    with unit_of_work(fund.session):
        fund.session.get_one(Books, 1).closed_through = month_end
        fund.session.add(
            Period(
                month_end=month_end,
                closed_at=fund.clock.now(),
                closed_by=fund.accountant.user_id,
                confirmed_by=fund.manager.user_id,
            )
        )


def on(fund: Fund, day: date) -> Fund:
    """The same fund on another business date."""
    return replace(fund, clock=FixedClock(day))
