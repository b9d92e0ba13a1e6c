"""The form of a collection sheet: fields of the sheet itself, and the same few of every row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField

from loanfund.domain.collection_sheet import SheetLine
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.event import PaymentMethod
from loanfund.domain.terms import Surplus
from loanfund.queries.collection_sheet import AskedSheet, Entered
from loanfund.services.collection_draft import SaveDraft
from loanfund.services.repayment import Repay
from loanfund.web.code_field import ReferenceField
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    Form,
    KeyedForm,
    MoneyField,
    Required,
    TextField,
    as_typed,
    read_version,
)

HEAD_FIELDS = ("day", "method")
ROW_FIELDS = ("amount", "value_date", "method", "reference", "payer", "note")
ANSWERS = ("surplus", "meant", "meant_reason", "said_of")  # to what the review asks
KEPT_FIELDS = (*ROW_FIELDS, *ANSWERS)  # of a draft
EARLIEST = date(1990, 1, 1)
SURPLUSES = [(one, f"repayment_page.surplus.{one}") for one in ("credit", "principal")]
METHODS = [(one, f"repayment_page.method.{one}") for one in ("bank", "cash")]
_FIELD_OF_ROW = re.compile(r"r([1-9][0-9]{0,15})-([a-z_]+)")
_NOTHING = re.compile(r"[0 .,–-]*")


class RowAmountField(MoneyField):
    """An amount, where nothing and zero both mean that the row is left out."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if valuelist and _NOTHING.fullmatch(valuelist[0]):
            valuelist = [""]
            self.raw_data = []
        super().process_formdata(valuelist)


class RowForm(Form):
    """One row; what is left empty is as the sheet says."""

    class Meta(Form.Meta):
        """The token of the sheet serves its rows."""

        csrf = False

    amount = RowAmountField()
    value_date = DayField(past=True)
    method = ChoiceField(default="", options=[("", "collection_sheet.as_sheet"), *METHODS])
    reference = ReferenceField(validators=[AtMost(60)])
    payer = TextField(validators=[AtMost(120)])
    note = TextField(validators=[AtMost(300)])
    version = HiddenField()
    # Said in the review, of a surplus that is a decision there: `asks` comes back with it.
    surplus = ChoiceField(default="", options=[("", "collection_sheet.as_sheet"), *SURPLUSES])
    asks = HiddenField()
    # Said there too, of an amount far beyond what is asked for: `far` comes back with it.
    meant = BooleanField()
    meant_reason = TextField(validators=[AtMost(200)])
    far = HiddenField()
    # The amount that both were said of; to another they are no answer.
    said_of = HiddenField()

    def answers(self) -> list[tuple[str, str]]:
        """Give what was answered in the review, as hidden fields carry it through the sheet."""
        given = [(self[name].name, as_typed(self[name])) for name in ANSWERS if self[name].data]
        is_answered = self.surplus.data or self.meant.data or self.meant_reason.data
        return given if is_answered else []

    def take_back_answers(self) -> None:
        """Ask again where the answers were about another amount; the reason stays typed."""
        amount = self.amount.data
        if self.said_of.data and amount and self.said_of.data != str(amount.dong):
            self.surplus.data, self.meant.data = "", False

    @property
    def is_unsaid(self) -> bool:
        """Say whether the review asked what becomes of a surplus, and nobody said it."""
        return bool(self.asks.data and not self.surplus.data)

    @property
    def why_meant(self) -> str | None:
        """Why the amount is right, where somebody said that it is."""
        return (self.meant.data and self.meant_reason.data) or None

    @property
    def is_doubtful(self) -> bool:
        """Say whether the review asked whether the amount is meant, and nobody said why."""
        return bool(self.far.data and not self.why_meant)

    @property
    def is_entered(self) -> bool:
        """Say whether anything stands where the amount belongs."""
        return bool(self.amount.data or self.amount.errors or self.amount.process_errors)

    @property
    def has_own(self) -> bool:
        """Say whether the row says more than an amount."""
        return any(self[name].data or self[name].errors for name in ROW_FIELDS[1:])


