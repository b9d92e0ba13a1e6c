"""Months closed as people close them, and the same fund on another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from loanfund.clock import FixedClock
from loanfund.services.period import close_month
from tests.builders import Fund


def closed(fund: Fund, month_end: date) -> None:
    """Close the books through a month's end in the name of accountant and manager."""
    close_month(fund.session, month_end, fund.accountant, fund.clock, fund.manager)


def on(fund: Fund, day: date) -> Fund:
    """The same fund on another business date."""
    return replace(fund, clock=FixedClock(day))
