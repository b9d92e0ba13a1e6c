"""Reports: a catalogue, each with its parameters in the address, as page, sheet and paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.report_paper import render_report
from loanfund.documents.report_workbook import render_workbook
from loanfund.domain.calendar import add_months, month_end
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.posting import Account
from loanfund.domain.rate_limit import Use
from loanfund.domain.report import Frame, Look, Report, Table
from loanfund.queries._report import DIMENSIONS, Question, check_question, source_names
from loanfund.queries.left_out import complete
from loanfund.queries.setting import Making, report_frame
from loanfund.web import database
from loanfund.web.asked import (
    AskedError,
    asked_choice,
    asked_day,
    asked_known_at,
    asked_text,
    known_parameter,
)
from loanfund.web.behind import Ways
from loanfund.web.context import now, today
from loanfund.web.download import download
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.web.report_offer import GROUPS, OFFERS, Offer
from loanfund.wording import fold, text

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_SHOWN = 300  # lines on a page; all of them go into the sheet
SUMS = frozenset({Look.SUBTOTAL, Look.TOTAL})
MOST_PRINTED = 5_000  # lines of a paper, some four hundred pages
UNITS = ("dong", "millions")

page = Blueprint("report", __name__)


@page.get("/reports")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show what reports there are."""
    return render_template("report/show.html", groups=GROUPS)


@page.get("/reports/<name>")
@requires(Action.SEE_REPORTS, Grant.DOES)
def preview(name: str) -> ResponseReturnValue:
    """Show one report, as the address asks for it."""
    offer, question = _asked(name)
    session = database.session()
    report = complete(session, offer.build(session, question))
    return render_template(
        "report/preview.html",
        offer=offer,
        question=question,
        report=report,
        tables=[shortened(table) for table in report.tables],
        ways=Ways.of(report),
        address=lambda kind, **changes: _address(offer, question, kind, **changes),
        choices=_choices(offer),
        periods=_periods(),
    )


@page.get("/reports/<name>.xlsx")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def workbook(name: str) -> ResponseReturnValue:
    """Give one report as a workbook."""
    offer, question = _asked(name)
    return as_workbook(offer.build(database.session(), question))


@page.get("/reports/<name>.pdf")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def paper(name: str) -> ResponseReturnValue:
    """Give one report as a paper."""
    offer, question = _asked(name)
    if not offer.has_paper:
        raise NotFoundError("report", name=name)
    return as_paper(offer.build(database.session(), question))


def as_workbook(report: Report) -> Response:
    """Answer with a report as a workbook."""
    report = complete(database.session(), report)
    return download(render_workbook(report, frame(report)), file_name(report, "xlsx"), XLSX)


def as_paper(report: Report) -> Response:
    """Answer with a report as a PDF, in millions where the address says so."""
    if report.line_count > MOST_PRINTED:
        raise InvalidInputError("report_too_long", count=report.line_count, most=MOST_PRINTED)
    report = complete(database.session(), report)
    in_millions = asked_choice("unit", UNITS) == "millions"
    rendered = render_report(report, frame(report), in_millions=in_millions)
    return download(rendered, file_name(report, "pdf"), PDF, inline=True)


def frame(report: Report) -> Frame:
    """Give what stands around a report that who is signed in makes now."""
    making = Making(signed_in().as_maker, today(), now())
    return report_frame(database.session(), report.known_at, making)


def file_name(report: Report, ending: str) -> str:
    """Give `so-quy-tien_QHTPT_2020-05-31.xlsx`: letters that every program reads."""
    title = fold(text(f"report.title.{report.name}", "vi")).replace(" ", "-")
    source = [fold(report.source).replace(" ", "-")] if report.source else []
    return f"{'_'.join([title, *source, report.as_of.isoformat()])}.{ending}"


class Hidden(NamedTuple):
    """How many lines a page leaves out of a table, and after which one."""

    lines: int
    after: int


def shortened(table: Table) -> tuple[Table, Hidden | None]:
    """Give what a page shows of a table, the sums below it always, and what it leaves out."""
    below = len(table.lines)
    while below and table.lines[below - 1].look in SUMS:
        below -= 1
    if below <= MOST_SHOWN:
        return table, None
    shown = (*table.lines[:MOST_SHOWN], *table.lines[below:])
    return replace(table, lines=shown), Hidden(below - MOST_SHOWN, MOST_SHOWN)


def _asked(name: str) -> tuple[Offer, Question]:
    """Read the address: which report, and what it is asked."""
    offer = OFFERS.get(name)
    if offer is None:
        raise NotFoundError("report", name=name)
    first, last = offer.default_days(today())
    as_of = (asked_day("to") if offer.is_period else None) or asked_day("as_of") or last
    if offer.is_period and as_of != last:
        first, _ = offer.default_days(as_of)
    question = Question(
        first=(asked_day("from") or first) if offer.is_period else as_of,
        as_of=as_of,
        known_at=asked_known_at(),
        source=asked_text("source"),
        by=asked_choice("by", DIMENSIONS) or DIMENSIONS[0],
        account=asked_choice("account", offer.accounts) or next(iter(offer.accounts), ""),
        group=int(asked_choice("group", offer.groups) or 0) or None,
    )
    _check(question)
    return offer, question


def _check(question: Question) -> None:
    """Refuse what cannot be asked, by the name that the address has for it."""
    try:
        check_question(database.session(), question)
    except InvalidInputError as error:
        raise AskedError("from", error) from error
    except NotFoundError as error:
        raise AskedError("source", error) from error


def _address(offer: Offer, question: Question, kind: str, **changes: Any) -> str:
    """Give the address of the same report as another kind, or with something changed."""
    return url_for(f"report.{kind}", name=offer.name, **_parameters(offer, question) | changes)


def _parameters(offer: Offer, question: Question) -> dict[str, str]:
    """Give what the address says: every parameter, so that a link means the same tomorrow."""
    said = {"to" if offer.is_period else "as_of": question.as_of.isoformat()}
    if offer.is_period:
        said["from"] = question.first.isoformat()
    if question.known_at is not None:
        said["known_at"] = known_parameter(question.known_at)
    for name, is_asked in (
        ("source", True),
        ("by", offer.has_dimension),
        ("account", bool(offer.accounts)),
        ("group", bool(offer.groups)),
    ):
        value = getattr(question, name)
        if value and is_asked:
            said[name] = str(value)
    return said


def _choices(offer: Offer) -> dict[str, Any]:
    return {
        "source": source_names(database.session()),
        "by": DIMENSIONS if offer.has_dimension else (),
        "group": offer.groups,
        "account": [one for one in Account if one.value in offer.accounts],
    }


def _periods() -> list[tuple[str, str, str]]:
    """Give the periods that people ask for most: this month, the last, the year, the last."""
    day = today()
    last = add_months(day.replace(day=1), -1)
    year = day.replace(month=1, day=1)
    before = year.replace(year=year.year - 1)
    spans = {
        "month": (day.replace(day=1), day),
        "last_month": (last, month_end(last)),
        "year": (year, day),
        "last_year": (before, before.replace(month=12, day=31)),
    }
    return [(name, one.isoformat(), end.isoformat()) for name, (one, end) in spans.items()]
