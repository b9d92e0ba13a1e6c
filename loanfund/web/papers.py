"""Papers: notices, schedules, a month's statements as one file."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from flask import Blueprint
from flask.typing import ResponseReturnValue

from loanfund.documents.report_paper import render_report
from loanfund.domain.calendar import month_end
from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.queries._standing import Moment
from loanfund.queries.document import document_file
from loanfund.queries.loan_page import loan_page
from loanfund.queries.report_schedule import schedule_report
from loanfund.queries.statements import statements_of_month
from loanfund.web import database
from loanfund.web.asked import asked_moment
from loanfund.web.download import download
from loanfund.web.fund import fund
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.loan import LOAN, known
from loanfund.web.login import requires, signed_in
from loanfund.web.report import frame

PDF, ZIP = "application/pdf", "application/zip"

page = Blueprint("papers", __name__)


@page.get("/notice/<path:number>.pdf")
@requires(Action.ISSUE_PAPERS)
@limited(Use.PAPER)
def notice(number: str) -> ResponseReturnValue:
    """Show one notice as it was kept."""
    found = document_file(database.session(), number, signed_in())
    name = f"Thong-bao_{_plain(found.number)}_{_plain(found.contract_number)}.pdf"
    return download(found.file, name, PDF, inline=True)


@page.get(f"{LOAN}/schedule.pdf")
@requires(Action.SEE_LOANS)
@limited(Use.PAPER)
def schedule(loan_id: int) -> ResponseReturnValue:
    """Show the repayment schedule in force, on the day and as known as the address asks."""
    return schedule_file(loan_id, asked_moment(ahead=True))


def schedule_file(loan_id: int, moment: Moment) -> ResponseReturnValue:
    """Give the schedule of a loan that whoever is signed in may see."""
    name = known(loan_id)
    found = loan_page(database.session(), name, moment)
    report = schedule_report(found, moment.known_at, fund().holidays)
    number, day = _plain(name.contract_number), report.as_of.isoformat()
    file = render_report(report, frame(report))
    return download(file, f"Lich-tra-no_{number}_{day}.pdf", PDF, inline=True)


@page.get("/statements/<month>.zip")
@requires(Action.ISSUE_PAPERS, Grant.DOES, Grant.READS)
@limited(Use.PAPER)
@grave()
def statements(month: str) -> ResponseReturnValue:
    """Give a month's statements, a file a loan."""
    last = month_end(_day(f"{month}-01"))
    return download(_archive(last), f"Sao-ke_{month}.zip", ZIP)


def _archive(last: date) -> bytes:
    """Put a month's statements together; the same ones give the same bytes."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for contract, file in statements_of_month(database.session(), last):
            name = f"Sao-ke_{_plain(contract)}_{last.isoformat()}.pdf"
            archive.writestr(ZipInfo(name, (last.year, last.month, last.day, 0, 0, 0)), file)
        is_empty = not archive.namelist()
    if is_empty:
        raise NotFoundError("statements", month=f"{last:%m/%Y}")
    return written.getvalue()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFoundError("statements", month=text) from None


def _plain(number: str) -> str:
    """Give a number as part of a file's name."""
    return "-".join(re.findall(r"\w+", number))