class SheetForm(KeyedForm):
    """What holds for all rows; `shown` says which review the button that posts belongs to."""

    day = DayField(validators=[Required()], past=True)
    method = ChoiceField(default="bank", options=METHODS)
    reason = TextField(validators=[AtMost(200)])
    month = HiddenField()
    source = HiddenField()
    area = HiddenField()
    shown = HiddenField()
    act = HiddenField()


def row_form(loan_id: int, kept: Mapping[str, str] | None) -> RowForm:
    """Give the form of a row: as it was sent, else with what was kept of it."""
    prefix = f"r{loan_id}-"
    typed = {f"{prefix}{name}": (kept or {}).get(name, "") for name in KEPT_FIELDS}
    sent = {} if kept is None else {"formdata": MultiDict(typed)}
    row = RowForm(prefix=prefix, **sent)
    row.take_back_answers()
    return row


def asked_sheet(fields: Mapping[str, str], day: date, today: date) -> AskedSheet:
    """Read which sheet is asked for; InvalidInputError for a month that none can be for."""
    typed = fields.get("month", "")
    try:
        month = date.fromisoformat(f"{typed}-01") if typed else day.replace(day=1)
    except ValueError:
        raise InvalidInputError("choice", field="month") from None
    if month < EARLIEST or (month.year, month.month) > _after(today):
        raise InvalidInputError("choice", field="month")
    return AskedSheet(
        month=month,
        day=day,
        source=fields.get("source", "").strip()[:100],
        area=fields.get("area", "").strip()[:200],
    )


def _after(today: date) -> tuple[int, int]:
    """Give the month after that of a day; a sheet may be printed so early."""
    return (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)  # noqa: PLR2004


def sent_draft(asked: AskedSheet) -> SaveDraft:
    """Give what the request holds of a sheet as a draft, as it was typed."""
    rows: dict[int, dict[str, str]] = {}
    for name, typed in request.form.items():
        found = _FIELD_OF_ROW.fullmatch(name)
        if found and found[2] in KEPT_FIELDS:
            rows.setdefault(int(found[1]), {})[found[2]] = typed
    entered = {key: row if any(row.values()) else {} for key, row in rows.items()}
    head = {name: request.form.get(name, "") for name in (*HEAD_FIELDS, "reason")}
    return SaveDraft(month=asked.month, source=asked.source, head=head, rows=entered)


def sent_loans() -> set[int]:
    """Give the loans for which the request holds an amount."""
    found = ((_FIELD_OF_ROW.fullmatch(name), typed) for name, typed in request.form.items())
    return {
        int(match[1])
        for match, typed in found
        if match and match[2] == "amount" and not _NOTHING.fullmatch(typed)
    }


def repayment_of(line: SheetLine, row: Any, head: Any, note: str | None) -> Repay:
    """Give what a row asks for, with the sheet's day and method where it has none."""
    return Repay(
        contract_number=line.contract_number,
        value_date=row.value_date.data or head.day.data,
        amount=row.amount.data,
        method=PaymentMethod(row.method.data or head.method.data),
        surplus=Surplus(row.surplus.data) if row.surplus.data else None,
        meant=row.why_meant,
        payer=row.payer.data or None,
        reference=row.reference.data or None,
        note=note,
        version=read_version(row.version.data) or 0,
    )


def entered(lines: Iterable[SheetLine], rows: Mapping[int, Any], head: Any) -> list[Entered]:
    """Give what is entered, to be compared with what was posted before."""
    return [
        Entered(
            line.place,
            line.loan_id,
            line.borrower_id,
            rows[line.loan_id].value_date.data or head.day.data,
            rows[line.loan_id].amount.data,
            rows[line.loan_id].reference.data or None,
        )
        for line in lines
    ]
