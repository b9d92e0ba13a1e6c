"""The forms of a payment: what its preview needs to know, and what is posted with it."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField

from loanfund.domain.money import Money
from loanfund.web.code_field import ReferenceField
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    Form,
    KeyedForm,
    MoneyField,
    NotAfterToday,
    Required,
    TextField,
)
from loanfund.wording import vnd

ASKED = ("value_date", "amount", "surplus")  # what an address may begin a payment with


class AmountForm(Form):
    """What a preview needs to know."""

    value_date = DayField(validators=[Required(), NotAfterToday()], past=True)
    amount = MoneyField(validators=[Required()])

    def fingerprint(self) -> str:
        """Give what a preview was made of, so that nothing else is posted with it."""
        day, amount = self.value_date.data, self.amount.data
        return f"{day} {amount.dong if amount else ''}"


class SurplusForm(AmountForm):
    """What the preview of a repayment needs to know beside: where money too much goes.

    `prefilled` is the day and the amount that the page filled in by itself.
    """

    surplus = ChoiceField(
        default="",
        options=[
            ("", "repayment_page.surplus.terms"),
            ("credit", "repayment_page.surplus.credit"),
            ("principal", "repayment_page.surplus.principal"),
        ],
    )
    prefilled = HiddenField()

    def fingerprint(self) -> str:
        """Also say where money too much goes."""
        return f"{super().fingerprint()} {self.surplus.data or ''}"

    def is_other_than_shown(self) -> bool:
        """Tell whether the preview that stood beside was of another day or amount."""
        seen: str = (self["shown"].data if "shown" in self else None) or ""
        return bool(seen) and seen.rpartition(" ")[0] != AmountForm.fingerprint(self)

    def prefill(self, amount: Money) -> None:
        """Fill in an amount, if there is any, and keep that nobody typed it."""
        if amount:
            self.amount.data = amount
            self.amount.raw_data = [vnd(amount)[:-2]]
            self.prefilled.data = AmountForm.fingerprint(self)

    def stays_for_another_day(self) -> bool:
        """Tell whether the day is another than that of an amount that nobody touched."""
        day, _, amount = (self.prefilled.data or "").partition(" ")
        stands = self.amount.data
        if stands is None or amount != str(stands.dong):
            self.prefilled.data = ""  # somebody typed it
            return False
        return self.value_date.data is not None and day != str(self.value_date.data)


class PaymentForm(KeyedForm, AmountForm):
    """A payment; `shown` says which preview stands beside the button that posts.

    Whoever types an amount far beyond what is asked for says that it is `meant`, and why.
    """

    method = ChoiceField(
        default="bank",
        options=[
            ("bank", "repayment_page.method.bank"),
            ("cash", "repayment_page.method.cash"),
        ],
    )
    payer = TextField(validators=[AtMost(120)])
    reference = ReferenceField(validators=[AtMost(60)])
    note = TextField(validators=[AtMost(300)])
    reason = TextField(validators=[AtMost(200)])
    meant = BooleanField()
    meant_reason = TextField(validators=[AtMost(200)])
    shown = HiddenField()
    act = HiddenField()


class RepaymentForm(PaymentForm, SurplusForm):
    """A repayment."""
