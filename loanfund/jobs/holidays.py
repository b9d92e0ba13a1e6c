"""Holidays: each December those of the next year are proposed; of this one where none are."""

from __future__ import annotations

from loanfund.jobs.running import Work
from loanfund.services.job import Report
from loanfund.services.public_holidays import propose_holidays

DECEMBER = 12


def holidays(work: Work) -> Report:
    """Propose the public holidays of the years that need them."""
    today, report = work.clock.today(), Report()
    for year in [today.year, *([today.year + 1] if today.month == DECEMBER else [])]:
        with work.sessions() as session:
            proposed = propose_holidays(session, year, work.actor, work.clock)
        report.done += proposed is not None
        report.skipped += proposed is None
    return report
