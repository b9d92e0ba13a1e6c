"""A workbook from the browser: tried first and shown, then proposed, which a manager approves.

The file itself is kept nowhere. What was read of it goes with the page, sealed, until then.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.fields import FileField

from loanfund.documents.workbook.archive import LARGEST_FILE, MEGABYTE
from loanfund.documents.workbook.meaning import closed_lines, meaning_lines
from loanfund.documents.workbook.reading import book_of
from loanfund.documents.workbook.sentence import sentence
from loanfund.documents.workbook.template import empty_workbook
from loanfund.domain.book import Book
from loanfund.domain.book_codec import dump_book, load_book
from loanfund.domain.book_meaning import ImplausibleWorkbookError
from loanfund.domain.book_problem import WorkbookRefusedError
from loanfund.domain.book_sound import PartlyReadError
from loanfund.domain.errors import ConflictError, InvalidInputError
from loanfund.domain.permission import Action, Grant
from loanfund.domain.rate_limit import Use
from loanfund.seal import WORKBOOK, BrokenSealError
from loanfund.services._book_import import ImportBook, ImportReport
from loanfund.services.book import all_that_is_wrong, bring_in_book, is_empty_book
from loanfund.web import database
from loanfund.web.context import edge, language, seal
from loanfund.web.download import download
from loanfund.web.form import AtMost, Form, KeyedForm, TextField
from loanfund.web.limit import limited
from loanfund.web.login import requires, signed_in
from loanfund.web.paths import came_back
from loanfund.wording import clean, explain, text

REFUSED = 422
LOOK = "look"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_SAID = 200  # problems on one page; the rest is counted
LONGEST_NAME = 120

page = Blueprint("book_import", __name__)


class UploadForm(Form):
    """The file that is to be tried."""

    workbook = FileField()


class SendForm(KeyedForm):
    """What was read of a file, sealed, and why its implausible values are right."""

    read = HiddenField()
    meant = TextField(validators=[AtMost(300)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a file would add, or all that is wrong with it."""

    file: str
    sha256: str = ""
    report: ImportReport | None = None
    refusal: str = ""
    problems: tuple[str, ...] = ()
    meaning: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    implausible: tuple[str, ...] = ()

    @property
    def is_to_send(self) -> bool:
        """Whether it adds anything that could be sent."""
        return self.report is not None and not self.report.adds_nothing


@page.get("/import")
@requires(Action.IMPORT_BOOK, Grant.PROPOSES)
def begin() -> ResponseReturnValue:
    """Ask for a file; an empty book is the operator's to fill."""
    return _page(UploadForm(formdata=None))


@page.get("/import/template.xlsx")
@requires(Action.IMPORT_BOOK, Grant.PROPOSES)
@limited(Use.PAPER)
def template() -> ResponseReturnValue:
    """Give a workbook with every sheet and heading, to fill in."""
    return download(empty_workbook(), text("book_import.template.file", language()), XLSX)


@page.post("/import")
@requires(Action.IMPORT_BOOK, Grant.PROPOSES)
@limited(Use.PAPER)
def look() -> ResponseReturnValue:
    """Try a file and show what it would add; nothing is written."""
    form, sent = UploadForm(), request.files.get("workbook")
    if not form.sent():
        return _page(form), REFUSED
    if sent is None or not sent.filename:
        form.workbook.errors = [text("book_import.none", language())]
        return _page(form), REFUSED
    name = clean(sent.filename)[-LONGEST_NAME:]
    try:
        book = book_of(sent.stream.read(LARGEST_FILE + 1))
    except PartlyReadError as partly:
        session = database.session()
        refusal = all_that_is_wrong(session, partly, signed_in(), edge().clock)
        return _page(form, _refused(name, refusal)), REFUSED
    except WorkbookRefusedError as refused:
        return _page(form, _refused(name, refused)), REFUSED
    return _shown(name, book, SendForm(formdata=None))


