"""The daily interest run: every loan's ledger is brought to the day."""

from __future__ import annotations

from loanfund.jobs.running import Work
from loanfund.services.job import Report
from loanfund.services.reconcile import bring_forward


def interest(work: Work) -> Report:
    """Reconcile all loans through the slot; days that were missed are posted with it."""
    found = bring_forward(work.sessions, work.slot, work.actor, work.clock, work.progress)
    report = Report(done=found.done, result={"posted": found.posted})
    for failure in found.failures:
        report.fail(failure.contract_number, failure.error)
    return report
