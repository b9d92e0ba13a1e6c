"""The audit log by who, what, which object and when, and whether it is as it was written."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from loanfund.documents.audit import Sheet, Told, render_audit
from loanfund.domain.audit_chain import Head, read_head
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.permission import Action
from loanfund.domain.rate_limit import Use
from loanfund.queries.audit import AskedAudit, Change, audit_lines, audit_page
from loanfund.queries.audit_chain import check_chain, head_of_log
from loanfund.web import database
from loanfund.web.asked import asked_day, asked_number, asked_text
from loanfund.web.context import language, today
from loanfund.web.download import download
from loanfund.web.form import AtMost, Form, TextField
from loanfund.web.grave import grave
from loanfund.web.limit import limited
from loanfund.web.listing import ListAddress
from loanfund.web.login import requires
from loanfund.wording import text
from loanfund.wording.change import Fact, facts_in_words, named, object_in_words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_ID = 18  # digits that every database can count
REFUSED = 422
OF_LINE = ("at", "chain.line_number", "who", "action", "type", "object")
SHEETS = {"lines": (*OF_LINE, "facts"), "facts": (*OF_LINE, "fact", "before", "after")}
PARAMETERS = ("who", "action", "type", "object", "from", "to")

page = Blueprint("audit", __name__)


@page.get("/audit")
@requires(Action.READ_AUDIT)
def show() -> ResponseReturnValue:
    """Show one page of what the address asks for, the newest first."""
    said = {name: asked_text(name) for name in PARAMETERS}
    return render_template(
        "audit/show.html",
        found=audit_page(database.session(), _asked()),
        address=ListAddress("audit.show", said),
        export=ListAddress("audit.export", said),
        said=said,
        is_first=not request.args.get("below"),
        named=_named,
        facts=_facts,
        object_of=_object,
    )


@page.get("/audit.xlsx")
@requires(Action.READ_AUDIT)
@limited(Use.PAPER)
@grave()
def export() -> ResponseReturnValue:
    """Give the lines that fit as a workbook."""
    lines = _texts(audit_lines(database.session(), _asked()))
    file = render_audit((_sheet("lines"), _sheet("facts")), lines)
    return download(file, f"Nhat-ky_{today().isoformat()}.xlsx", XLSX)


def _sheet(name: str) -> Sheet:
    heads = tuple(text(f"audit.{head}", language()) for head in SHEETS[name])
    return Sheet(text(f"audit.sheet.{name}", language()), heads)


class ChainForm(Form):
    """What somebody reads off an earlier paper or mail, to compare the log with; or nothing."""

    line = TextField(validators=[AtMost(40)])
    code = TextField(validators=[AtMost(100)])

    def printed(self) -> list[Head]:
        """Give the head that was typed; InvalidInputError where it cannot be one."""
        typed = self.line.data or "", self.code.data or ""
        return [read_head(*typed)] if any(typed) else []


@page.get("/audit/chain")
@requires(Action.READ_AUDIT)
@limited(Use.PAPER)
def chain() -> ResponseReturnValue:
    """Show the head of the log; asked to, follow the whole chain and say what is wrong."""
    form = ChainForm(formdata=request.args, meta={"csrf": False})
    session, found = database.session(), None
    if "check" in request.args and form.sent():
        try:
            found = check_chain(session, form.printed())
        except InvalidInputError as error:
            form.refuse(error, str(error.facts["field"]))
    head = found.head if found else head_of_log(session)
    shown = render_template("audit/chain.html", form=form, found=found, head=head)
    return shown, REFUSED if form.errors else 200


def _texts(lines: Iterator[Change]) -> Iterator[Told]:
    """Give each line in words, with its facts."""
    for one in lines:
        kind = _named("object", one.object_type)
        what = _named("action", one.action), kind, _object(one)
        facts = tuple((fact.name, fact.before or "", fact.after) for fact in _facts(one))
        yield Told(one.at, (str(one.id), one.who or "", *what), facts)


def _object(one: Change) -> str:
    return object_in_words(one.object_type, one.object_id, one.object_name, language())


def _named(kind: str, name: str) -> str:
    return named(kind, name, language())


def _facts(one: Change) -> tuple[Fact, ...]:
    return facts_in_words(one.facts, language())


def _asked() -> AskedAudit:
    return AskedAudit(
        who=asked_number("who", LONGEST_ID),
        action=asked_text("action"),
        object_type=asked_text("type"),
        object_id=asked_text("object"),
        first=asked_day("from", ahead=True),
        last=asked_day("to", ahead=True),
        below=asked_number("below", LONGEST_ID),
    )
