"""Provisions against losses (rules §9): specific by loan and final group, general by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loanfund.domain.money import NOTHING, Money, divide_half_up, total
from loanfund.domain.posting import Account
from loanfund.domain.terms import DebtRuleSet

# Percent of what collateral does not cover, by group; in 1/10,000 of the debt of groups 1 to 4.
SPECIFIC_PERCENT = {
    DebtRuleSet.MFI: {1: 0, 2: 2, 3: 25, 4: 50, 5: 100},
    DebtRuleSet.BANK: {1: 0, 2: 5, 3: 20, 4: 50, 5: 100},
}
GENERAL_BASIS_POINTS = {DebtRuleSet.MFI: 50, DebtRuleSet.BANK: 75}
LAST_OF_GENERAL, LOST = 4, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanAtRisk:
    """What a provision for one loan depends on."""

    loan: str
    principal_outstanding: Money
    deductible_collateral: Money
    final_group: int


@dataclass(frozen=True, slots=True)
class Provision:
    """What one capital source must hold: specific by loan, those of 0 too, and general."""

    specific: Mapping[str, Money]
    general: Money


def provision(
    rule_set: DebtRuleSet, loans: Sequence[LoanAtRisk], *, bears_risk: bool
) -> Provision:
    """Give what a source must hold; nothing where the fund does not bear the risk."""
    if not bears_risk:
        return Provision({loan.loan: NOTHING for loan in loans}, NOTHING)
    return Provision(
        {loan.loan: specific_provision(rule_set, loan) for loan in loans},
        general_provision(rule_set, loans),
    )


def specific_provision(rule_set: DebtRuleSet, loan: LoanAtRisk) -> Money:
    """Give R = max(0, A − C) × r, half up."""
    uncovered = max(0, loan.principal_outstanding.dong - loan.deductible_collateral.dong)
    percent = SPECIFIC_PERCENT[rule_set][loan.final_group]
    return Money(divide_half_up(uncovered * percent, 100))


def general_provision(rule_set: DebtRuleSet, loans: Sequence[LoanAtRisk]) -> Money:
    """Give the share of all principal in groups 1 to 4, rounded once for the source."""
    principal = total(
        [loan.principal_outstanding for loan in loans if loan.final_group <= LAST_OF_GENERAL]
    )
    return Money(divide_half_up(principal.dong * GENERAL_BASIS_POINTS[rule_set], 10_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionUse:
    """What a write-off takes from the specific provision of its loan (rules §13).

    `held` stood before it and `used` is the principal written off. The account may stand in
    debit by what is missing until the next close, which charges that, or takes back what is
    left. None of it where the fund does not bear the risk: then capital bears the loss.
    `group` is the loan's own before it.
    """

    held: Money
    used: Money
    bears_risk: bool
    group: int | None

    @property
    def is_for_group(self) -> bool:
        """Whether the group alone lets provision be used; else the borrower's end must."""
        return not self.bears_risk or self.group == LOST

    @property
    def missing(self) -> Money:
        """By how much the write-off uses more than was set aside."""
        return max(NOTHING, self.used - self.held)

    @property
    def left(self) -> Money:
        """What was set aside and is needed no longer."""
        return max(NOTHING, self.held - self.used)


def provision_transfer(
    account: Account, required: Money, held: Money
) -> tuple[Account, Account, Money] | None:
    """Give debit, credit and amount that bring `held` to `required`; None where it is there.

    `held` is negative where a write-off used more than had been set up.
    """
    if required == held:
        return None
    if required > held:
        return Account.PROVISION_EXPENSE, account, required - held
    return account, Account.PROVISION_EXPENSE, held - required
