"""Borrowers: the list, the page of one, and the form that adds or changes one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField

from loanfund.domain.book import BorrowerKind
from loanfund.domain.borrower import (
    FIELDS,
    BorrowerFacts,
    FieldDifference,
    check_borrower,
    differences,
)
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.permission import Action, Grant
from loanfund.queries.borrower import (
    LookAlike,
    borrower_facts,
    borrower_page,
    is_doubtful_tax_code,
    kept_areas,
    look_alikes,
    next_code,
)
from loanfund.queries.borrower_list import SORTS, AskedBorrowers, borrower_list
from loanfund.queries.reminder_log import current_pause
from loanfund.services.borrower import change_borrower, register_borrower
from loanfund.web import database
from loanfund.web.asked import (
    asked_moment,
    asked_page,
    asked_sort,
    asked_text,
    moment_parameters,
)
from loanfund.web.code_field import CodeField
from loanfund.web.context import edge, language, today
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    Form,
    Required,
    TextField,
    read_version,
)
from loanfund.web.listing import ListAddress
from loanfund.web.login import requires, signed_in
from loanfund.web.search import loan_address, tone
from loanfund.web.sent_json import read_sent
from loanfund.wording import text

BORROWER = "/borrower/<int(max=2147483647):borrower_id>"
REFUSED = 422
LARGEST_FIRST = frozenset({"loans", "outstanding", "days"})
PAPER_PAGES = {
    "statement": "statement.file",
    "due_notice": "papers.notice",
    "overdue_notice": "papers.notice",
}

page = Blueprint("borrower", __name__)


class BorrowerForm(Form):
    """What is known of a borrower; `was` is what stood in the form when it was opened."""

    code = CodeField(validators=[Required(), AtMost(30)])
    name = TextField(validators=[Required(), AtMost(200)])
    kind = ChoiceField(options=[(one, f"borrower.kind.{one}") for one in BorrowerKind])
    tax_code = TextField(validators=[AtMost(20)])
    legal_representative = TextField(validators=[AtMost(100)])
    phone = TextField(validators=[AtMost(30)])
    email = TextField(validators=[AtMost(120)])
    address = TextField(validators=[AtMost(300)])
    area = TextField(validators=[AtMost(100)])
    sector = TextField(validators=[AtMost(100)])
    is_other = BooleanField()
    was = HiddenField()
    version = HiddenField()

    def facts(self) -> BorrowerFacts:
        """Give what is typed; an empty line is nothing."""
        typed: dict[str, Any] = {name: self[name].data or None for name in FIELDS}
        return BorrowerFacts(**typed)

    def seen(self) -> dict[str, str | None]:
        """Give what the form was opened with."""
        read = read_sent(self.was.data)
        known = read if isinstance(read, dict) else {}
        return {name: str(known[name]) for name in FIELDS if isinstance(known.get(name), str)}

    def keep_code(self, code: str) -> None:
        """Keep the code that stands, whatever was sent."""
        self.code.data, self.code.raw_data = code, [code]

    def show(self, facts: BorrowerFacts, version: int) -> None:
        """Begin with what stands, and remember that it did."""
        for name, value in asdict(facts).items():
            self[name].data = value
        self.was.data, self.version.data = _plain(facts), str(version)


def borrower_address(borrower_id: int) -> str:
    """Give the address of a borrower's page, on the day that this page is about."""
    return url_for("borrower.show", borrower_id=borrower_id, **moment_parameters())


@page.get("/borrowers")
@requires(Action.SEE_LOANS, Grant.DOES)
def show_all() -> ResponseReturnValue:
    """Show one page of what the address asks for."""
    moment, (sort, descending) = asked_moment(), asked_sort(tuple(SORTS))
    asked = AskedBorrowers(
        q=asked_text("q"),
        area=asked_text("area"),
        sort=sort,
        descending=descending,
        page=asked_page(),
    )
    said = {"q": asked.q, "area": asked.area, "sort": asked_text("sort"), **moment_parameters()}
    return render_template(
        "borrower/list.html",
        found=borrower_list(database.session(), moment, asked),
        asked=asked,
        moment=moment,
        address=ListAddress("borrower.show_all", said, LARGEST_FIRST),
        borrower_address=borrower_address,
    )


