"""What a report must say beside its sums: what they leave out, and what came after a lock."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from loanfund.domain.report import Equation, Report, Said
from loanfund.queries.restated import restated
from loanfund.store.unreadable import left_out


def complete(session: Session, report: Report) -> Report:
    """Give the report with a loud line that names the loans which its sums leave out.

    Of a locked month it says what was booked since.
    """
    report = replace(report, restated=restated(session, report))
    missing = left_out(session)
    if not missing:
        return report
    names = ", ".join(one.contract_number for one in missing)
    said = Said("report.left_out", {"count": len(missing), "contracts": names})
    return replace(report, equations=(*report.equations, Equation(said, holds=False)))
