"""A posted collection sheet: its receipts, printed or taken back all in one act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loanfund.documents.bound import bound
from loanfund.domain.collection_sheet import CollectedLine, CollectedList
from loanfund.domain.errors import ConflictError, RefusedRow, RuleViolationError
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.domain.snapshot import Snapshot
from loanfund.queries.collection_batch import (
    balances_now,
    batch_prints,
    collected,
    receipt_files,
)
from loanfund.queries.report_collection import list_of_collected
from loanfund.services.collection_sheet import UndoBatch, preview_undo, undo_batch
from loanfund.services.voucher import PrintBatch, print_batch
from loanfund.web import database
from loanfund.web.context import edge, language, today
from loanfund.web.download import download
from loanfund.web.form import KeyedForm
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.web.report import as_paper
from loanfund.web.reversal import ReversalForm
from loanfund.web.voucher import rendered
from loanfund.web.way_back import list_before
from loanfund.wording import explain, text

REFUSED = 422
BATCH = "/collection-sheet/batch/<int(max=2147483647):batch_id>"

page = Blueprint("collection_batch", __name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """A receipt that would go: what the loan owes now, and what it would owe without it."""

    line: CollectedLine
    now: Snapshot | None
    after: Snapshot | None

    @property
    def principal(self) -> list[Money]:
        """The principal outstanding, now and afterwards."""
        return [one.principal_outstanding if one else NOTHING for one in (self.now, self.after)]

    @property
    def to_pay(self) -> list[Money]:
        """What is to be paid today, now and afterwards."""
        places = (self.now, self.after)
        return [one.to_pay(today()).amount if one else NOTHING for one in places]

    @property
    def credit(self) -> list[Money]:
        """What is kept for the borrower, now and afterwards."""
        return [one.credit if one else NOTHING for one in (self.now, self.after)]


@page.get(BATCH)
@requires(Action.SEE_LOANS, Grant.DOES)
def show(batch_id: int) -> ResponseReturnValue:
    """Show a batch as it stands; `again` says that it was sent a second time."""
    found = collected(database.session(), batch_id)
    return render_template(
        "collection_batch/show.html",
        found=found,
        prints=batch_prints(database.session(), batch_id),
        form=KeyedForm(formdata=None),
        again="again" in request.args,
    )


@page.get(f"{BATCH}.pdf")
@requires(Action.SEE_LOANS, Grant.DOES)
@limited(Use.PAPER)
def paper(batch_id: int) -> ResponseReturnValue:
    """Give the list of what a batch brought, with room to sign on each row."""
    return as_paper(list_of_collected(collected(database.session(), batch_id)))


@page.post(f"{BATCH}/receipts", endpoint="print")
@requires(Action.ISSUE_PAPERS, Grant.DOES)
@limited(Use.PAPER)
def print_receipts(batch_id: int) -> ResponseReturnValue:
    """Print every receipt of a batch, once for each form, and go to the one file of all."""
    form, session = KeyedForm(), database.session()
    if not form.sent():
        collected(session, batch_id)
        flash(text("form.key", language()), "bad")
        return redirect(_shown_again(batch_id))
    asked = PrintBatch(batch_id=batch_id, key=form.request_key.data or "")
    last = print_batch(session, asked, signed_in(), edge().clock, rendered)
    return redirect(url_for("collection_batch.receipts", batch_id=batch_id, last=last))


@page.get(f"{BATCH}/receipts/<int(max=2147483647):last>.pdf")
@requires(Action.ISSUE_PAPERS, Grant.DOES, Grant.READS)
@limited(Use.PAPER)
def receipts(batch_id: int, last: int) -> ResponseReturnValue:
    """Give the receipts of a batch as they were printed, the last of them paper `last`."""
    session = database.session()
    found = collected(session, batch_id)
    title = text("collection_sheet.receipts_of", "vi", number=found.number)
    file = bound(receipt_files(session, batch_id, last), title=title)
    name = f"Phieu-thu_{found.number.replace('/', '-')}.pdf"
    return download(file, name, "application/pdf", inline=True)


@page.get(f"{BATCH}/undo")
@requires(Action.REVERSE)
def undo(batch_id: int) -> ResponseReturnValue:
    """Show what would stand again."""
    return _undo_page(collected(database.session(), batch_id), ReversalForm(formdata=None))


@page.post(f"{BATCH}/undo")
@requires(Action.REVERSE)
def take_back(batch_id: int) -> ResponseReturnValue:
    """Reverse what still stands, once for each form, and go to the batch that is struck now."""
    found, form = collected(database.session(), batch_id), ReversalForm()
    if form.sent():
        try:
            undo_batch(database.session(), _asked(found, form), signed_in(), edge().clock)
        except (RuleViolationError, ConflictError) as error:
            form.refuse(error)
        else:
            month = f"{found.month:%m/%Y}"
            flash(text("collection_sheet.came_back", language(), month=month), "good")
            return redirect(_shown_again(batch_id))
    return _undo_page(found, form), REFUSED


@page.app_template_global()
def sheet_before(found: CollectedList) -> str:
    """Give the address of the sheet of a batch: the one somebody came from, if they did."""
    own, before = url_for("collection_sheet.show"), list_before()
    if before.partition("?")[0] == own:
        return before
    return url_for("collection_sheet.show", month=f"{found.month:%Y-%m}", source=found.source)


def _shown_again(batch_id: int) -> str:
    return url_for("collection_batch.show", batch_id=batch_id, back=list_before() or None)


def _asked(found: CollectedList, form: ReversalForm) -> UndoBatch:
    """Give the request, with the version of each loan that the preview showed."""
    return UndoBatch(
        batch_id=found.id,
        reason=form.sentence(),
        key=form.request_key.data or "",
        versions={
            line.contract_number: _version(request.form.get(f"v{line.loan_id}", ""))
            for line in found.lines
        },
    )


def _version(typed: str) -> int:
    """Read the version that a form carries; one that is no number fits no loan."""
    return int(typed) if typed.isdecimal() and len(typed) < 10 else -1  # noqa: PLR2004


def _undo_page(found: CollectedList, form: ReversalForm) -> str:
    session = database.session()
    preview = preview_undo(session, found.id, signed_in(), edge().clock)
    now = balances_now(session, found.id, today())
    lines = {line.place: line for line in found.lines}
    restored = [
        Restored(lines[place], now.get(one.loan.id), one.after.snapshot())
        for place, one in preview.planned.items()
    ]
    facts: dict[str, Any] = {"found": found, "form": form, "restored": restored}
    facts["refused"] = [(one, _why(one)) for one in preview.refused]
    facts["versions"] = {one.loan.id: one.loan.version for one in preview.planned.values()}
    return render_template("collection_batch/undo.html", **facts)


def _why(refused: RefusedRow) -> str:
    return explain(refused.error, language())