@page.get(BORROWER)
@requires(Action.SEE_LOANS, Grant.DOES)
def show(borrower_id: int) -> ResponseReturnValue:
    """Show one borrower with its loans, papers and messages."""
    moment = asked_moment()
    found = borrower_page(database.session(), borrower_id, moment)
    return render_template(
        "borrower/show.html",
        found=found,
        moment=moment,
        is_doubtful=is_doubtful_tax_code(found.facts.tax_code),
        loan_address=loan_address,
        paper_pages=PAPER_PAGES,
        pause=current_pause(database.session(), borrower_id, today()),
        tone=tone,
    )


@page.get("/borrower/new")
@requires(Action.KEEP_BORROWER, Grant.DOES)
def ask() -> ResponseReturnValue:
    """Begin a borrower with the next code."""
    form = BorrowerForm(formdata=None, code=next_code(database.session()))
    return _page(form)


@page.post("/borrower/new")
@requires(Action.KEEP_BORROWER, Grant.DOES)
def add() -> ResponseReturnValue:
    """Add a borrower, unless it may be one that is known and nobody said otherwise."""
    form, session = BorrowerForm(), database.session()
    if not _is_possible(form):
        return _page(form), REFUSED
    alike = look_alikes(session, form.facts())
    if alike and not form.is_other.data:
        return _page(form, alike=alike), REFUSED
    try:
        row = register_borrower(session, form.facts(), signed_in(), edge().clock)
    except (ConflictError, InvalidInputError) as error:
        form.refuse(error, "code")
        return _page(form, alike=alike), REFUSED
    return _to_page(row.id, "borrower.added", form)


@page.get(f"{BORROWER}/edit")
@requires(Action.KEEP_BORROWER, Grant.DOES)
def edit(borrower_id: int) -> ResponseReturnValue:
    """Show what is known, to be changed."""
    form = BorrowerForm(formdata=None)
    form.show(*borrower_facts(database.session(), borrower_id))
    return _page(form, borrower_id)


@page.post(f"{BORROWER}/edit")
@requires(Action.KEEP_BORROWER, Grant.DOES)
def change(borrower_id: int) -> ResponseReturnValue:
    """Change a borrower; who comes second sees what the first one changed."""
    form, session = BorrowerForm(), database.session()
    form.keep_code(borrower_facts(session, borrower_id)[0].code)
    if not _is_possible(form):
        return _page(form, borrower_id), REFUSED
    version = read_version(form.version.data) or 0
    try:
        change_borrower(session, form.facts(), version, signed_in(), edge().clock)
    except ConflictError:
        return _second(form, borrower_id), 409
    return _to_page(borrower_id, "borrower.changed", form)


def _is_possible(form: BorrowerForm) -> bool:
    """Say whether the form can be kept as it is, with the refusal beside its field."""
    if not form.sent():
        return False
    try:
        check_borrower(form.facts())
    except InvalidInputError as error:
        form.refuse(error, str(error.facts["field"]))
    return not form.errors


def _second(form: BorrowerForm, borrower_id: int) -> str:
    """Bring two changes together: what only the other changed is taken, the rest is asked."""
    theirs, version = borrower_facts(database.session(), borrower_id)
    found = differences(form.seen(), theirs, form.facts())
    for one in found:
        if one.mine == one.was:
            form[one.field].data = one.theirs
    form.was.data, form.version.data = _plain(theirs), str(version)
    return _page(form, borrower_id, theirs=found)


def _to_page(borrower_id: int, key: str, form: BorrowerForm) -> ResponseReturnValue:
    flash(text(key, language(), name=form.name.data), "good")
    if is_doubtful_tax_code(form.tax_code.data):
        flash(text("borrower.doubtful", language(), code=form.tax_code.data), "amber")
    return redirect(url_for("borrower.show", borrower_id=borrower_id))


def _page(
    form: BorrowerForm,
    borrower_id: int | None = None,
    *,
    alike: tuple[LookAlike, ...] = (),
    theirs: list[FieldDifference] | None = None,
) -> str:
    areas, sectors = kept_areas(database.session())
    facts: dict[str, Any] = {"alike": alike, "theirs": theirs, "borrower_id": borrower_id}
    return render_template(
        "borrower/edit.html", form=form, areas=areas, sectors=sectors, **facts
    )


def _plain(facts: BorrowerFacts) -> str:
    return json.dumps(asdict(facts), ensure_ascii=False)
