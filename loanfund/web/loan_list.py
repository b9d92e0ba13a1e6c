"""The list of loans: everything it shows is in its address, and works without a script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.span import AGES, AT_RISK
from loanfund.queries._loan_row import RETURNING, Figure
from loanfund.queries._search import LONGEST_QUERY
from loanfund.queries.loan_list import (
    ALL,
    BY_PART,
    GROUPS,
    NO_AREA,
    SORT_NAMES,
    STATUSES,
    Asked,
    loan_list,
    status_key,
)
from loanfund.queries.report_loans import list_report
from loanfund.web import database
from loanfund.web.asked import (
    asked_choice,
    asked_moment,
    asked_number,
    asked_page,
    asked_sort,
    asked_text,
    moment_parameters,
)
from loanfund.web.context import language
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.login import requires
from loanfund.web.report import as_paper, as_workbook
from loanfund.web.search import loan_address
from loanfund.wording import text

page = Blueprint("loan_list", __name__)

LATE = {span.name: span for span in (*AGES, *AT_RISK.values())}
IN_ADDRESS = ("q", "source", "status", "group", "figure", "borrower", "area", "sector", "page")
# Figures that have a column of their own in every list.
OWN_COLUMNS = {
    Figure.OUTSTANDING: "outstanding",
    Figure.OVERDUE_PRINCIPAL: "overdue",
    Figure.INTEREST_TO_PAY: "interest",
    Figure.TO_PAY: "to_pay",
}
# Columns whose first click puts the largest first.
LARGEST_FIRST = frozenset(
    {"outstanding", "overdue", "interest", "to_pay", "days", "group", BY_PART}
)


@page.get("/loans")
@requires(Action.SEE_LOANS, Grant.DOES)
@limited(Use.SEARCH)
def show() -> ResponseReturnValue:
    """Show one page of what the address asks for."""
    moment, asked = asked_moment(), _asked()
    return render_template(
        "loan_list/show.html",
        found=loan_list(database.session(), moment, asked),
        asked=asked,
        moment=moment,
        address=Address(asked, moment_parameters()),
        part=None if asked.figure in OWN_COLUMNS else asked.figure,
        choices={
            "group": GROUPS,
            "figure": [one for one in Figure if one not in RETURNING or one == asked.figure],
            "late": tuple(LATE),
            "unassigned": NO_AREA,
        },
        loan_address=loan_address,
        status_name=lambda status: text(status_key(status), language()),
    )


@page.get("/loans.xlsx")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def workbook() -> ResponseReturnValue:
    """Give all of what the address asks for as a workbook."""
    return as_workbook(list_report(database.session(), asked_moment(), _asked()))


@page.get("/loans.pdf")
@requires(Action.SEE_REPORTS, Grant.DOES)
@limited(Use.PAPER)
@grave()
def paper() -> ResponseReturnValue:
    """Give all of what the address asks for as a paper."""
    return as_paper(list_report(database.session(), asked_moment(), _asked()))


def figure_address(
    figure: str, source: str = "", on: date | None = None, **narrowed: Any
) -> str:
    """Give the address of the loans that make up a figure, those with most of it first.

    `on` is another day than the page's; `narrowed` are further filters of the list.
    """
    by = OWN_COLUMNS.get(Figure(figure), BY_PART)
    asked = Asked(
        figure=Figure(figure), source=source, status=ALL, sort=by, descending=True, **narrowed
    )
    moment = moment_parameters() | ({"as_of": on.isoformat()} if on else {})
    return url_for("loan_list.show", **_parameters(asked), **moment)


def list_address(asked: Asked) -> str:
    """Give the address of what is asked for, on the day that this page is about."""
    return url_for("loan_list.show", **_parameters(asked), **moment_parameters())


@dataclass(frozen=True, slots=True)
class Address:
    """Links to the same list a little different; what was asked for stays."""

    asked: Asked
    moment: dict[str, Any]

    def but(self, **changes: Any) -> str:
        """Give the address with some of what is asked for changed, on its first page."""
        parameters = _parameters(replace(self.asked, **{"page": 1, **changes}))
        return url_for("loan_list.show", **parameters, **self.moment)

    def sorted_by(self, name: str) -> str:
        """Give the address sorted by a column; a second click turns the order around."""
        is_again = self.asked.sort == name
        largest_first = name in LARGEST_FIRST
        descending = not self.asked.descending if is_again else largest_first
        return self.but(sort=name, descending=descending)

    def order(self, name: str) -> str:
        """Say how a column stands sorted, as `aria-sort` has it."""
        if self.asked.sort != name:
            return "none"
        return "descending" if self.asked.descending else "ascending"

    def kept(self, *but: str) -> dict[str, Any]:
        """Give what a form must send along beside the fields it has itself."""
        every = {**_parameters(replace(self.asked, page=1)), **self.moment}
        return {name: value for name, value in every.items() if name not in but}

    def file(self, kind: str) -> str:
        """Give the address of the whole list as a workbook or a paper."""
        parameters = _parameters(replace(self.asked, page=1))
        return url_for(f"loan_list.{kind}", **parameters, **self.moment)

    @property
    def today(self) -> str:
        """The address of the same list as it is today."""
        return url_for("loan_list.show", **_parameters(self.asked))

    @property
    def is_narrowed(self) -> bool:
        """Say whether any filter but the status is set."""
        return bool(set(_parameters(self.asked)) - {"status", "sort", "page"})


def _parameters(asked: Asked) -> dict[str, Any]:
    """Give what differs from a list that nothing was asked of."""
    plain = Asked()
    found = {
        name: str(getattr(asked, name))
        for name in IN_ADDRESS
        if getattr(asked, name) != getattr(plain, name)
    }
    if asked.late is not None:
        found["late"] = asked.late.name
    if (asked.sort, asked.descending) != (plain.sort, plain.descending):
        found["sort"] = f"-{asked.sort}" if asked.descending else asked.sort
    return found


def _asked() -> Asked:
    """Read what the address asks for."""
    sort, descending = asked_sort((Asked().sort, *SORT_NAMES))
    group = asked_choice("group", tuple(str(one) for one in GROUPS))
    figure = asked_choice("figure", tuple(one.value for one in Figure))
    return Asked(
        q=asked_text("q", LONGEST_QUERY),
        source=asked_text("source"),
        status=asked_choice("status", STATUSES) or Asked().status,
        group=int(group) if group else None,
        figure=Figure(figure) if figure else None,
        late=LATE.get(asked_choice("late", tuple(LATE))),
        borrower=asked_number("borrower"),
        area=asked_text("area"),
        sector=asked_text("sector"),
        sort=sort,
        descending=descending,
        page=asked_page(),
    )