@page.post("/import/propose")
@requires(Action.IMPORT_BOOK, Grant.PROPOSES)
def record() -> ResponseReturnValue:
    """Send what was shown to a manager; rows that add nothing need nobody.

    What comes back after a sign-in is tried again first, by who sent it.
    """
    form = SendForm()
    try:
        name, book = _opened(form.read.data or "")
    except BrokenSealError:
        upload = UploadForm(formdata=None)
        upload.form_errors.append(text("book_import.again", language()))
        return _page(upload), REFUSED
    if came_back():  # and may not even try to write
        return _page(UploadForm(formdata=None), Tried(file=name), form), REFUSED
    is_sent = form.sent() and request.form.get("act") != LOOK
    return _sent(name, book, form) if is_sent else _shown(name, book, form)


def _sent(name: str, book: Book, form: SendForm) -> ResponseReturnValue:
    """Propose what was read; a refusal stands above it or beside its field."""
    why, key = form.meant.data or None, form.request_key.data or ""
    asked = ImportBook(book=book, file=name, meant=why, key=key)
    try:
        found = bring_in_book(database.session(), asked, signed_in(), edge().clock)
    except ImplausibleWorkbookError:
        form.meant.errors = [text("book_import.why", language())]
        return _shown(name, book, form)
    except WorkbookRefusedError as refusal:
        return _page(UploadForm(formdata=None), _refused(name, refusal)), REFUSED
    except (ConflictError, InvalidInputError) as error:
        form.refuse(error)
        return _shown(name, book, form)
    if found.proposal is None:
        flash(text("book_import.nothing", language()), "good")
        return redirect(url_for("book_import.begin"))
    flash(text("book_import.sent", language()), "good")
    return redirect(url_for("proposal.one", proposal_id=found.proposal))


def _shown(name: str, book: Book, form: SendForm) -> ResponseReturnValue:
    """Show what a book would add, with what sends it; 422 where something is wrong."""
    asked = ImportBook(book=book, file=name, is_dry_run=True)
    upload = UploadForm(formdata=None)
    try:
        report = bring_in_book(database.session(), asked, signed_in(), edge().clock)
    except WorkbookRefusedError as refusal:
        return _page(upload, _refused(name, refusal)), REFUSED
    found = Tried(
        file=name,
        sha256=book.sha256,
        report=report,
        meaning=tuple(meaning_lines(report.meaning, language())),
        closed=tuple(closed_lines(report.meaning, language())),
        implausible=tuple(sentence(one, language()) for one in report.meaning.implausible),
    )
    form.read.data = _sealed(name, book)
    return _page(upload, found, form), REFUSED if form.errors else 200


def _refused(name: str, refusal: WorkbookRefusedError) -> Tried:
    said = tuple(sentence(one, language()) for one in refusal.problems)
    return Tried(file=name, refusal=explain(refusal, language()), problems=said)


def _page(upload: UploadForm, tried: Tried | None = None, form: SendForm | None = None) -> str:
    return render_template(
        "book_import/show.html",
        upload=upload,
        tried=tried,
        form=form,
        is_empty=is_empty_book(database.session()),
        most=MOST_SAID,
        megabytes=LARGEST_FILE // MEGABYTE,
    )


def _sealed(name: str, book: Book) -> str:
    """Give what was read, small and sealed: only this program reads it again."""
    plain = json.dumps({"file": name, "book": dump_book(book)}, ensure_ascii=False)
    packed = base64.b85encode(zlib.compress(plain.encode(), 9)).decode()
    return seal(WORKBOOK).close(packed)


def _opened(sealed: str) -> tuple[str, Book]:
    """Give what was sealed; BrokenSealError for anything else."""
    packed = base64.b85decode(seal(WORKBOOK).open(sealed))
    found: dict[str, Any] = json.loads(zlib.decompress(packed))
    return str(found["file"]), load_book(found["book"])
