"""Law, policy and the fund's profile as dated values: every key, its kind and its default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from loanfund.domain.calendar import DayCount
from loanfund.domain.errors import InvalidInputError
from loanfund.domain.json_value import (
    MULTIPLIER_DECIMALS,
    parse_day,
    parse_decimal,
    parse_listed,
    parse_order,
    parse_text,
    parse_whole,
)
from loanfund.domain.money import Rate
from loanfund.domain.notice import parse_number_pattern
from loanfund.domain.posting import Account
from loanfund.domain.reminder import DEFAULT_RULES, parse_rules
from loanfund.domain.terms import (
    PENALTIES_FIRST,
    PRINCIPAL_FIRST,
    Component,
    DebtRuleSet,
    Prepayment,
    Surplus,
    WorkingDayRule,
)

BEGINNING = date(1900, 1, 1)
MOST_DAYS = 3650  # ten years: no paper gives more time to answer or to pay
MOST_ROUNDED = 10**9
MOST_TOLERATED = 1_000_000  # arrears beyond that are no matter of rounded cash


class OverdueMethod(StrEnum):
    """What of a loan counts as overdue in the ratios (rules §10)."""

    WHOLE_DEBT = "whole_debt"
    TRANSFERRED_PART = "transferred_part"


class SettingGroup(StrEnum):
    """What settings are about, and so what a change of one touches."""

    FIGURES = "figures"
    CONTRACT = "contract"
    PROFILE = "profile"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class SettingKind:
    """One key: how its JSON value is checked, its default, and whether sources may differ.

    Where the law changed there are later defaults, each with the day from which it holds.
    """

    key: str
    check: Callable[[Any], object]
    default: Any
    per_source: bool = False
    later: tuple[tuple[date, Any], ...] = ()

    def default_on(self, day: date) -> Any:
        """Give what holds on a day where the fund decided nothing."""
        return [self.default, *(value for since, value in self.later if since <= day)][-1]


@dataclass(frozen=True, slots=True)
class SettingValue:
    """One recorded value of a key, already among what is known."""

    key: str
    source: int | None
    value: Any
    valid_from: date


def check_setting(key: str, value: Any) -> None:
    """Raise InvalidInputError for an unknown key or a value that is not of its kind."""
    kind = SETTINGS.get(key)
    if kind is None:
        raise InvalidInputError("unknown_setting", field=key)
    try:
        kind.check(value)
    except (ValueError, TypeError, KeyError) as wrong:
        raise InvalidInputError("setting_value", field=key) from wrong


@dataclass(frozen=True, slots=True)
class SettingBook:
    """All values known, in the order recorded; the latest of the latest day holds."""

    values: tuple[SettingValue, ...] = ()
    _by_key: dict[tuple[str, int | None], list[SettingValue]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for value in self.values:
            self._by_key.setdefault((value.key, value.source), []).append(value)
        for values in self._by_key.values():
            values.sort(key=lambda one: one.valid_from)

    def get(self, key: str, day: date, source: int | None = None) -> Any:
        """Give the value in force: the source's own, else the fund's, else the default."""
        found = self._latest(key, source, day) if source is not None else None
        found = found or self._latest(key, None, day)
        return SETTINGS[key].default_on(day) if found is None else found.value

    def since(self, key: str, day: date, source: int | None = None) -> date | None:
        """Give the day from which the owner's own value holds, None where it has none."""
        found = self._latest(key, source, day)
        return None if found is None else found.valid_from

    def dated(self, key: str, source: int | None) -> list[tuple[date, Any]]:
        """Give every value of a key with the day it holds from, oldest first."""
        known = [
            value for owner in {None, source} for value in self._by_key.get((key, owner), [])
        ]
        days = {BEGINNING, *(value.valid_from for value in known)}
        days |= {since for since, _ in SETTINGS[key].later}
        return [(day, self.get(key, day, source)) for day in sorted(days)]

    def _latest(self, key: str, source: int | None, day: date) -> SettingValue | None:
        values = self._by_key.get((key, source), [])
        return next((value for value in reversed(values) if value.valid_from <= day), None)


def _multiplier(given: Any) -> int:
    thousandths = parse_decimal(given, decimals=MULTIPLIER_DECIMALS)
    if thousandths < 0:
        raise ValueError(given)
    return thousandths


def _order(given: Any) -> tuple[Component, ...]:
    order = parse_order(given)
    if sorted(order) != sorted(Component):
        raise ValueError(given)
    return order


def _days(given: Any) -> list[date]:
    return [parse_day(day) for day in parse_listed(given)]


def _late_rate(given: Any) -> Rate:
    rate = Rate.percent(parse_text(given))
    if not 0 <= rate.ppm <= Rate.percent("10").ppm:
        raise ValueError(given)
    return rate


def _whole(most: int, least: int = 1) -> Callable[[Any], int]:
    def check(given: Any) -> int:
        if not least <= parse_whole(given) <= most:
            raise ValueError(given)
        return parse_whole(given)

    return check


def _yes_or_no(given: Any) -> bool:
    if not isinstance(given, bool):
        raise TypeError(given)
    return given


def _account_numbers(given: Any) -> Mapping[Account, str]:
    numbers = {Account(code): parse_text(number) for code, number in dict(given).items()}
    for number, count in Counter(numbers.values()).items():
        if count > 1:
            raise InvalidInputError("account_number_twice", field="account", number=number)
    return numbers


