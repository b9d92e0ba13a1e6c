"""A collection sheet being filled in: what is typed, what is wrong, what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from loanfund.domain.code import may_share_transfer
from loanfund.domain.collection_sheet import CollectionSheet, SheetLine
from loanfund.domain.errors import (
    ConflictError,
    InvalidInputError,
    LoanFundError,
    RowsRefusedError,
)
from loanfund.domain.money import Money, total
from loanfund.queries.collection_sheet import (
    AskedSheet,
    Entered,
    draft,
    earlier_like,
    sheet,
)
from loanfund.queries.loan_list import Choices
from loanfund.queries.receipt import Earlier
from loanfund.services.collection_sheet import (
    PostSheet,
    SheetRow,
    preview_sheet,
)
from loanfund.store.collection_sheet import DraftName, batch_of_key
from loanfund.store.request_key import fingerprint, new_key
from loanfund.web import database
from loanfund.web.asked import AskedError
from loanfund.web.collection_form import (
    HEAD_FIELDS,
    ROW_FIELDS,
    SheetForm,
    asked_sheet,
    entered,
    repayment_of,
    row_form,
    sent_loans,
)
from loanfund.web.collection_review import Review, review_of
from loanfund.web.context import edge, language, today, working_date
from loanfund.web.form import as_typed
from loanfund.web.login import signed_in
from loanfund.web.shared_transfer import PAPERS, shared_with
from loanfund.wording import explain, text


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row, and the field to go to."""

    place: int
    name: str
    field: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Desk:
    """One sheet in the hands of one person."""

    asked: AskedSheet
    sheet: CollectionSheet
    choices: Choices
    head: Any
    rows: Mapping[int, Any]
    saved_at: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    alike: dict[int, Earlier] = field(default_factory=dict)
    shared: dict[int, str] = field(default_factory=dict)
    has_changed: bool = False

    @property
    def entered(self) -> list[SheetLine]:
        """The rows in which an amount stands, whether it can be read or not."""
        return [line for line in self.sheet.lines if self.rows[line.loan_id].is_entered]

    @property
    def amount(self) -> Money:
        """The sum of the amounts that can be read."""
        amounts = [self.rows[line.loan_id].amount.data for line in self.entered]
        return total([one for one in amounts if one])

    def fill(self) -> None:
        """Enter what is to pay wherever nothing is entered yet."""
        for line in self.sheet.lines:
            row = self.rows[line.loan_id]
            if line.is_open and line.to_collect.amount and not row.is_entered:
                row.amount.data = line.to_collect.amount

    def read_again(self) -> None:
        """Show the figures as they stand by now beside what is typed."""
        self.sheet, self.choices = sheet(database.session(), self.asked, today())
        known = self.rows
        self.rows = {
            line.loan_id: known.get(line.loan_id) or row_form(line.loan_id, {})
            for line in self.sheet.lines
        }

    def request(self) -> PostSheet:
        """Give what the button posts; by then every surplus is decided, every amount meant."""
        rows = tuple(
            replace(row, repayment=replace(row.repayment, must_decide=True, must_be_meant=True))
            for row in self._rows()
        )
        return PostSheet(
            month=self.asked.month,
            source=self.asked.source or None,
            rows=rows,
            key=self.head.request_key.data or "",
        )

    def fingerprint(self) -> str:
        """Give what a review was made of, so that nothing else is posted with it.

        It shows both ways of a surplus and asks whether amounts are meant, so that both may
        still be said there.
        """
        shown = [
            (row.place, change.payload(), change.version)
            for row in self._rows()
            for change in (replace(row.repayment, surplus=None, meant=None).change(),)
        ]
        return fingerprint(shown)

    def typed(self) -> list[tuple[str, str]]:
        """Give everything that is typed, as hidden fields carry it through the review."""
        named = [(name, self.head[name]) for name in (*HEAD_FIELDS, "reason")]
        for line in self.entered:
            row = self.rows[line.loan_id]
            named += [(row[name].name, row[name]) for name in (*ROW_FIELDS, "version")]
        typed = ((name, as_typed(one)) for name, one in named)
        return [(name, value) for name, value in typed if value]

    def is_posted(self) -> bool:
        """Tell whether the form's key has posted already, and only its answer is wanted."""
        key = self.head.request_key.data or ""
        return batch_of_key(database.session(), key) is not None

    def is_ready(self) -> bool:
        """Tell whether all that is typed can be read, and nothing of it was posted before."""
        is_read = self.head.sent()
        for line in self.entered:
            row = self.rows[line.loan_id]
            if not row.sent():
                self._refuse_fields(line, row)
        if sent_loans() - self.rows.keys():
            self.head.refuse(ConflictError("sheet_changed"))
        elif not self.entered and is_read:
            self.head.form_errors.append(text("collection_sheet.nothing_entered", language()))
        if self.head.errors or self.problems:
            return False
        return self._is_no_duplicate()

    def is_reviewed(self) -> bool:
        """Tell whether what is sent is what the review showed."""
        self.has_changed = self.head.shown.data != self.fingerprint()
        return not self.has_changed

    def is_decided(self) -> bool:
        """Tell whether every surplus and amount that the review asked about is spoken for."""
        rows = [self.rows[line.loan_id] for line in self.entered]
        return not any(row.is_unsaid or row.is_doubtful for row in rows)

    def review(self) -> Review:
        """Plan all rows; those refused become problems."""
        rows = self._rows()
        found = preview_sheet(database.session(), rows, signed_in(), edge().clock)
        if found.refused:
            self.refuse(RowsRefusedError(found.refused))
        lines = {line.place: line for line in self.entered}
        return review_of(rows, lines, found, self.alike)

    def refuse(self, error: LoanFundError) -> None:
        """Show why nothing was posted, beside the rows that are to blame where it says so."""
        if not isinstance(error, RowsRefusedError):
            self.head.refuse(error)
            if error.reason == "key_used":
                self.head.request_key.data = new_key()
            return
        of_place = {line.place: line for line in self.entered}
        for one in error.rows:
            is_day = one.error.reason in ("after_business_date", "before_first_disbursement")
            name = "value_date" if is_day else "amount"
            self._refuse(of_place[one.place], name, explain(one.error, language()))

    def _rows(self) -> tuple[SheetRow, ...]:
        return tuple(self._row(line) for line in self.entered)

    def _row(self, line: SheetLine) -> SheetRow:
        row = self.rows[line.loan_id]
        note = [row.note.data or ""]
        if line.place in self.alike:
            twin = self.alike[line.place]
            facts = {"number": twin.number, "reason": self.head.reason.data}
            note.append(text("repayment_page.no_duplicate", PAPERS, **facts))
        note.append(self.shared.get(line.place, ""))
        joined = " ".join(part for part in note if part) or None
        return SheetRow(line.place, repayment_of(line, row, self.head, joined))

    def _is_no_duplicate(self) -> bool:
        """Stop what stands already: a reference for good, a twin until a reason is given."""
        rows = entered(self.entered, self.rows, self.head)
        self.alike, same = earlier_like(database.session(), rows)
        seen: dict[str, Entered] = {}
        for row, line in zip(rows, self.entered, strict=True):
            first, others = seen.get(row.fold), same.get(row.place, [])
            twins = [one for one in others if not may_share_transfer(one, row)]
            if first is not None and not may_share_transfer(first, row):
                self._refuse(line, "reference", _say("reference_twice", row=first.place))
            elif twins:
                twin = twins[0]
                facts = {"number": twin.number, "contract": twin.contract_number}
                error = ConflictError("same_reference", **facts)
                self._refuse(line, "reference", explain(error, language()))
            elif first is not None or others:
                self.shared[line.place] = shared_with(first, others, self.entered)
            if row.fold:
                seen.setdefault(row.fold, row)
            if row.place in self.alike and not self.head.reason.data:
                self._refuse(line, "amount", _say("alike", number=self.alike[row.place].number))
        return not self.problems

    def _refuse_fields(self, line: SheetLine, row: Any) -> None:
        for name, errors in row.errors.items():
            self.problems.append(
                Problem(line.place, line.borrower, row[name].id, str(errors[0]))
            )

    def _refuse(self, line: SheetLine, name: str, sentence: str) -> None:
        refused = self.rows[line.loan_id][name]
        refused.errors = [*refused.errors, sentence]
        self.problems.append(Problem(line.place, line.borrower, refused.id, sentence))


