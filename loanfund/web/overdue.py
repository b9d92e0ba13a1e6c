"""The worklist of overdue loans as a page, a workbook and a paper."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.money import total
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.report import Report
from loanfund.domain.span import Span
from loanfund.queries.dashboard import choices
from loanfund.queries.loan_list import NO_AREA
from loanfund.queries.overdue import LATE_AGES, overdue
from loanfund.queries.report_overdue import report_of
from loanfund.web import database
from loanfund.web.asked import asked_choice, asked_moment, moment_parameters
from loanfund.web.dashboard import asked_scope, narrowed
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.login import requires
from loanfund.web.report import as_paper, as_workbook
from loanfund.web.search import loan_address

page = Blueprint("overdue", __name__)


@page.get("/overdue")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show whom to call first, in the part of the book that the address names."""
    moment, scope, late = asked_moment(), asked_scope(), _late()
    buckets = overdue(database.session(), moment, scope, late)
    return render_template(
        "overdue/show.html",
        moment=moment,
        scope=scope,
        late=late.name if late else "",
        spans=[span.name for span in LATE_AGES],
        buckets=[bucket for bucket in buckets if bucket.loans],
        count=sum(len(bucket.loans) for bucket in buckets),
        at_risk=total([bucket.at_risk for bucket in buckets]),
        to_collect=total([bucket.to_collect for bucket in buckets]),
        choices=choices(database.session()),
        unassigned=NO_AREA,
        kept=moment_parameters(),
        asked=_asked(),
        address=lambda kind="show", **more: url_for(f"overdue.{kind}", **more),
        loan_address=loan_address,
    )


@page.get("/overdue.xlsx")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def workbook() -> ResponseReturnValue:
    """Give the same loans as a workbook."""
    return as_workbook(_report())


@page.get("/overdue.pdf")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def paper() -> ResponseReturnValue:
    """Give the same loans as a paper."""
    return as_paper(_report())


def _report() -> Report:
    moment, scope = asked_moment(), asked_scope()
    return report_of(overdue(database.session(), moment, scope, _late()), moment, scope)


def _asked() -> dict[str, Any]:
    """Give what the address narrows the list to."""
    late = _late()
    return narrowed(asked_scope()) | ({"late": late.name} if late else {})


def _late() -> Span | None:
    spans = {span.name: span for span in LATE_AGES}
    return spans.get(asked_choice("late", tuple(spans)))