def _signatories(given: Any) -> list[tuple[str, str]]:
    return [(parse_text(one["title"]), parse_text(one["name"])) for one in parse_listed(given)]


def _all(kinds: Iterable[SettingKind]) -> dict[str, SettingKind]:
    return {kind.key: kind for kind in kinds}


SETTINGS: dict[str, SettingKind] = _all(
    (
        # What a contract takes when it is approved or imported and says nothing else.
        SettingKind("day_count", DayCount, "actual/365", per_source=True),
        SettingKind("overdue_rate_multiplier", _multiplier, "1.5", per_source=True),
        SettingKind("late_interest_rate", _late_rate, "0", per_source=True),
        SettingKind("working_day_rule", WorkingDayRule, "none", per_source=True),
        SettingKind("prepayment", Prepayment, "next_first", per_source=True),
        SettingKind("surplus", Surplus, "credit", per_source=True),
        SettingKind("tolerance", _whole(MOST_TOLERATED, 0), 1_000, per_source=True),
        SettingKind("principal_rounding", _whole(MOST_ROUNDED), 1, per_source=True),
        SettingKind("allocation_order", _order, list(PENALTIES_FIRST), per_source=True),
        SettingKind("allocation_order_overdue", _order, list(PRINCIPAL_FIRST), per_source=True),
        # Law and method of a capital source.
        SettingKind("debt_rule_set", DebtRuleSet, "mfi", per_source=True),
        SettingKind("overdue_method", OverdueMethod, "whole_debt", per_source=True),
        SettingKind("holidays", _days, []),
        # The fund's profile, as papers print it.
        SettingKind("fund_name", parse_text, "Quỹ hỗ trợ phát triển hợp tác xã"),
        SettingKind("fund_superior", parse_text, ""),
        SettingKind("fund_address", parse_text, ""),
        SettingKind("fund_phone", parse_text, ""),
        SettingKind("fund_tax_code", parse_text, ""),
        SettingKind("fund_place", parse_text, ""),
        SettingKind("fund_bank_account", parse_text, ""),
        SettingKind("signatories", _signatories, []),
        SettingKind("account_numbers", _account_numbers, {}),
        SettingKind(
            "voucher_circular",
            parse_text,
            "Ban hành theo Thông tư 200/2014/TT-BTC",
            later=((date(2026, 1, 1), "Ban hành theo Thông tư 99/2025/TT-BTC"),),
        ),
        # By which circular debt groups are found, of each rule set: named, not computed with.
        SettingKind(
            "debt_circular_mfi",
            parse_text,
            "Thông tư 15/2010/TT-NHNN",
            later=((date(2024, 8, 12), "Thông tư 14/2024/TT-NHNN"),),
        ),
        SettingKind(
            "debt_circular_bank",
            parse_text,
            "Thông tư 02/2013/TT-NHNN",
            later=(
                (date(2021, 10, 1), "Thông tư 11/2021/TT-NHNN"),
                (date(2024, 7, 1), "Thông tư 31/2024/TT-NHNN"),
            ),
        ),
        SettingKind("objection_days", _whole(MOST_DAYS), 15),
        # What borrowers are told of their dues, and whether anything is sent at present.
        SettingKind("reminder_rules", parse_rules, DEFAULT_RULES, per_source=True),
        SettingKind("reminders_held", _yes_or_no, default=False),
        SettingKind("notice_days", _whole(MOST_DAYS), 10),
        SettingKind("notice_number", parse_number_pattern, "{n}/TB-QHT"),
        SettingKind("notices_signed", _yes_or_no, default=False),
    )
)

# A fold reads FIGURES on past days: a change inside a closed month would move its figures.
GROUPS: dict[SettingGroup, tuple[str, ...]] = {
    SettingGroup.PROFILE: (
        "fund_name",
        "fund_superior",
        "fund_address",
        "fund_phone",
        "fund_tax_code",
        "fund_place",
        "fund_bank_account",
        "signatories",
        "account_numbers",
        "voucher_circular",
        *("debt_circular_mfi", "debt_circular_bank"),
        "objection_days",
    ),
    SettingGroup.FIGURES: ("debt_rule_set", "overdue_method", "holidays"),
    SettingGroup.CONTRACT: (
        "day_count",
        "overdue_rate_multiplier",
        "late_interest_rate",
        "working_day_rule",
        *("prepayment", "surplus", "tolerance"),
        "principal_rounding",
        "allocation_order",
        "allocation_order_overdue",
    ),
    SettingGroup.REMINDER: (
        *("reminder_rules", "reminders_held"),
        *("notice_days", "notice_number", "notices_signed"),
    ),
}
GROUP_OF: dict[str, SettingGroup] = {
    key: group for group, keys in GROUPS.items() for key in keys
}


def debt_circular(settings: SettingBook, rule_set: DebtRuleSet, day: date) -> str:
    """Give the name of the circular by which debt groups are found on a day."""
    return str(settings.get(f"debt_circular_{rule_set.value}", day))


def first_day_moved(key: str, value: Any, valid_from: date, known: SettingBook) -> date | None:
    """Give the first day whose figures may move; the list of holidays counts on all days."""
    if key != "holidays":
        return valid_from if GROUP_OF[key] is SettingGroup.FIGURES else None
    changed = set(known.get("holidays", date.max)) ^ set(value)
    return min(map(date.fromisoformat, changed), default=None)
