"""Forms read what people type, keep it when it is wrong, and say so beside the field."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import StringField

from loanfund.domain.errors import ConflictError
from loanfund.domain.money import Money
from loanfund.web.code_field import CodeField, ReferenceField
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    Form,
    KeyedForm,
    MoneyField,
    Required,
    TextField,
)

PAGE = """{% from "macros/form.html" import row, summary %}{{ summary(form) }}
{{ row(form.amount, "Số tiền", hint="Phải thu") }}
{{ row(form.day, "Ngày") }}"""


class Trial(Form):
    """One of each."""

    amount = MoneyField(validators=[Required()])
    day = DayField()
    note = TextField(validators=[AtMost(5)])
    method = ChoiceField(options=[("cash", "web.total")])


@pytest.fixture(autouse=True)
def within_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", base_url="https://quy.example.vn"):
        yield


def typed(**values: str) -> Trial:
    given = {"amount": "2,5tr", "day": "5/6", "note": " a ", "method": "cash"} | values
    form = Trial(formdata=MultiDict(given), meta={"csrf": False})
    form.sent()
    return form


def test_what_was_typed_is_read() -> None:
    form = typed()

    assert not form.errors
    assert form.amount.data == Money(2_500_000)
    assert form.day.data == date(2020, 6, 5)
    assert form.note.data == "a"


def test_an_empty_field_may_be_empty_unless_it_is_required() -> None:
    form = typed(amount=" ", day="")

    assert form.day.data is None
    assert form.errors == {"amount": ["Hãy điền ô này."]}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "1,5", "có thể hiểu hai cách"),
        ("amount", "-5", "không phải là số tiền"),
        ("amount", "0", "lớn hơn 0"),
        ("day", "31/02", "Không có ngày"),
        ("day", "mai", "không phải là ngày"),
        ("note", "quá dài", "Dài nhất 5 ký tự."),
        ("method", "gold", "Hãy chọn một trong các mục có sẵn."),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(field: str, value: str, sentence: str) -> None:
    form = typed(**{field: value})

    (found,) = form.errors[field]
    assert sentence in found


def test_what_was_typed_wrong_stays_to_be_seen_and_is_tied_to_why() -> None:
    page = render_template_string(PAGE, form=typed(amount="<b>1,5"))

    assert 'value="&lt;b&gt;1,5"' in page
    assert 'aria-describedby="amount-hint amount-error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="amount-error"' in page
    assert 'href="#amount"' in page
    assert 'value="05/06/2020"' in page


def test_a_field_that_is_right_has_nothing_to_say() -> None:
    page = render_template_string(PAGE, form=typed(amount="2500k"))

    assert 'value="2.500.000"' in page
    assert "aria-invalid" not in page
    assert 'aria-describedby="amount-hint"' in page
    assert "None" not in page


def test_a_service_refuses_above_the_form_or_beside_a_field() -> None:
    form = typed()

    form.refuse(ConflictError("stale"))
    form.refuse(ConflictError("busy"), "day")

    page = render_template_string(PAGE, form=form)
    assert "Người khác vừa sửa dữ liệu này." in page
    assert page.count("Dữ liệu đang được người khác ghi.") == 2


def test_each_form_that_moves_money_has_a_key_of_its_own() -> None:
    first, second = KeyedForm(), KeyedForm()
    again = KeyedForm(formdata=MultiDict({"request_key": "abc", "version": "3"}))

    assert first.request_key.data != second.request_key.data
    assert (again.request_key.data, again.version.data) == ("abc", "3")


def test_choices_known_only_now_are_offered_by_name() -> None:
    form = Trial(formdata=MultiDict({"method": "7"}), meta={"csrf": False})
    form.method.offer([("7", "Vốn Quỹ")])

    form.sent()

    assert "method" not in form.errors
    assert form.method.data == "7"
    assert "Vốn Quỹ</option>" in str(form.method())


# Days that may lie ahead: of a contract, a plan, a freeze, a setting, a pause. All others hold
# what has happened, and read a short day of the past.
MAY_LIE_AHEAD = {
    "TermsForm.signed_on",
    "FreezeForm.until",
    "RescheduleForm.spread_from",
    "RescheduleForm.unpaid_interest_due",
    "PauseForm.last_day",
    "SettingForm.valid_from",
}


def every_form(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_form(one)


def test_every_day_of_a_form_is_read_as_fits_it() -> None:
    days: dict[str, bool] = {}
    for form in every_form(Form):
        own = [(name, one) for name, one in vars(form).items() if hasattr(one, "field_class")]
        if form.__module__.startswith("loanfund."):
            days |= {
                f"{form.__name__}.{name}": one.kwargs.get("past", False)
                for name, one in own
                if one.field_class is DayField
            }

    assert {name for name, is_past in days.items() if not is_past} == MAY_LIE_AHEAD


# Fields with such names that hold no code of ours: what tax offices, decisions, letters and
# second factors name is kept as their own texts, or read by its own rules.
OTHER_NUMBERS = {
    "ActivationForm.code",
    "BorrowerForm.tax_code",
    "ChainForm.code",
    "CodeForm.code",
    "ProposalForm.reference",
    "WriteOffForm.reference",
}
OF_CODES = re.compile(r"code|number|reference|contract|borrower$|source$")


def test_every_code_of_a_form_is_tidied_and_every_reference_kept_as_typed() -> None:
    found = {
        f"{form.__name__}.{name}": one.field_class
        for form in every_form(Form)
        if form.__module__.startswith("loanfund.")
        for name, one in vars(form).items()
        if OF_CODES.search(name)
        and hasattr(one, "field_class")
        and issubclass(one.field_class, StringField)
    }

    assert {one for one, kind in found.items() if kind is TextField} == OTHER_NUMBERS
    assert {one for one, kind in found.items() if kind is CodeField} == {
        "BorrowerForm.code",
        "ContractForm.borrower",
        "ContractForm.contract_number",
    }
    assert {one for one, kind in found.items() if kind is ReferenceField} == {
        "PaymentForm.reference",
        "RowForm.reference",
        "SplitForm.bank_reference",
    }


class Known(Form):
    """A code and a reference."""

    code = CodeField()
    reference = ReferenceField()
    note = TextField()


def test_what_nobody_sees_goes_from_codes_references_and_texts() -> None:
    given = {
        "code": " ＰＴ\u200b１/HÐ ",
        "reference": " Ft\u202e20 ①\u200b ",
        "note": "a\u202eb\u2066c",
    }
    form = Known(formdata=MultiDict(given), meta={"csrf": False})

    assert (form.code.data, form.reference.data) == ("PT1/HĐ", "Ft20 ①")
    assert form.note.data == "abc"
