"""Terms and events to and from the plain JSON of rules §11; also how events are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from loanfund.domain import event as events
from loanfund.domain.calendar import DayCount
from loanfund.domain.errors import InvalidEventError, InvalidTermsError
from loanfund.domain.event import Event, PaymentMethod, RescheduleKind, WaiverOf
from loanfund.domain.json_value import (
    MULTIPLIER_DECIMALS,
    dump_plan,
    dump_value,
    parse_day,
    parse_days,
    parse_money,
    parse_order,
    parse_plan,
    parse_rate,
    parse_split,
    parse_text,
    parse_thousandths,
    parse_whole,
    parse_yes_or_no,
)
from loanfund.domain.money import NOTHING, Rate, decimal_text
from loanfund.domain.terms import (
    EDITION,
    PENALTIES_FIRST,
    PRINCIPAL_FIRST,
    DebtRuleSet,
    Prepayment,
    RepaymentMethod,
    Surplus,
    Terms,
    WorkingDayRule,
    check_terms,
)

__all__ = [
    "dump_event",
    "dump_plan",
    "dump_stored",
    "dump_terms",
    "parse_day",
    "parse_event",
    "parse_order",
    "parse_plan",
    "parse_terms",
]

Json = Mapping[str, Any]
Field = tuple[str, Callable[[Any], Any], Any]
"""Attribute, reader, and what holds where nothing is given."""


def parse_terms(data: Json) -> Terms:
    """Read and check the terms of a case; InvalidTermsError names the field."""
    if not isinstance(data, Mapping):
        raise InvalidTermsError("not_an_object", field="terms")
    try:
        terms = Terms(**_values(data, _TERMS))
    except _MisfitError as misfit:
        raise InvalidTermsError(misfit.reason, field=misfit.field) from misfit
    check_terms(terms)
    return terms


def dump_terms(terms: Terms) -> dict[str, Any]:
    """Give the terms as the JSON that `parse_terms` reads back to the same terms."""
    return {
        "amount": terms.amount.dong,
        "annual_rate": terms.annual_rate.text,
        "term_months": terms.term_months,
        "repayment_method": terms.repayment_method.value,
        "interest_day": terms.interest_day,
        "interest_every_months": terms.interest_every_months,
        "principal_every_months": terms.principal_every_months,
        "principal_grace_months": terms.principal_grace_months,
        "principal_rounding": terms.principal_rounding,
        "principal_plan": dump_plan(terms.principal_plan) or None,
        "day_count": terms.day_count.value,
        "overdue_rate_multiplier": decimal_text(
            terms.overdue_rate_thousandths, decimals=MULTIPLIER_DECIMALS
        ),
        "late_interest_rate": terms.late_interest_rate.text,
        "working_day_rule": terms.working_day_rule.value,
        "holidays": sorted(day.isoformat() for day in terms.holidays),
        "prepayment": terms.prepayment.value,
        "surplus": terms.surplus.value,
        "tolerance": terms.tolerance.dong,
        "allocation_order": [component.value for component in terms.allocation_order],
        "allocation_order_overdue": [part.value for part in terms.allocation_order_overdue],
        "debt_rule_set": terms.debt_rule_set.value,
        "edition": terms.edition,
    }


def parse_event(data: Json) -> Event:
    """Read one event of a case; InvalidEventError names the field that is not of its kind."""
    if not isinstance(data, Mapping):
        raise InvalidEventError("not_an_object")
    event_id = data.get("id")
    if not isinstance(event_id, str) or not event_id:
        raise InvalidEventError("id_missing")
    kind = _KINDS.get(data["type"]) if isinstance(data.get("type"), str) else None
    if kind is None:
        raise InvalidEventError("unknown_type", event=event_id, type=str(data.get("type")))
    make, form = kind
    try:
        values = _values(data, form)
    except _MisfitError as misfit:
        raise InvalidEventError(misfit.reason, event=event_id, field=misfit.field) from misfit
    values.pop("")
    return make(**values)


class _MisfitError(Exception):
    """A field that is unknown or not of its kind."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of one kind of object, what holds of those left out, how many it has."""

    fields: Mapping[str, Field]
    left_out: dict[str, Any]
    size: int


def _form(fields: Mapping[str, Field]) -> _Form:
    defaults = {attribute: default for attribute, _, default in fields.values()}
    left_out = {name: value for name, value in defaults.items() if value is not _REQUIRED}
    return _Form(fields, left_out, len(defaults))


def _values(data: Json, form: _Form) -> dict[str, Any]:
    """Read all fields; those left out take what holds where nothing is given.

    All histories pass through here: what is wrong is looked for once something is.
    """
    values = form.left_out.copy()
    try:
        for name, given in data.items():
            attribute, read, default = form.fields[name]
            if given is not None or default is _REQUIRED:
                values[attribute] = read(given)
    except (KeyError, ValueError, TypeError):
        _misfit(data, form.fields)
    if len(values) < form.size:
        _misfit(data, form.fields)
    return values


def _misfit(data: Json, fields: Mapping[str, Field]) -> NoReturn:
    """Say what is wrong first, in the order of the fields."""
    unknown = data.keys() - fields.keys()
    if unknown:
        raise _MisfitError("unknown_field", min(unknown))
    for name, (_, read, default) in fields.items():
        given = data.get(name)
        try:
            if given is not None or default is _REQUIRED:
                read(given)
        except (ValueError, TypeError) as wrong:
            raise _MisfitError("not_of_its_kind", name) from wrong
    raise AssertionError(data)


