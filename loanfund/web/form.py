"""The root of all forms: in the reader's language, with amounts and days as typed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, ClassVar, Protocol, cast

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.widgets import TextInput

from loanfund.domain.errors import InvalidInputError, LoanFundError
from loanfund.domain.money import Money
from loanfund.store.request_key import check_key, new_key
from loanfund.web.context import language, today
from loanfund.web.paths import came_back
from loanfund.wording import clean, dmy, explain, text, vnd
from loanfund.wording.reading import read_amount, read_day, read_decimal, read_whole

LONGEST_VERSION = 9
UNCHOSEN = ("", "form.choose")  # stands first where nobody shall choose unread
TEXTS = {
    "Not a valid choice.": "form.choice",
    "Invalid Choice: could not coerce.": "form.choice",
    "Not a valid integer value.": "form.number",
    "Invalid CSRF Token.": "form.invalid",
}


class _Texts:
    """WTForms' own few sentences, in our words."""

    def gettext(self, sentence: str) -> str:
        return text(TEXTS.get(sentence, "form.invalid"), language())

    def ngettext(self, singular: str, _plural: str, _count: int) -> str:
        return self.gettext(singular)


class Form(FlaskForm):
    """A form whose refusals stand beside its fields, or above when they concern them all."""

    class Meta(FlaskForm.Meta):
        """What WTForms asks about a form."""

        def get_translations(self, _form: object) -> _Texts:
            return _Texts()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Read what was typed: a file or JSON in a field's place is nothing typed."""
            found = super().wrap_formdata(form, formdata)  # type: ignore[no-untyped-call]
            return found if found is None or found is formdata else request.form

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def sent(self) -> bool:
        """Say whether it was sent, and everything typed can be read.

        One that comes back after a sign-in was not: it is shown as it was typed. Where a form
        names its act, the act is missing then, and it is shown with its preview.
        """
        if came_back() and "act" not in self:
            return False
        return bool(self.validate())

    def begin_as_asked(self, names: Iterable[str]) -> bool:
        """Let fields begin with what the address says of them; tell whether it says anything.

        What cannot be read stays in its field, and is said beside it.
        """
        typed = {name: request.args.get(name, "").strip() for name in names if name in self}
        asked = {name: said for name, said in typed.items() if said}
        for name, said in asked.items():
            self[name].process(MultiDict({name: said}))
            self[name].validate(self)
        return bool(asked)

    def refuse(self, error: LoanFundError, field: str | None = None) -> None:
        """Show why a service refused, beside a field or above the form."""
        sentence = explain(error, language())
        if field is None:
            self.form_errors.append(sentence)
        else:
            self[field].errors = [*self[field].errors, sentence]


def read_version(typed: str | None) -> int | None:
    """Read the version that a form carries; one that is no number fits no row."""
    if not typed:
        return None
    return int(typed) if typed.isdecimal() and len(typed) <= LONGEST_VERSION else 0


class VersionedForm(Form):
    """A form about something that others may change meanwhile."""

    version = HiddenField()


class KeyedForm(VersionedForm):
    """A form that moves money: its key, made when it is shown, lets it count once only."""

    request_key = HiddenField(default=new_key)

    def validate_request_key(self, field: HiddenField) -> None:
        """Refuse what has no key of a form, and give it one to be sent again with.

        A preview, which carries no token either, needs none.
        """
        if not self.meta.csrf:
            return
        try:
            check_key(field.raw_data[0] if field.raw_data else "")
        except InvalidInputError:
            field.data = new_key()
            raise ValidationError(text("form.key", language())) from None


def as_typed(one: Any) -> str:
    """Give a field's value as somebody would type it."""
    write = getattr(one, "_value", None)
    return str(write() if write else one.data or "")


class Required:
    """Refuse an empty field."""

    field_flags: ClassVar[dict[str, Any]] = {"required": True}

    def __call__(self, _form: object, field: Field) -> None:
        raw = field.raw_data[0] if field.raw_data else ""
        if not raw or (isinstance(raw, str) and not raw.strip()):
            field.errors = []
            raise StopValidation(text("form.required", language()))


class NotAfterToday:
    """Refuse a day that is still to come."""

    def __call__(self, _form: object, field: Field) -> None:
        if field.data is not None and field.data > today():
            refused = InvalidInputError("after_business_date")
            raise StopValidation(explain(refused, language()))


class AtMost(Length):
    """Refuse a text longer than so many characters."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most)

    def __call__(self, form: Any, field: Any) -> None:
        self.message = text("form.long", language(), most=self.max)
        super().__call__(form, field)


class TextField(StringField):
    """A line of text, composed, without control characters and the spaces around it."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = clean(valuelist[0]) if valuelist else self.data


class ChoiceField(SelectField):
    """One of several; `options` are values with the keys of their texts."""

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        options: Iterable[tuple[str, str]] = (),
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.offer((value, text(key, language())) for value, key in options)

    def is_offered(self) -> bool:
        """Tell whether what was sent is one of them."""
        offered = cast("list[SelectChoice]", self.choices)
        return self.data in {one.value for one in offered}

    def offer(self, options: Iterable[tuple[str, str]]) -> None:
        """Offer values with names as they are, for what is known only now."""
        self.choices = [SelectChoice(value, name) for value, name in options]


class Reader(Protocol):
    """What reads a typed value, or refuses it with a LoanFundError."""

    def __call__(self, typed: str) -> Any: ...


class _ReadField(Field):
    """A line that is read as a value; what was typed stays to be seen when it cannot be."""

    widget = TextInput()
    read: Reader
    write: Callable[[Any], str]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = self.read(valuelist[0])
            except LoanFundError as error:
                raise ValueError(explain(error, language())) from error

    def _value(self) -> str:
        if self.data is not None:
            return self.write(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""


class MoneyField(_ReadField):
    """An amount above nothing: `2.500.000`, `2500k`, `2,5tr`; `data` is Money or None."""

    data: Money | None

    def read(self, typed: str) -> Money:
        return Money(read_amount(typed))

    def write(self, amount: Money) -> str:
        return vnd(amount)[:-2]


class DayField(_ReadField):
    """A day: `05/06/2020`, `5/6`, `050620`; `data` is a date or None.

    One that only holds what has happened already (`past`) reads `31/12` in January as last
    year's; other days, as of a plan or a setting, are of this year unless they name another.
    """

    data: date | None

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        past: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.past = past

    def read(self, typed: str) -> date:
        return read_day(typed, today(), past=self.past)

    def write(self, day: date) -> str:
        return dmy(day)


class RateField(_ReadField):
    """A percentage: `7,2` or `7.2 %`; `data` is its decimal text ("7.2") or None."""

    data: str | None
    decimals: ClassVar[int] = 4

    def read(self, typed: str) -> str:
        return read_decimal(typed, self.decimals)

    def write(self, rate: str) -> str:
        return rate.replace(".", ",")


class FactorField(RateField):
    """A factor such as `1,5`; `data` is its decimal text or None."""

    decimals: ClassVar[int] = 3


class WholeField(_ReadField):
    """A whole number from `least` to `most`; `data` is an int or None."""

    data: int | None

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        least: int = 0,
        most: int = 1_000_000,
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.least, self.most = least, most

    def read(self, typed: str) -> int:
        return read_whole(typed, self.least, self.most)

    def write(self, number: int) -> str:
        return str(number)
