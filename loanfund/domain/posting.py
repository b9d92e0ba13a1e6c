"""Accounts and transfers of the ledger, and what must hold between them (rules §13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from loanfund.domain.state import LoanState


class Account(StrEnum):
    """The accounts of the ledger; the fund maps each to its own number."""

    CASH = "cash"
    BANK = "bank"
    PRINCIPAL_IN_TERM = "principal_in_term"
    PRINCIPAL_OVERDUE = "principal_overdue"
    INTEREST_RECEIVABLE = "interest_receivable"
    SPECIFIC_PROVISION = "specific_provision"
    GENERAL_PROVISION = "general_provision"
    BORROWER_CREDIT = "borrower_credit"
    ENTRUSTED_INTEREST_PAYABLE = "entrusted_interest_payable"
    CAPITAL = "capital"
    INTEREST_INCOME = "interest_income"
    OVERDUE_INTEREST_INCOME = "overdue_interest_income"
    RECOVERY_INCOME = "recovery_income"
    PROVISION_EXPENSE = "provision_expense"
    ENTRUSTED_LOSS = "entrusted_loss"
    OFF_BALANCE_INTEREST = "off_balance_interest"
    OFF_BALANCE_PRINCIPAL = "off_balance_principal"
    OFF_BALANCE_CONTRA = "off_balance_contra"


MEMO_ACCOUNTS = frozenset(
    {Account.OFF_BALANCE_INTEREST, Account.OFF_BALANCE_PRINCIPAL, Account.OFF_BALANCE_CONTRA}
)

MONEY_ACCOUNTS = (Account.CASH, Account.BANK)

# Accounts whose balance stands in credit; all others stand in debit.
CREDIT_ACCOUNTS = frozenset(
    {
        Account.SPECIFIC_PROVISION,
        Account.GENERAL_PROVISION,
        Account.BORROWER_CREDIT,
        Account.ENTRUSTED_INTEREST_PAYABLE,
        Account.CAPITAL,
        Account.INTEREST_INCOME,
        Account.OVERDUE_INTEREST_INCOME,
        Account.RECOVERY_INCOME,
        Account.OFF_BALANCE_CONTRA,
    }
)


class TransferKey(NamedTuple):
    """What tells one wanted transfer from another; at most one amount stands for each."""

    cause: str
    value_date: date
    debit: Account
    credit: Account

    @property
    def exchanged(self) -> TransferKey:
        """The same transfer the other way round."""
        return TransferKey(self.cause, self.value_date, self.credit, self.debit)


@dataclass(frozen=True, slots=True)
class Books:
    """How a capital source is booked: income is the fund's, or owed to the one who entrusts."""

    bears_risk: bool

    @property
    def interest_income(self) -> Account:
        """INC of rules §13."""
        return (
            Account.INTEREST_INCOME if self.bears_risk else Account.ENTRUSTED_INTEREST_PAYABLE
        )

    @property
    def overdue_interest_income(self) -> Account:
        """OINC of rules §13."""
        if self.bears_risk:
            return Account.OVERDUE_INTEREST_INCOME
        return Account.ENTRUSTED_INTEREST_PAYABLE

    @property
    def principal_loss(self) -> Account:
        """What bears a written-off principal."""
        return Account.SPECIFIC_PROVISION if self.bears_risk else Account.ENTRUSTED_LOSS


def differences(
    wanted: Mapping[TransferKey, int], standing: Mapping[TransferKey, int]
) -> list[tuple[TransferKey, int]]:
    """Give the transfers that turn `standing` into `wanted`; every amount is positive.

    What is taken back altogether comes first; those of one cause stand together.
    """
    open_amounts: dict[TransferKey, int] = {}
    for amounts, sign in ((wanted, 1), (standing, -1)):
        for key, amount in amounts.items():
            if key.exchanged in open_amounts:
                open_amounts[key.exchanged] -= sign * amount
            else:
                open_amounts[key] = open_amounts.get(key, 0) + sign * amount
    found = [
        (key, amount) if amount > 0 else (key.exchanged, -amount)
        for key, amount in open_amounts.items()
        if amount
    ]
    place = {key.cause: number for number, key in enumerate(wanted)}
    return sorted(found, key=lambda one: place.get(one[0].cause, -1))


def must_hold(state: LoanState) -> Iterator[tuple[str, dict[Account, int], int]]:
    """Give each line that must hold on every day: a name, signed accounts, and their sum."""
    recovered_principal = min(state.recovered, state.written_off_principal)
    recovered_interest = state.recovered - recovered_principal
    principal = {Account.PRINCIPAL_IN_TERM: 1, Account.PRINCIPAL_OVERDUE: 1}
    yield "principal_outstanding", principal, state.outstanding
    yield "principal_overdue", {Account.PRINCIPAL_OVERDUE: 1}, state.overdue
    interest = {Account.INTEREST_RECEIVABLE: 1, Account.OFF_BALANCE_INTEREST: 1}
    owed = state.written_off_interest - recovered_interest
    yield "interest", interest, state.all_open() + owed
    yield "credit", {Account.BORROWER_CREDIT: -1}, state.credit
    off_balance = {Account.OFF_BALANCE_PRINCIPAL: 1}
    yield (
        "off_balance_principal",
        off_balance,
        state.written_off_principal - recovered_principal,
    )
