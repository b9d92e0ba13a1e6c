"""What may be proposed about a loan: each kind's form, its request, and which loans it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import HiddenField, ValidationError
from wtforms.fields import TextAreaField

from loanfund.domain.account import LoanStatus, Position
from loanfund.domain.errors import LoanFundError
from loanfund.domain.event import PaymentMethod, RescheduleKind, WaiverOf
from loanfund.domain.money import Money, Rate
from loanfund.domain.permission import Action, Grant
from loanfund.domain.terms import PlannedInstalment
from loanfund.queries.loan_page import LoanName
from loanfund.services.disbursement import Disburse
from loanfund.services.restructuring import (
    ChangeRate,
    Freeze,
    Reschedule,
    Restructuring,
    WaiveInterest,
    WriteOff,
)
from loanfund.web.context import language, today
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    KeyedForm,
    MoneyField,
    Required,
    TextField,
)
from loanfund.web.login import can
from loanfund.wording import dmy, explain, text, vnd
from loanfund.wording.reading import read_amount, read_day

MOST_INSTALMENTS = 400
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


class PlanField(TextAreaField):
    """Instalments, one a line: a day and an amount; `plan` is what was read."""

    plan: tuple[PlannedInstalment, ...] = ()

    def pre_validate(self, _form: Any) -> None:
        """Read every line; the first that cannot be read is named."""
        lines = [one.strip() for one in (self.data or "").splitlines()]
        typed = [(number, one) for number, one in enumerate(lines, 1) if one]
        if len(typed) > MOST_INSTALMENTS:
            raise ValidationError(
                text("change_page.plan_long", language(), most=MOST_INSTALMENTS)
            )
        self.plan = tuple(_instalment(number, one) for number, one in typed)


def _instalment(number: int, line: str) -> PlannedInstalment:
    day, _, amount = line.replace("\t", " ").partition(" ")
    try:
        return PlannedInstalment(read_day(day, today()), Money(read_amount(amount)))
    except LoanFundError as error:
        reason = explain(error, language())
        raise ValidationError(
            text("change_page.plan_line", language(), number=number, reason=reason)
        ) from error


class ChangeForm(KeyedForm):
    """What every proposal says; `shown` is the preview that stood beside the button."""

    value_date = DayField(validators=[Required()])
    reference = TextField(validators=[AtMost(60)])
    reason = TextField(validators=[RequiredToPropose(), AtMost(300)])
    shown = HiddenField()
    act = HiddenField()

    def watched(self) -> list[str]:
        """Name the fields that the preview depends on."""
        aside = {"reference", "reason", "shown", "act", "request_key", "version", "csrf_token"}
        return [one.name for one in self if one.name not in aside]

    def fingerprint(self) -> str:
        """Give what a preview was made of, so that nothing else is proposed with it."""
        return "|".join(str(self[name].data or "") for name in self.watched())


class KeepsField(ChoiceField):
    """Whether the debt group stays where it is, as a decision of the State may order."""

    def __init__(self, *args: Any, **more: Any) -> None:
        options = [(one, f"change_page.keeps.{one}") for one in ("no", "yes")]
        super().__init__(*args, default="no", options=options, **more)

    def answer(self) -> bool:
        """Give what was chosen."""
        return bool(self.data == "yes")


class DisbursementForm(ChangeForm):
    """Money lent, at once or in a tranche."""

    amount = MoneyField(validators=[Required()])
    method = ChoiceField(
        default="bank",
        options=[(one, f"repayment_page.method.{one}") for one in ("bank", "cash")],
    )


class RescheduleForm(ChangeForm):
    """A new plan of instalments."""

    kind = ChoiceField(
        default="extend",
        options=[(one, f"change_page.kind.{one}") for one in ("extend", "adjust")],
    )
    plan = PlanField(validators=[Required()])
    unpaid_interest_due = DayField()
    keeps_debt_group = KeepsField()


class WaiverForm(ChangeForm):
    """Charges forgiven."""

    amount = MoneyField(validators=[Required()])
    of = ChoiceField(
        default="any",
        options=[(one.value, f"proposal.of.{one.value}") for one in WaiverOf],
    )
    keeps_debt_group = KeepsField()


class FreezeForm(ChangeForm):
    """Days on which nothing accrues."""

    until = DayField(validators=[Required()])


class RateForm(ChangeForm):
    """A new yearly rate."""

    annual_rate = RateField(validators=[Required()])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeKind:
    """One thing that may be proposed; `fits` says of which loans."""

    name: str
    action: Action
    form: type[ChangeForm]
    asks: Callable[[Any], dict[str, Any]]
    request: Callable[..., Restructuring]
    fits: Callable[[Position], bool]

    def asked(self, name: LoanName, form: ChangeForm, version: int | None) -> Restructuring:
        """Give the request that preview and proposal share."""
        facts = self.asks(form)
        if "reference" in self.request.__dataclass_fields__:  # type: ignore[attr-defined]
            facts["reference"] = form.reference.data or None
        return self.request(
            contract_number=name.contract_number,
            value_date=form.value_date.data,
            note=form.reason.data or None,
            version=version,
            **facts,
        )


def _is_active(place: Position) -> bool:
    return place.status is LoanStatus.ACTIVE


def _takes_money(place: Position) -> bool:
    return place.status in {LoanStatus.APPROVED, LoanStatus.ACTIVE}


def _reschedule(form: RescheduleForm) -> dict[str, Any]:
    return {
        "kind": RescheduleKind(form.kind.data),
        "plan": form.plan.plan,
        "unpaid_interest_due": form.unpaid_interest_due.data,
        "keeps_debt_group": form.keeps_debt_group.answer(),
    }


KINDS = (
    ChangeKind(
        name="disbursement",
        action=Action.DISBURSE,
        form=DisbursementForm,
        asks=lambda form: {
            "amount": form.amount.data,
            "method": PaymentMethod(form.method.data),
        },
        request=Disburse,
        fits=_takes_money,
    ),
    ChangeKind(
        name="reschedule",
        action=Action.RESCHEDULE,
        form=RescheduleForm,
        asks=_reschedule,
        request=Reschedule,
        fits=_is_active,
    ),
    ChangeKind(
        name="interest_waiver",
        action=Action.WAIVE,
        form=WaiverForm,
        asks=lambda form: {
            "amount": form.amount.data,
            "of": WaiverOf(form.of.data),
            "keeps_debt_group": form.keeps_debt_group.answer(),
        },
        request=WaiveInterest,
        fits=_is_active,
    ),
    ChangeKind(
        name="freeze",
        action=Action.FREEZE,
        form=FreezeForm,
        asks=lambda form: {"until": form.until.data},
        request=Freeze,
        fits=_is_active,
    ),
    ChangeKind(
        name="rate_change",
        action=Action.CHANGE_RATE,
        form=RateForm,
        asks=lambda form: {"annual_rate": form.annual_rate.rate()},
        request=ChangeRate,
        fits=_is_active,
    ),
    ChangeKind(
        name="write_off",
        action=Action.WRITE_OFF,
        form=ChangeForm,
        asks=lambda _: {},
        request=WriteOff,
        fits=_is_active,
    ),
)


def offered(name: LoanName, place: Position) -> Iterator[ChangeKind]:
    """Give what may be proposed about a loan as it stands, by who is signed in."""
    for kind in KINDS:
        if name.state == "approved" and kind.fits(place) and can(kind.action, Grant.PROPOSES):
            yield kind


def written_plan(rows: tuple[PlannedInstalment, ...]) -> str:
    """Write a plan as people type one."""
    return "\n".join(f"{dmy(row.due_date)} {vnd(row.amount)[:-2]}" for row in rows)
