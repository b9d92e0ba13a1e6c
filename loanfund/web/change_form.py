"""What is typed to propose something about a loan, and what of it the services are told."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from wtforms import HiddenField, ValidationError

from loanfund.domain.errors import SplitMismatchError
from loanfund.domain.event import PaymentMethod, WaiverOf
from loanfund.domain.money import NOTHING, Money, Rate
from loanfund.domain.terms import Component
from loanfund.queries.loan_page import LoanName, folded_on, place_on
from loanfund.web import database
from loanfund.web.code_field import ReferenceField
from loanfund.web.context import language, working_date
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    KeyedForm,
    MoneyField,
    NotAfterToday,
    Required,
    TextField,
)
from loanfund.web.shared_transfer import named, sharing
from loanfund.wording import text

WHOLE = 100  # percent


class RequiredToPropose(Required):
    """Refuse an empty field once it is proposed; the preview does without."""

    def __call__(self, form: Any, field: Any) -> None:
        if form.act.data == "post":
            super().__call__(form, field)


class RateField(TextField):
    """A yearly rate as a percentage, with a comma or a point: `7,2`."""

    def rate(self) -> Rate:
        """Give what was typed, as the domain counts it."""
        return Rate.percent((self.data or "").rstrip("% ").replace(",", "."))

    def pre_validate(self, _form: Any) -> None:
        """Refuse what is no rate between 0 and 100, or has more than four decimals."""
        typed = (self.data or "").rstrip("% ").replace(",", ".")
        try:
            is_rate = 0 <= Decimal(typed) <= WHOLE and self.rate() is not None
        except (InvalidOperation, ValueError):
            is_rate = False
        if typed and not is_rate:
            raise ValidationError(text("change_page.not_a_rate", language()))


class ProposalForm(KeyedForm):
    """What every proposal says; `shown` is the preview that stood beside the button.

    Fields of `ASIDE` are kept with it, but no figure depends on them.
    """

    ASIDE: ClassVar[tuple[str, ...]] = (
        "payer",
        "recipient",
        "bank_reference",
        "reference",
        "reason",
    )
    HIDDEN: ClassVar[tuple[str, ...]] = ("shown", "act", "request_key", "version", "csrf_token")
    REQUIRED: ClassVar[tuple[str, ...]] = ("reason",)  # of those aside
    HELPING: ClassVar[tuple[str, ...]] = ()  # those that only help to fill in another

    reference: TextField | None = TextField(validators=[AtMost(60)])
    reason = TextField(validators=[RequiredToPropose(), AtMost(300)])
    shown = HiddenField()
    act = HiddenField()

    def begin(self, _name: LoanName) -> None:
        """Fill in what one would begin with."""

    def facts(self, _name: LoanName) -> dict[str, Any]:
        """Give what the request says beside the contract and its version."""
        facts = {"note": self.reason.data or None}
        return facts | ({"reference": self.reference.data or None} if self.reference else {})

    def work_out(self, _name: LoanName) -> None:
        """Fill in what the button pressed asks for, before the form is read."""

    def watched(self) -> list[str]:
        """Name the fields that the preview depends on."""
        others = self.ASIDE + self.HIDDEN + self.HELPING
        return [one.name for one in self if one.name not in others]

    def aside(self) -> list[str]:
        """Name the fields that are kept with the proposal only."""
        return [name for name in self.ASIDE if name in self]

    def fingerprint(self) -> str:
        """Give what a preview was made of, so that nothing else is proposed with it."""
        return "|".join(str(self[name].data or "") for name in self.watched())


class ChangeForm(ProposalForm):
    """What happens on a day."""

    value_date = DayField(validators=[Required(), NotAfterToday()], past=True)

    def begin(self, name: LoanName) -> None:
        super().begin(name)
        self.value_date.data = working_date()

    def facts(self, name: LoanName) -> dict[str, Any]:
        return {**super().facts(name), "value_date": self.value_date.data}


class WriteOffForm(ChangeForm):
    """A debt that leaves the balance sheet, by a decision that the voucher names."""

    REQUIRED = ("reason", "reference")

    reference = TextField(validators=[RequiredToPropose(), AtMost(60)])


class KeepsField(ChoiceField):
    """Whether the debt group stays where it is, as a decision of the State may order."""

    def __init__(self, *args: Any, **more: Any) -> None:
        options = [(one, f"change_page.keeps.{one}") for one in ("no", "yes")]
        super().__init__(*args, default="no", options=options, **more)

    def answer(self) -> bool:
        """Give what was chosen."""
        return bool(self.data == "yes")


class MoneyForm(ChangeForm):
    """Money that comes or goes by cash or bank, which needs no number of a decision."""

    reference = None
    amount = MoneyField(validators=[Required()])
    method = ChoiceField(
        default="bank",
        options=[(one, f"repayment_page.method.{one}") for one in ("bank", "cash")],
    )

    def facts(self, name: LoanName) -> dict[str, Any]:
        money = {"amount": self.amount.data, "method": PaymentMethod(self.method.data)}
        return {**super().facts(name), **money}


class DisbursementForm(MoneyForm):
    """Money lent; one begins with all that is left of what was approved."""

    def begin(self, name: LoanName) -> None:
        super().begin(name)
        folded = folded_on(database.session(), name, working_date())
        left = folded.history.terms.amount - folded.position().principal_disbursed
        self.amount.data = left if left.dong > 0 else None


class RefundForm(MoneyForm):
    """Credit paid back; one begins with all there is."""

    recipient = TextField(validators=[AtMost(120)])

    def begin(self, name: LoanName) -> None:
        super().begin(name)
        self.amount.data = place_on(database.session(), name, working_date()).credit or None

    def facts(self, name: LoanName) -> dict[str, Any]:
        return {**super().facts(name), "payer": self.recipient.data or None}


class SplitForm(MoneyForm):
    """Money received, and how much of it pays what."""

    principal = MoneyField()
    interest = MoneyField()
    overdue_interest = MoneyField()
    late_interest = MoneyField()
    payer = TextField(validators=[AtMost(120)])
    bank_reference = ReferenceField(validators=[AtMost(60)])

    def facts(self, name: LoanName) -> dict[str, Any]:
        """Also refuse a transfer that was recorded before, unless both may share it."""
        why = self.reason.data or ""
        shared = named(sharing(name, self.bank_reference.data, self.request_key.data))
        told = [one for one in shared if one not in why]  # as in one that came back
        return {
            **super().facts(name),
            "note": " ".join([why, *told]).strip() or None,
            "split": self.split(),
            "payer": self.payer.data or None,
            "reference": self.bank_reference.data or None,
        }

    def split(self) -> dict[Component, Money]:
        """Give the parts that were typed; without any it would be a repayment like others."""
        typed = {one: part for one in Component if (part := self[one.value].data)}
        if not typed and self.amount.data:
            raise SplitMismatchError("sum", parts=NOTHING, amount=self.amount.data)
        return typed


class ReversalForm(ProposalForm):
    """Why something that was recorded counts as never having happened."""

    reference = None

    def facts(self, _name: LoanName) -> dict[str, Any]:
        return {"reason": self.reason.data or ""}


class WaiverForm(ChangeForm):
    """Charges forgiven."""

    amount = MoneyField(validators=[Required()])
    of = ChoiceField(
        default="any",
        options=[(one.value, f"proposal.of.{one.value}") for one in WaiverOf],
    )
    keeps_debt_group = KeepsField()

    def facts(self, name: LoanName) -> dict[str, Any]:
        return {
            **super().facts(name),
            "amount": self.amount.data,
            "of": WaiverOf(self.of.data),
            "keeps_debt_group": self.keeps_debt_group.answer(),
        }


class FreezeForm(ChangeForm):
    """Days on which nothing accrues."""

    until = DayField(validators=[Required()])

    def facts(self, name: LoanName) -> dict[str, Any]:
        return {**super().facts(name), "until": self.until.data}


class RateForm(ChangeForm):
    """A new yearly rate."""

    annual_rate = RateField(validators=[Required()])

    def facts(self, name: LoanName) -> dict[str, Any]:
        return {**super().facts(name), "annual_rate": self.annual_rate.rate()}
