"""Provisions of section 9, each figure worked by hand."""

import pytest

from loanfund.domain.money import Money
from loanfund.domain.posting import Account
from loanfund.domain.provision import (
    LoanAtRisk,
    Provision,
    general_provision,
    provision,
    provision_transfer,
    specific_provision,
)
from loanfund.domain.terms import DebtRuleSet

MFI, BANK = DebtRuleSet.MFI, DebtRuleSet.BANK


def at_risk(
    principal: int, group: int, collateral: int = 0, *, loan: str = "HD-01"
) -> LoanAtRisk:
    return LoanAtRisk(
        loan=loan,
        principal_outstanding=Money(principal),
        deductible_collateral=Money(collateral),
        final_group=group,
    )


@pytest.mark.parametrize(
    ("rule_set", "group", "expected"),
    [
        # 100 million uncovered.      mfi 0, 2, 25, 50, 100 %
        (MFI, 1, 0),
        (MFI, 2, 2_000_000),
        (MFI, 3, 25_000_000),
        (MFI, 4, 50_000_000),
        (MFI, 5, 100_000_000),
        #                             bank 0, 5, 20, 50, 100 %
        (BANK, 1, 0),
        (BANK, 2, 5_000_000),
        (BANK, 3, 20_000_000),
        (BANK, 4, 50_000_000),
        (BANK, 5, 100_000_000),
    ],
)
def test_each_group_has_its_rate(rule_set: DebtRuleSet, group: int, expected: int) -> None:
    assert specific_provision(rule_set, at_risk(100_000_000, group)) == Money(expected)


@pytest.mark.parametrize(
    ("principal", "collateral", "group", "expected"),
    [
        (100_000_000, 60_000_000, 3, 10_000_000),  # (100 − 60) million × 25 %
        (100_000_000, 100_000_000, 5, 0),
        (100_000_000, 250_000_000, 5, 0),  # collateral above the debt gives nothing back
        (25, 0, 2, 1),  # 0.50 đồng, half up
        (24, 0, 2, 0),  # 0.48 đồng
        (0, 0, 5, 0),
    ],
)
def test_collateral_is_deducted_and_half_a_dong_rounds_up(
    principal: int, collateral: int, group: int, expected: int
) -> None:
    assert specific_provision(MFI, at_risk(principal, group, collateral)) == Money(expected)


def test_the_general_provision_is_rounded_once_over_groups_one_to_four() -> None:
    # 33 + 33 + 33 + 33 = 132 đồng: 132 × 0.5 % = 0.66, 132 × 0.75 % = 0.99; each alone gives 0.
    loans = [at_risk(33, group) for group in (1, 2, 3, 4)] + [at_risk(1_000_000, 5)]

    assert general_provision(MFI, loans) == Money(1)
    assert general_provision(BANK, loans) == Money(1)
    assert general_provision(MFI, loans[:3]) == Money(0)  # 99 × 0.5 % = 0.495


def test_the_general_provision_ignores_collateral() -> None:
    assert general_provision(BANK, [at_risk(200_000_000, 1, 200_000_000)]) == Money(1_500_000)


def test_a_source_holds_specific_by_loan_and_general_together() -> None:
    loans = [
        at_risk(300_000_000, 1, loan="HD-01"),
        at_risk(100_000_000, 2, 40_000_000, loan="HD-02"),  # 60 million × 2 %
        at_risk(50_000_000, 5, loan="HD-03"),
    ]

    held = provision(MFI, loans, bears_risk=True)

    assert held.specific == {
        "HD-01": Money(0),
        "HD-02": Money(1_200_000),
        "HD-03": Money(50_000_000),
    }
    assert held.general == Money(2_000_000)  # 400 million × 0.5 %


def test_entrusted_capital_needs_no_provision() -> None:
    held = provision(MFI, [at_risk(100_000_000, 5)], bears_risk=False)

    assert held == Provision({"HD-01": Money(0)}, Money(0))


@pytest.mark.parametrize(
    ("required", "held", "expected"),
    [
        (700, 700, None),
        (700, 200, (Account.PROVISION_EXPENSE, Account.SPECIFIC_PROVISION, Money(500))),
        (200, 700, (Account.SPECIFIC_PROVISION, Account.PROVISION_EXPENSE, Money(500))),
        # A write-off used 300 more than was set up: the close charges the shortfall too.
        (200, -300, (Account.PROVISION_EXPENSE, Account.SPECIFIC_PROVISION, Money(500))),
    ],
)
def test_a_close_posts_what_is_missing_or_too_much(
    required: int, held: int, expected: tuple[Account, Account, Money] | None
) -> None:
    posted = provision_transfer(Account.SPECIFIC_PROVISION, Money(required), Money(held))

    assert posted == expected
