"""The nightly comparison of fold, ledger and caches, and the mail to auditors about it."""

from __future__ import annotations

from loanfund.db import read_session
from loanfund.domain.job import Reason
from loanfund.jobs.running import Work
from loanfund.queries.remarks import remarks
from loanfund.queries.verify import Difference
from loanfund.queries.verify import verify as differences
from loanfund.services.account_mail import tell_auditors
from loanfund.services.job import Report

SHOWN = 100


def verify(work: Work) -> Report:
    """Count every difference as a failed item; a sound book has none. Notices are told too."""
    seen = _Seen(work)
    with read_session(work.sessions) as session:
        found = list(differences(session, work.clock.today(), seen))
        noticed = list(remarks(session))
    report = Report(done=seen.total, failed=len(found))
    report.reasons += [_reason(one) for one in found[:SHOWN]]
    for one in noticed[:SHOWN]:
        report.skip(one.subject, f"verify.notice.{one.kind}")
    with work.sessions() as session:
        tell_auditors(session, work.clock)
    return report


class _Seen:
    """Remembers how many loans were looked at."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.total = 0

    def __call__(self, done: int, total: int) -> None:
        self.total = done
        self.work.progress(done, total)


def _reason(one: Difference) -> Reason:
    facts = {"check": one.check, "expected": one.expected, "found": one.found}
    return Reason(one.subject, "jobs_page.difference", facts)
