"""The terms of a contract: what each field may be, and what is refused."""

from typing import Any

import pytest

from loanfund.domain.codec import dump_terms, parse_terms
from loanfund.domain.errors import InvalidTermsError
from loanfund.domain.terms import PENALTIES_FIRST, PRINCIPAL_FIRST, DebtRuleSet, Surplus, Terms
from tests.loans import TERMS, plan


def read(**changes: Any) -> Terms:
    return parse_terms({**TERMS, **changes})


def custom(*rows: tuple[str, int], **changes: Any) -> Terms:
    return read(
        repayment_method="custom", term_months=None, principal_plan=plan(*rows), **changes
    )


def test_what_is_left_out_takes_its_default() -> None:
    terms = read()

    assert terms.interest_every_months == 1
    assert terms.overdue_rate_thousandths == 1500
    assert terms.late_interest_rate.ppm == 0
    assert terms.allocation_order == PENALTIES_FIRST
    assert terms.allocation_order_overdue == PRINCIPAL_FIRST
    assert terms.surplus is Surplus.CREDIT
    assert terms.debt_rule_set is DebtRuleSet.MFI


def test_null_is_as_good_as_left_out() -> None:
    assert read(interest_day=None, holidays=None, day_count=None) == read()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 0),
        ("amount", -5),
        ("amount", "100000000"),
        ("amount", 1e8),
        ("amount", None),
        ("amount", True),
        ("annual_rate", "-1"),
        ("annual_rate", "7.20001"),
        ("annual_rate", 7),
        ("annual_rate", 7.3),
        ("annual_rate", "7,3"),
        ("term_months", 0),
        ("term_months", None),
        ("term_months", 1201),
        ("repayment_method", "bullet"),
        ("repayment_method", None),
        ("interest_day", 0),
        ("interest_day", 32),
        ("interest_every_months", 0),
        ("principal_every_months", 0),
        ("principal_grace_months", -1),
        ("principal_rounding", 0),
        ("day_count", "actual/366"),
        ("overdue_rate_multiplier", "-0.5"),
        ("overdue_rate_multiplier", "1.5001"),
        ("late_interest_rate", "10.0001"),
        ("late_interest_rate", "-1"),
        ("working_day_rule", "preceding"),
        ("holidays", ["2025-02-30"]),
        ("holidays", "2025-02-15"),
        ("holidays", ["1899-12-31"]),
        ("prepayment", "middle"),
        ("surplus", "tip"),
        ("allocation_order", ["principal", "interest"]),
        ("allocation_order", ["principal", "principal", "interest", "late_interest"]),
        ("allocation_order_overdue", "principal"),
        ("debt_rule_set", "circular"),
        ("principal_plan", "monthly"),
        ("principal_plan", [{"date": "2025-02-15"}]),
        ("colour", "red"),
    ],
)
def test_a_field_out_of_its_range_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidTermsError) as refusal:
        read(**{field: value})

    assert refusal.value.facts["field"] == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("annual_rate", "0"),
        ("annual_rate", "7.30000"),
        ("late_interest_rate", "10"),
        ("overdue_rate_multiplier", "0"),
        ("interest_day", 31),
        ("term_months", 1200),
        ("principal_grace_months", 0),
    ],
)
def test_the_ends_of_the_ranges_are_good(field: str, value: Any) -> None:
    read(**{field: value})


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (("2025-03-15", 0),),
        (("2025-03-15", 5), ("2025-03-15", 5)),
        (("2025-04-15", 5), ("2025-03-15", 5)),
    ],
)
def test_a_custom_plan_must_be_one(rows: tuple[tuple[str, int], ...]) -> None:
    with pytest.raises(InvalidTermsError) as refusal:
        custom(*rows)

    assert refusal.value.facts["field"] == "principal_plan"


def test_terms_are_an_object() -> None:
    with pytest.raises(InvalidTermsError):
        parse_terms([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"interest_day": 25, "day_count": "30E/360", "principal_rounding": 1000},
        {"interest_every_months": 3, "principal_every_months": 6},
        {"tolerance": 1_000},
        {"edition": 1},
        {"working_day_rule": "following", "holidays": ["2025-09-02", "2025-09-01"]},
        {"allocation_order": ["principal", "interest", "late_interest", "overdue_interest"]},
        {
            "repayment_method": "custom",
            "term_months": None,
            "principal_plan": plan(("2025-03-15", 5), ("2025-04-15", 99_999_995)),
        },
    ],
)
def test_terms_read_back_as_they_were_written(changes: dict[str, Any]) -> None:
    terms = read(**changes)

    assert parse_terms(dump_terms(terms)) == terms
