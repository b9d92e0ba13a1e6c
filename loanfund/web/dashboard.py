"""The manager's overview: what there is and how it moves; every figure leads to its loans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import structlog
from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from loanfund.domain.money import NOTHING
from loanfund.domain.permission import Action, Grant
from loanfund.domain.portfolio import GROUPS
from loanfund.domain.span import AT_RISK
from loanfund.queries._standing import Moment
from loanfund.queries.dashboard import TOP, Scope, choices, dashboard, first_lent, returning
from loanfund.queries.dashboard_months import Months, dashboard_months
from loanfund.queries.loan_list import NO_AREA
from loanfund.web import database
from loanfund.web.asked import asked_moment, asked_text, moment_parameters
from loanfund.web.behind import source_address
from loanfund.web.chart import NARROW, WIDTH
from loanfund.web.context import language
from loanfund.web.dashboard_charts import Pen, draw_bad_debt, draw_collected, draw_groups, stamp
from loanfund.web.loan_list import figure_address
from loanfund.web.log import request_id
from loanfund.web.login import requires
from loanfund.web.search import loan_address
from loanfund.wording import text

AGE_FILLINGS = ("group-1", "group-2", "group-3", "group-4", "group-5", "lost")
SCOPE = ("source", "area", "sector")
Found = TypeVar("Found")

page = Blueprint("dashboard", __name__)


@page.get("/dashboard")
@requires(Action.SEE_REPORTS, Grant.DOES)
def show() -> ResponseReturnValue:
    """Show the figures of the address's day and part of the book."""
    moment, scope = asked_moment(), asked_scope()
    return render_template(
        "dashboard/show.html",
        moment=moment,
        scope=scope,
        choices=choices(database.session()),
        begins=first_lent(database.session()),
        unassigned=NO_AREA,
        kept=moment_parameters(),
        narrowed=narrowed(scope),
        loans=figure_address,
        reports=lambda figure, source="": source_address(figure, moment, source),
        loan_address=loan_address,
        shown_worse=TOP,
        spans=AT_RISK,
        ages=AGE_FILLINGS,
        nothing=NOTHING,
        group_names=[(f"group-{group}", _say("group", group=group)) for group in GROUPS],
        **_tiles(moment, scope),
    )


def asked_scope() -> Scope:
    """Read the part of the book that the address asks for."""
    return Scope(**{name: asked_text(name) for name in SCOPE})


def narrowed(scope: Scope) -> dict[str, str]:
    """Give what of the scope is set, as addresses say it."""
    return {name: value for name in SCOPE if (value := getattr(scope, name))}


def _tiles(moment: Moment, scope: Scope) -> Mapping[str, Any]:
    """Give each part of the page, None for one that failed: the others stay."""
    months = _or_none(dashboard_months, moment, scope)
    return {
        "incident": request_id(),
        "today_figures": _or_none(dashboard, moment, scope),
        "returning": _or_none(returning, moment, scope),
        "months": months,
        "charts": _charts(months, moment, scope) if months else None,
        "address": lambda **changes: url_for("dashboard.show", **changes),
    }


def _or_none(
    ask: Callable[[Session, Moment, Scope], Found], moment: Moment, scope: Scope
) -> Found | None:
    """Ask for a part; whatever goes wrong is written down, and must not take the rest along."""
    try:
        return ask(database.session(), moment, scope)
    except Exception as error:  # noqa: BLE001 -- one corrupt history must not hide every figure
        structlog.get_logger().error("incident", incident=request_id(), exc_info=error)
        database.close()  # what a database refused once it refuses until begun anew
        return None


def _charts(months: Months, moment: Moment, scope: Scope) -> Mapping[str, Any]:
    """Draw each picture twice: for a wide screen, and for a telephone."""
    part, day = narrowed(scope), stamp(_say, moment.as_of)
    pen = Pen(_say, figure_address, day, part, _called(part))
    drawing = {"groups": draw_groups, "bad_debt": draw_bad_debt, "collected": draw_collected}
    return {
        name: [draw(months, pen, width) for width in (WIDTH, NARROW)]
        for name, draw in drawing.items()
    }


def _called(part: Mapping[str, str]) -> str:
    """Name the part of the book that is shown: its source, area and sector."""
    nowhere = text("loan_list.none", language())
    names = [nowhere if value == NO_AREA else value for value in part.values()]
    return " · ".join(names) or _say("all")


def _say(key: str, **facts: object) -> str:
    return text(f"dashboard.{key}", language(), **facts)
