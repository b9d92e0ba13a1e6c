"""The monthly classification: a report of groups and required provisions, nothing posted."""

from __future__ import annotations

from typing import Any

from loanfund.db import read_session
from loanfund.domain.money import total
from loanfund.jobs.running import Work
from loanfund.queries._standing import Moment
from loanfund.queries.classification import Classification, Classified
from loanfund.queries.classification import classification as classified
from loanfund.services.job import Report
from loanfund.store.unreadable import left_out

GROUPS = (1, 2, 3, 4, 5)


def classification(work: Work) -> Report:
    """Classify every loan at the slot's month end and keep the report with the run."""
    with read_session(work.sessions) as session:
        found = classified(session, Moment(work.slot))
        missing = left_out(session)
    work.progress(len(found.loans), len(found.loans))
    report = Report(done=len(found.loans), result=_plain(found))
    for one in missing:
        report.fail(one.contract_number, one.error)
    return report


def _plain(found: Classification) -> dict[str, Any]:
    """Give the report as JSON: totals by final group, then every loan."""
    return {
        "day": found.day.isoformat(),
        "specific": total([one.provision for one in found.loans]).dong,
        "general": sum(amount.dong for amount in found.general.values()),
        "groups": [_group(found, group) for group in GROUPS],
        "loans": [_loan(one) for one in found.loans],
    }


def _group(found: Classification, group: int) -> dict[str, int]:
    loans = [one for one in found.loans if one.final_group == group]
    return {
        "group": group,
        "loans": len(loans),
        "outstanding": total([one.principal_outstanding for one in loans]).dong,
        "provision": total([one.provision for one in loans]).dong,
    }


def _loan(one: Classified) -> dict[str, Any]:
    return {
        "contract": one.contract_number,
        "source": one.source,
        "outstanding": one.principal_outstanding.dong,
        "days_past_due": one.days_past_due,
        "own_group": one.own_group,
        "final_group": one.final_group,
        "provision": one.provision.dong,
    }