def dump_event(event: Event) -> dict[str, Any]:
    """Give the event's own fields as JSON; `parse_event` reads it back to the same event."""
    result: dict[str, Any] = {"id": event.id, "type": event.type}
    if event.replaces is not None:
        result["replaces"] = event.replaces
    for name, (field, _, default) in EVENT_FIELDS[event.type][1].items():
        value = getattr(event, field)
        if value is not None and value != default:
            result[name] = dump_value(value)
    return result


def dump_stored(event: Event) -> dict[str, Any]:
    """Give the JSON to store; refuse an event that would not be read back as the same."""
    payload = dump_event(event)
    if parse_event(payload) != event:
        raise InvalidEventError("not_read_back", event=event.id, type=event.type)
    return payload


def _parse_changes(given: Any) -> dict[str, Any]:
    """Take the terms that an amendment changes; TypeError where one is no term."""
    if not isinstance(given, Mapping) or set(given) - set(TERM_FIELDS):
        message = f"no terms to amend: {given!r}"
        raise TypeError(message)
    return dict(given)


_REQUIRED = object()

TERM_FIELDS: dict[str, Field] = {
    "amount": ("amount", parse_money, _REQUIRED),
    "annual_rate": ("annual_rate", parse_rate, _REQUIRED),
    "term_months": ("term_months", parse_whole, 0),
    "repayment_method": ("repayment_method", RepaymentMethod, _REQUIRED),
    "interest_day": ("interest_day", parse_whole, None),
    "interest_every_months": ("interest_every_months", parse_whole, 1),
    "principal_every_months": ("principal_every_months", parse_whole, None),
    "principal_grace_months": ("principal_grace_months", parse_whole, 0),
    "principal_rounding": ("principal_rounding", parse_whole, 1),
    "principal_plan": ("principal_plan", parse_plan, ()),
    "day_count": ("day_count", DayCount, DayCount.ACTUAL_365),
    "overdue_rate_multiplier": ("overdue_rate_thousandths", parse_thousandths, 1500),
    "late_interest_rate": ("late_interest_rate", parse_rate, Rate(0)),
    "working_day_rule": ("working_day_rule", WorkingDayRule, WorkingDayRule.NONE),
    "holidays": ("holidays", parse_days, frozenset()),
    "prepayment": ("prepayment", Prepayment, Prepayment.NEXT_FIRST),
    "surplus": ("surplus", Surplus, Surplus.CREDIT),
    "tolerance": ("tolerance", parse_money, NOTHING),
    "allocation_order": ("allocation_order", parse_order, PENALTIES_FIRST),
    "allocation_order_overdue": ("allocation_order_overdue", parse_order, PRINCIPAL_FIRST),
    "debt_rule_set": ("debt_rule_set", DebtRuleSet, DebtRuleSet.MFI),
    "edition": ("edition", parse_whole, EDITION),
}

# What any event may carry; what only says when it was written down is kept by no field ("").
COMMON_FIELDS: dict[str, Field] = {
    "id": ("id", parse_text, _REQUIRED),
    "type": ("", parse_text, _REQUIRED),
    "recorded_on": ("", parse_day, None),
    "date": ("", parse_day, None),
    "replaces": ("replaces", parse_text, None),
}
_DATE: dict[str, Field] = {"date": ("value_date", parse_day, _REQUIRED)}
_AMOUNT: dict[str, Field] = {"amount": ("amount", parse_money, _REQUIRED)}
_MONEY = {**_DATE, **_AMOUNT, "method": ("method", PaymentMethod, PaymentMethod.BANK)}
_KEEPS: dict[str, Field] = {"keeps_debt_group": ("keeps_debt_group", parse_yes_or_no, False)}

EVENT_FIELDS: dict[str, tuple[Callable[..., Event], dict[str, Field]]] = {
    "disbursement": (events.Disbursement, _MONEY),
    "repayment": (
        events.Repayment,
        {
            **_MONEY,
            "split": ("split", parse_split, None),
            "surplus": ("surplus", Surplus, None),
        },
    ),
    "rate_change": (
        events.RateChange,
        {**_DATE, "annual_rate": ("annual_rate", parse_rate, _REQUIRED)},
    ),
    "reschedule": (
        events.Reschedule,
        {
            **_DATE,
            **_KEEPS,
            "kind": ("kind", RescheduleKind, _REQUIRED),
            "plan": ("plan", parse_plan, _REQUIRED),
            "unpaid_interest_due": ("unpaid_interest_due", parse_day, None),
        },
    ),
    "freeze": (events.Freeze, {**_DATE, "until": ("until", parse_day, _REQUIRED)}),
    "interest_waiver": (
        events.InterestWaiver,
        {**_DATE, **_AMOUNT, **_KEEPS, "of": ("of", WaiverOf, _REQUIRED)},
    ),
    "write_off": (events.WriteOff, _DATE),
    "recovery": (events.Recovery, _MONEY),
    "credit_refund": (events.CreditRefund, _MONEY),
    "amend": (events.Amend, {"terms": ("changes", _parse_changes, _REQUIRED)}),
    "reversal": (events.Reversal, {"of": ("of", parse_text, _REQUIRED)}),
}
_TERMS = _form(TERM_FIELDS)
_KINDS = {
    kind: (make, _form({**COMMON_FIELDS, **fields}))
    for kind, (make, fields) in EVENT_FIELDS.items()
}
