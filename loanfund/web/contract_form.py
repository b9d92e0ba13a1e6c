"""The form of a contract: its terms as typed, and back from a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from wtforms import TextAreaField

from loanfund.domain.calendar import DayCount
from loanfund.domain.errors import InvalidInputError, LoanFundError
from loanfund.domain.money import Money, Rate, fixed_text
from loanfund.domain.setting import MOST_TOLERATED
from loanfund.domain.terms import (
    HIGHEST_LATE_INTEREST,
    LAST_DAY_OF_MONTH,
    LONGEST_TERM_MONTHS,
    Prepayment,
    RepaymentMethod,
    Surplus,
    WorkingDayRule,
)
from loanfund.queries.contract import ContractPage
from loanfund.web.code_field import CodeField
from loanfund.web.context import language, today
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    FactorField,
    Form,
    KeyedForm,
    MoneyField,
    RateField,
    Required,
    TextField,
    VersionedForm,
    WholeField,
)
from loanfund.web.lines import read_instalment, read_lines
from loanfund.wording import dmy, text, vnd
from loanfund.wording.reading import read_day

HIGHEST_RATE = Rate.percent("100")
MONTHS = 12
BY_SETTING = ("", "contract.by_setting")
# What a contract may say otherwise than the settings; each is one field of the same name.
OVERRIDES = (
    "day_count",
    "overdue_rate_multiplier",
    "late_interest_rate",
    "working_day_rule",
    "prepayment",
    "surplus",
    "tolerance",
)
PLAIN = (
    "term_months",
    "repayment_method",
    "interest_day",
    "interest_every_months",
    "principal_every_months",
    "principal_grace_months",
    "principal_rounding",
)


def options(kind: type[Any], prefix: str) -> list[tuple[str, str]]:
    """Give the choices of a term."""
    return [(one.value, f"{prefix}.{one.value}") for one in kind]


def _options(kind: type[Any], prefix: str) -> list[tuple[str, str]]:
    return [BY_SETTING, *options(kind, prefix)]


class PlanField(TextAreaField):
    """A plan, a line an instalment: `15/07/2020 50.000.000`; `plan` is that of rules §11."""

    plan: list[dict[str, Any]]

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0] if valuelist else ""
        rows = read_lines(self.data, read_instalment)
        self.plan = [
            {"date": one.due_date.isoformat(), "amount": one.amount.dong} for one in rows
        ]

    def process_data(self, value: Any) -> None:
        self.plan = list(value or ())
        self.data = "\n".join(
            f"{dmy(read_day(row['date'], today()))}  {vnd(row['amount'])[:-2]}"
            for row in self.plan
        )


class TermFields(Form):
    """The terms of rules §11, as they are typed."""

    amount = MoneyField(validators=[Required()])
    rate = RateField(validators=[Required()])
    rate_per = ChoiceField(
        default="year",
        options=[("year", "contract.per_year"), ("month", "contract.per_month")],
    )
    repayment_method = ChoiceField(
        options=[(one.value, f"loan_page.method.{one.value}") for one in RepaymentMethod]
    )
    term_months = WholeField(least=1, most=LONGEST_TERM_MONTHS)
    principal_plan = PlanField()
    interest_day = WholeField(least=1, most=LAST_DAY_OF_MONTH)
    interest_every_months = WholeField(least=1, most=LONGEST_TERM_MONTHS, default=1)
    principal_every_months = WholeField(least=1, most=LONGEST_TERM_MONTHS)
    principal_grace_months = WholeField(least=0, most=LONGEST_TERM_MONTHS, default=0)
    principal_rounding = WholeField(least=1, most=1_000_000_000)
    day_count = ChoiceField(default="", options=_options(DayCount, "contract.day_count"))
    overdue_rate_multiplier = FactorField()
    late_interest_rate = RateField()
    working_day_rule = ChoiceField(
        default="", options=_options(WorkingDayRule, "contract.working_day_rule")
    )
    prepayment = ChoiceField(default="", options=_options(Prepayment, "contract.prepayment"))
    surplus = ChoiceField(default="", options=_options(Surplus, "loan_page.surplus"))
    tolerance = WholeField(least=0, most=MOST_TOLERATED)

    def typed(self) -> dict[str, Any]:
        """Give the terms of rules §11; None for what is left empty."""
        terms = {
            **{name: None if self.is_silent(name) else self[name].data for name in OVERRIDES},
            **{name: self[name].data for name in PLAIN},
            "amount": self.amount.data.dong if self.amount.data else None,
            "annual_rate": self.annual_rate(),
        }
        if self.is_custom():
            del terms["term_months"]
            terms["principal_plan"] = self.principal_plan.plan
        return terms

    def fill(self, terms: Mapping[str, Any]) -> None:
        """Begin with terms of rules §11."""
        for name in (*PLAIN, *OVERRIDES):
            self[name].data = terms[name]
        self.amount.data = Money(terms["amount"])
        self.rate.data = terms["annual_rate"]
        self.principal_plan.process_data(terms["principal_plan"])

    def is_silent(self, name: str) -> bool:
        """Say whether nothing is typed in a field; zero is something."""
        return self[name].data in {None, ""}

    def is_custom(self) -> bool:
        """Say whether the instalments are those of a plan."""
        return bool(self.repayment_method.data == RepaymentMethod.CUSTOM.value)

    def annual_rate(self) -> str | None:
        """Give the rate a year, whichever way it was typed: twelve times that of a month."""
        if self.rate.data is None:
            return None
        rate = Rate.percent(self.rate.data)
        return Rate(rate.ppm * MONTHS).text if self.rate_per.data == "month" else rate.text

    def sent(self) -> bool:
        """Say whether everything can be read, and lies within what a contract may say."""
        super().sent()
        annual = self.annual_rate()
        if annual is not None and Rate.percent(annual) > HIGHEST_RATE:
            self.refuse(InvalidInputError("rate_high", most=HIGHEST_RATE), "rate")
        late = self.late_interest_rate.data
        if late is not None and Rate.percent(late) > HIGHEST_LATE_INTEREST:
            most = HIGHEST_LATE_INTEREST
            self.refuse(InvalidInputError("rate_high", most=most), "late_interest_rate")
        needed: Any = self.principal_plan if self.is_custom() else self.term_months
        if not needed.errors and not needed.data:
            needed.errors = [text("form.required", language())]
        return not self.errors

    def refuse_terms(self, error: LoanFundError) -> None:
        """Show why terms are impossible beside the field that they came from."""
        field = str(error.facts.get("field", ""))
        field = {"annual_rate": "rate", "terms": ""}.get(field, field)
        self.refuse(error, field if field in self else None)


class TermsForm(TermFields):
    """What the preview of a draft needs to know."""

    source = ChoiceField(validators=[Required()])
    signed_on = DayField(validators=[Required()])

    def terms(self) -> dict[str, Any]:
        """Give the terms of rules §11; what is left empty is left to the settings."""
        return {name: value for name, value in self.typed().items() if value is not None}

    def says_otherwise(self) -> bool:
        """Say whether anything is typed, or wrong, among what settings give."""
        return any(not self.is_silent(name) or self[name].errors for name in OVERRIDES)


class ContractForm(VersionedForm, TermsForm):
    """A contract: whose, from which source, and its terms."""

    contract_number = CodeField(validators=[Required(), AtMost(60)])
    borrower = CodeField(validators=[Required(), AtMost(30)])
    purpose = TextField(validators=[AtMost(300)])
    jobs = WholeField(least=0)
    deductible_collateral = MoneyField()

    def keep_number(self, number: str) -> None:
        """Keep the number that stands, whatever was sent."""
        self.contract_number.data, self.contract_number.raw_data = number, [number]

    def show(self, found: ContractPage, defaults: Mapping[str, Any]) -> None:
        """Begin with a draft; what it shares with the settings is left to them."""
        self.fill(found.terms)
        for name in (*OVERRIDES, "principal_rounding"):
            if found.terms[name] == defaults[name]:
                self[name].data = None
        self.source.data, self.borrower.data = found.source.code, found.borrower.code
        for name in ("contract_number", "signed_on", "purpose", "jobs"):
            self[name].data = getattr(found, name)
        self.deductible_collateral.data = found.deductible_collateral or None
        self.version.data = str(found.version)


class ActForm(KeyedForm):
    """Submit or cancel the version that was shown; a note for who decides, or the reason."""

    note = TextField(validators=[AtMost(300)])


class CancelForm(VersionedForm):
    """Why a contract will not come to be."""

    reason = TextField(validators=[Required(), AtMost(300)])


def monthly(annual_rate: str) -> tuple[str, str]:
    """Give a rate a month in both ways in use: a twelfth, and of 30 days of 365."""
    annual = Fraction(Rate.percent(annual_rate).ppm, 10_000)
    shares = (annual / MONTHS, annual * 30 / 365)
    twelfth, thirty = (
        fixed_text(one, 4).rstrip("0").rstrip(".").replace(".", ",") for one in shares
    )
    return twelfth, thirty