def sheet_asked() -> AskedSheet:
    """Read which sheet the address asks for."""
    try:
        return asked_sheet(request.args, working_date(), today())
    except InvalidInputError as error:
        raise AskedError("month", error) from error


def desk_asked() -> Desk:
    """Open the sheet that the address asks for, with what was typed into it before."""
    asked = sheet_asked()
    kept = draft(database.session(), DraftName(signed_in().user_id, asked.month, asked.source))
    head = SheetForm(formdata=None, day=working_date(), method=kept.head.get("method", "bank"))
    opened = _opened(asked, head, kept.rows)
    opened.saved_at = kept.saved_at
    return opened


def desk_kept() -> Desk:
    """Open the sheet that the address asks for, wholly as it was kept."""
    asked = sheet_asked()
    kept = draft(database.session(), DraftName(signed_in().user_id, asked.month, asked.source))
    typed = MultiDict({"request_key": new_key(), **kept.head})
    head: Any = SheetForm(formdata=typed, meta={"csrf": False})
    asked = replace(asked, day=head.day.data or asked.day)
    opened = _opened(asked, head, kept.rows)
    for line in opened.sheet.lines:
        opened.rows[line.loan_id].version.data = str(line.version)
    return opened


def desk_sent() -> Desk:
    """Take up the sheet as it was sent."""
    head: Any = SheetForm()
    asked = asked_sheet(request.form, head.day.data or working_date(), today())
    return _opened(asked, head, None)


def _opened(
    asked: AskedSheet, head: SheetForm, kept: Mapping[int, Mapping[str, str]] | None
) -> Desk:
    found, choices = sheet(database.session(), asked, today())
    rows = {
        line.loan_id: row_form(
            line.loan_id, None if kept is None else kept.get(line.loan_id, {})
        )
        for line in found.lines
    }
    return Desk(asked=asked, sheet=found, choices=choices, head=head, rows=rows)


def _say(key: str, **facts: object) -> str:
    return text(f"collection_sheet.{key}", language(), **facts)
