"""The form of one setting: a field fit for its kind, whose it is, from which day, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from loanfund.domain.calendar import DayCount
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.notice import LONGEST_PATTERN
from loanfund.domain.setting import MOST_TOLERATED, SETTINGS, OverdueMethod, check_setting
from loanfund.domain.terms import DebtRuleSet, Prepayment, Surplus, WorkingDayRule
from loanfund.services._setting import SetSetting
from loanfund.web import setting_value as value
from loanfund.web.context import language
from loanfund.web.form import (
    AtMost,
    ChoiceField,
    DayField,
    FactorField,
    KeyedForm,
    RateField,
    Required,
    TextField,
    WholeField,
)
from loanfund.wording import text

OPTIONS: dict[str, Any] = {
    "day_count": DayCount,
    "working_day_rule": WorkingDayRule,
    "prepayment": Prepayment,
    "surplus": Surplus,
    "debt_rule_set": DebtRuleSet,
    "overdue_method": OverdueMethod,
    "reminders_held": (value.YES, value.NO),
    "notices_signed": (value.YES, value.NO),
}
READERS: dict[str, Any] = {
    "holidays": value.read_holiday,
    "allocation_order": value.read_component,
    "allocation_order_overdue": value.read_component,
    "signatories": value.read_signatory,
    "account_numbers": value.read_account,
    "reminder_rules": value.read_rule,
}
FIGURES: dict[str, Any] = {
    "overdue_rate_multiplier": FactorField(validators=[Required()]),
    "late_interest_rate": RateField(validators=[Required()]),
    "principal_rounding": WholeField(validators=[Required()], least=1, most=1_000_000_000),
    "tolerance": WholeField(validators=[Required()], least=0, most=MOST_TOLERATED),
    "objection_days": WholeField(validators=[Required()], least=1, most=3650),
    "notice_days": WholeField(validators=[Required()], least=1, most=365),
    "notice_number": TextField(validators=[Required(), AtMost(LONGEST_PATTERN)]),
    "fund_name": TextField(validators=[Required(), AtMost(300)]),
}


class SettingForm(KeyedForm):
    """What every setting asks besides its value."""

    value: Any
    source = ChoiceField()
    valid_from = DayField(validators=[Required()])
    note = TextField(validators=[AtMost(300)])

    def request(self, key: str) -> SetSetting:
        """Give what is typed as a request."""
        return SetSetting(
            key=key,
            value=value.from_field(key, self.value.data),
            valid_from=self.valid_from.data or date.max,
            source_code=self.source.data or None if "source" in self else None,
        )

    def is_possible(self, key: str) -> bool:
        """Say whether it can be read and is of its kind, with the refusal beside its field."""
        if not self.sent():
            return False
        try:
            check_setting(key, self.request(key).value)
        except InvalidInputError as error:
            name = text(f"setting.key.{key}", language())
            self.refuse(
                InvalidInputError(error.reason, **{**error.facts, "field": name}), "value"
            )
        return not self.errors


def setting_form(key: str, sources: Iterable[tuple[str, str]], **options: Any) -> SettingForm:
    """Make the form of a key, for the whole fund or one of these sources."""
    kind: Any = type("KeyForm", (SettingForm,), {"value": _field(key)})
    form: SettingForm = kind(**options)
    if SETTINGS[key].per_source:
        form.source.offer([("", text("setting.whole_fund", language())), *sources])
    else:
        del form.source
    return form


def _field(key: str) -> Any:
    if key in OPTIONS:
        names = [str(getattr(one, "value", one)) for one in OPTIONS[key]]
        return ChoiceField(options=[(one, f"{value.CHOICES[key]}.{one}") for one in names])
    if key in READERS:
        return value.LinesField(read=READERS[key], write=value.WRITERS[key])
    return FIGURES.get(key) or TextField(validators=[AtMost(300)])
