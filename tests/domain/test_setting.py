"""Dated settings: what each key takes, and which value holds on a day."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanfund.domain.errors import InvalidInputError
from loanfund.domain.notice import written_number
from loanfund.domain.setting import (
    BEGINNING,
    SETTINGS,
    SettingBook,
    SettingValue,
    check_setting,
)

KEY = "principal_rounding"
NO_PATTERNS = (
    *("", "TB-QHT", "{n}{n}", "{n}/{n}", "{year}/TB", "{n}{year}", "{year}{n}/TB", "{n}/TB2"),
    *("1{n}/TB", "{n} /TB", "{n}/{kind}", "{n", "{n}}", "{0}", "{n!r}", "{n}/TB\n", "{n}<b>"),
    *("{n}/{year}/{year}", "{n}_TB", "{n}/TB\u200b", "{n}/²"),
)
PATTERNS = st.sampled_from(["{n}/TB", "TB-{n}", "{n}-{year}", "{year}-{n}", "{n}"])
SOURCE = 7


def value(given: Any, valid_from: str, source: int | None = None) -> SettingValue:
    return SettingValue(KEY, source, given, date.fromisoformat(valid_from))


def test_without_a_value_the_default_holds() -> None:
    assert SettingBook().get(KEY, date(2025, 1, 1)) == 1
    assert SettingBook().since(KEY, date(2025, 1, 1)) is None
    assert SettingBook().dated(KEY, SOURCE) == [(BEGINNING, 1)]


def test_a_value_holds_from_its_day_until_the_next() -> None:
    book = SettingBook((value(1000, "2025-06-01"), value(100, "2025-01-01")))

    assert [book.get(KEY, date(2025, month, 1)) for month in (1, 5, 6, 12)] == [
        *(100, 100, 1000, 1000),
    ]
    assert book.get(KEY, date(2024, 12, 31)) == 1
    assert book.since(KEY, date(2025, 7, 1)) == date(2025, 6, 1)


def test_of_one_day_the_value_recorded_last_holds() -> None:
    book = SettingBook((value(1000, "2025-01-01"), value(100, "2025-01-01")))

    assert book.get(KEY, date(2025, 1, 1)) == 100


def test_a_sources_own_value_comes_before_the_funds() -> None:
    book = SettingBook((value(100, "2025-01-01", SOURCE), value(1000, "2025-06-01")))

    assert book.get(KEY, date(2025, 7, 1), SOURCE) == 100
    assert book.get(KEY, date(2025, 7, 1), 8) == 1000
    assert book.get(KEY, date(2024, 7, 1), SOURCE) == 1
    assert book.dated(KEY, SOURCE) == [
        (BEGINNING, 1),
        (date(2025, 1, 1), 100),
        (date(2025, 6, 1), 100),
    ]
    assert book.dated(KEY, None) == [(BEGINNING, 1), (date(2025, 6, 1), 1000)]


@pytest.mark.parametrize("key", SETTINGS)
def test_every_default_is_a_good_value(key: str) -> None:
    check_setting(key, SETTINGS[key].default)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("overdue_rate_multiplier", "1.3"),
        ("late_interest_rate", "10"),
        ("principal_rounding", 1000),
        ("tolerance", 0),
        ("tolerance", 1_000_000),
        ("allocation_order", ["interest", "principal", "late_interest", "overdue_interest"]),
        ("holidays", ["2025-09-01", "2025-09-02"]),
        ("signatories", [{"title": "Giám đốc", "name": "Đặng Quốc Khánh"}]),
        ("account_numbers", {"cash": "1111", "bank": "1121"}),
        ("debt_rule_set", "bank"),
    ],
)
def test_good_values(key: str, given: Any) -> None:
    check_setting(key, given)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("overdue_rate_multiplier", 1.5),
        ("overdue_rate_multiplier", "1.5001"),
        ("overdue_rate_multiplier", "-1"),
        ("late_interest_rate", "10.1"),
        ("late_interest_rate", "-1"),
        ("principal_rounding", 0),
        ("tolerance", -1),
        ("tolerance", 1_000_001),
        ("principal_rounding", "1000"),
        ("allocation_order", ["principal"]),
        ("allocation_order", "principal"),
        ("allocation_order_overdue", ["interest", "interest", "principal", "late_interest"]),
        ("holidays", ["2025-02-30"]),
        ("signatories", [{"title": "Giám đốc"}]),
        ("signatories", {"title": "Giám đốc"}),
        ("account_numbers", {"till": "1111"}),
        ("account_numbers", {"cash": 1111}),
        ("account_numbers", 5),
        ("debt_rule_set", "circular"),
        ("fund_name", None),
        ("objection_days", 0),
    ],
)
def test_what_is_not_of_its_kind_is_refused(key: str, given: Any) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_setting(key, given)

    assert refusal.value.reason == "setting_value"
    assert refusal.value.facts["field"] == key


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_setting("colour", "red")

    assert refusal.value.reason == "unknown_setting"


@pytest.mark.parametrize(
    ("key", "day", "cited"),
    [
        ("voucher_circular", "2025-12-31", "200/2014/TT-BTC"),
        ("voucher_circular", "2026-01-01", "99/2025/TT-BTC"),
        ("debt_circular_mfi", "2024-08-11", "15/2010/TT-NHNN"),
        ("debt_circular_mfi", "2024-08-12", "14/2024/TT-NHNN"),
        ("debt_circular_bank", "2021-09-30", "02/2013/TT-NHNN"),
        ("debt_circular_bank", "2024-06-30", "11/2021/TT-NHNN"),
        ("debt_circular_bank", "2024-07-01", "31/2024/TT-NHNN"),
    ],
)
def test_a_circular_is_cited_while_it_holds(key: str, day: str, cited: str) -> None:
    """In force: TT 99/2025 for financial years from 2026; brief §§2.8, 3.1, 3.2."""
    assert SettingBook().get(key, date.fromisoformat(day)).endswith(cited)


def test_what_the_fund_decided_comes_before_a_later_default() -> None:
    own = "Ban hành theo Thông tư 24/2017/TT-BTC"
    decided = SettingValue("voucher_circular", None, own, date(2018, 1, 1))
    book = SettingBook((decided,))

    dated = book.dated("voucher_circular", None)

    assert book.get("voucher_circular", date(2017, 12, 31)).endswith("200/2014/TT-BTC")
    assert [value for day, value in dated if day >= date(2018, 1, 1)] == [own, own]
    assert book.since("voucher_circular", date(2026, 1, 1)) == date(2018, 1, 1)


@pytest.mark.parametrize(
    "pattern", ["{n}/TB-QHT", "{n}", "TB-QHTPT/{n}.{year}", "{year}/{n}/TBĐ"]
)
def test_a_notice_number_has_its_place_and_maybe_the_year(pattern: str) -> None:
    check_setting("notice_number", pattern)


@pytest.mark.parametrize("pattern", [*NO_PATTERNS, f"{{n}}/{'T' * 40}"])
def test_a_pattern_that_could_write_two_numbers_alike_or_none_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInputError):
        check_setting("notice_number", pattern)


@given(
    numbers=st.tuples(st.integers(1, 99_999), st.integers(1, 99_999)),
    patterns=st.tuples(PATTERNS, PATTERNS),
)
def test_no_two_numbers_of_a_year_are_written_alike_whichever_pattern_wrote_them(
    numbers: tuple[int, int], patterns: tuple[str, str]
) -> None:
    one, two = (
        written_number(pattern, number, 2020)
        for pattern, number in zip(patterns, numbers, strict=True)
    )

    assert (one == two) <= (numbers[0] == numbers[1])


def test_a_notice_number_below_ten_has_a_nought() -> None:
    assert written_number("{n}/TB-QHT", 7, 2020) == "07/TB-QHT"
    assert written_number("{n}.{year}/TB", 123, 2020) == "123.2020/TB"
