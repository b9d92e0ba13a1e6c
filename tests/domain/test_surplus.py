"""A surplus is somebody's decision: when it is asked for, and what each way comes to."""

from __future__ import annotations

from typing import Any

import pytest

from loanfund.domain.money import Money
from loanfund.domain.surplus import SurplusChoice, surplus_choice
from loanfund.domain.terms import Surplus
from tests.loans import Json, folded, lent, paid

S = "2025-01-15"
CREDIT, PRINCIPAL = Surplus.CREDIT, Surplus.PRINCIPAL
# A hundred million until 15 January 2026: 20,000 a day, so that 620,000 are due on 15 February
# and 560,000 on 15 March.
FEBRUARY = 620_000
EVEN: dict[str, Any] = {"repayment_method": "equal_principal", "term_months": 4}


def choice(*events: Json, **terms: Any) -> SurplusChoice | None:
    """The choice about the last of the events."""
    loan = folded(lent(S), *events, as_of=events[-1]["date"], **terms)
    return surplus_choice(loan, f"e{len(events) + 1}")


def test_both_ways_are_told_by_the_interest_to_maturity() -> None:
    # 334 days are left: at 20,000 a day, or at 10,000.
    found = choice(paid("2025-02-15", FEBRUARY + 50_000_000))

    assert found is not None
    assert found.amount == Money(50_000_000)
    assert found.interest == {CREDIT: Money(6_680_000), PRINCIPAL: Money(3_340_000)}
    assert found.saved == Money(3_340_000)
    assert (found.by_terms, found.said, found.is_decision) == (CREDIT, None, True)


def test_interest_accrued_since_the_last_due_date_is_to_come_either_way() -> None:
    # Ten days at 20,000, and 324 more at 20,000 or 10,000.
    found = choice(paid("2025-02-15", FEBRUARY), paid("2025-02-25", 50_000_000))

    assert found is not None
    assert found.interest == {CREDIT: Money(6_680_000), PRINCIPAL: Money(3_440_000)}


@pytest.mark.parametrize(
    ("surplus", "is_decision"), [(1, False), (560_000, False), (560_001, True)]
)
def test_a_surplus_beyond_the_next_due_date_is_a_decision(
    surplus: int, *, is_decision: bool
) -> None:
    found = choice(paid("2025-02-15", FEBRUARY + surplus))

    assert found is not None
    assert found.is_decision is is_decision


@pytest.mark.parametrize(("surplus", "is_decision"), [(24_790_000, False), (24_790_001, True)])
def test_a_receipt_that_nearly_settles_is_a_decision(
    surplus: int, *, is_decision: bool
) -> None:
    # From 15 March 50 million are left, half of them due in April with 310,000 of interest. On
    # 25 March 50,100,000 settle: more than 24,790,000 fall short of that by less than is due.
    found = choice(
        paid("2025-02-15", 25_620_000),
        paid("2025-03-15", 25_420_000),
        paid("2025-03-25", surplus),
        **EVEN,
    )

    assert found is not None
    assert found.amount == Money(surplus)
    assert found.is_decision is is_decision


@pytest.mark.parametrize("amount", [FEBRUARY, FEBRUARY - 1, 100_620_000, 100_620_500])
def test_without_a_surplus_there_is_nothing_to_choose(amount: int) -> None:
    assert choice(paid("2025-02-15", amount)) is None


def test_what_comes_to_a_closed_loan_is_kept_without_a_question() -> None:
    assert choice(paid("2025-02-15", 100_620_000), paid("2025-03-01", 5_000_000)) is None


def test_the_contract_and_the_repayment_say_where_it_goes() -> None:
    found = choice(paid("2025-02-15", FEBRUARY + 7, surplus="credit"), surplus="principal")

    assert found is not None
    assert (found.by_terms, found.said) == (PRINCIPAL, CREDIT)


def test_a_given_split_leaves_nothing_to_choose() -> None:
    split = {"interest": FEBRUARY, "principal": 10_000_000}

    assert choice(paid("2025-02-15", FEBRUARY + 10_000_000, split=split)) is None
