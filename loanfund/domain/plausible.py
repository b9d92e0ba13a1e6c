"""Values that the rules allow and nobody means: asked about before they are taken.

They are how a wrong unit, a digit too many or a wrong year look; who means them says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from loanfund.domain.beyond_dues import Asked
from loanfund.domain.book import (
    Book,
    ContractRecord,
    DisbursementRecord,
    Heading,
    ReceiptRecord,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import problem_of
from loanfund.domain.calendar import add_months
from loanfund.domain.money import Money, Rate
from loanfund.domain.terms import Terms

LOWEST_RATE, HIGHEST_RATE = Rate.percent("1"), Rate.percent("30")  # a year
SMALLEST_LOAN = Money(1_000_000)
SMALLEST_RECEIPT = Money(1_000)
YEARS_AFTER_MATURITY = 5  # until which somebody may still be paying


HIGHEST_MULTIPLIER = 1500  # thousandths: overdue interest is at most 150 % of that in term


class OddTerm(StrEnum):
    """What of a contract's terms nobody means, as a rule."""

    RATE = "rate"
    AMOUNT = "amount"
    MULTIPLIER = "multiplier"


def odd_terms(terms: Terms) -> tuple[OddTerm, ...]:
    """Name what of these terms is to be asked about before somebody approves them."""
    found = {
        OddTerm.RATE: not LOWEST_RATE <= terms.annual_rate <= HIGHEST_RATE,
        OddTerm.AMOUNT: terms.amount < SMALLEST_LOAN,
        OddTerm.MULTIPLIER: terms.overdue_rate_thousandths > HIGHEST_MULTIPLIER,
    }
    return tuple(name for name, is_odd in found.items() if is_odd)


@dataclass(frozen=True, slots=True)
class Life:
    """From when to when about a contract runs; its disbursement may move the end a little."""

    signed_on: date
    ends_on: date


def life_of(contract: ContractRecord) -> Life:
    """Give the life of a contract of the workbook."""
    agreed = [one.due_date for one in contract.principal_plan]
    ends_on = max([add_months(contract.signed_on, contract.term_months), *agreed])
    return Life(contract.signed_on, ends_on)


def implausible_rows(book: Book, lives: Mapping[str, Life]) -> Iterator[BookProblem]:
    """Give the cells of a workbook that are implausible by themselves, sheet after sheet.

    `lives` are those of the contracts that the workbook refers to and does not hold.
    """
    every = {**lives, **{contract.number: life_of(contract) for contract in book.contracts}}
    for contract in book.contracts:
        yield from _contract(contract)
    for disbursement in book.disbursements:
        if disbursement.contract in every:  # else that is what is wrong with it
            yield from _disbursement(disbursement, every[disbursement.contract])
    for receipt in book.receipts:
        if receipt.contract in every:
            yield from _receipt(receipt, every[receipt.contract])


def _contract(contract: ContractRecord) -> Iterator[BookProblem]:
    if not LOWEST_RATE <= contract.annual_rate <= HIGHEST_RATE:
        yield problem_of(
            ProblemCode.IMPLAUSIBLE_RATE,
            contract,
            Heading.ANNUAL_RATE,
            contract.annual_rate.text.replace(".", ","),
            least=LOWEST_RATE.text,
            most=HIGHEST_RATE.text,
        )
    if contract.amount < SMALLEST_LOAN:
        yield _small(contract, Heading.APPROVED, contract.amount, SMALLEST_LOAN)


def _disbursement(record: DisbursementRecord, life: Life) -> Iterator[BookProblem]:
    if record.amount < SMALLEST_LOAN:
        yield _small(record, Heading.AMOUNT, record.amount, SMALLEST_LOAN)
    yield from _outside(record, life.signed_on, life.ends_on)


def _receipt(record: ReceiptRecord, life: Life) -> Iterator[BookProblem]:
    if record.amount < SMALLEST_RECEIPT:
        yield _small(record, Heading.AMOUNT, record.amount, SMALLEST_RECEIPT)
    latest = add_months(life.ends_on, 12 * YEARS_AFTER_MATURITY)
    yield from _outside(record, life.signed_on, latest)


def _outside(
    record: DisbursementRecord | ReceiptRecord, earliest: date, latest: date
) -> Iterator[BookProblem]:
    """Name a day before the contract was signed or after its life."""
    if not earliest <= record.value_date <= latest:
        yield problem_of(
            ProblemCode.IMPLAUSIBLE_DAY,
            record,
            Heading.DATE,
            f"{record.value_date:%d/%m/%Y}",
            earliest=earliest,
            latest=latest,
        )


def _small(
    record: ContractRecord | DisbursementRecord | ReceiptRecord,
    heading: Heading,
    amount: Money,
    least: Money,
) -> BookProblem:
    return problem_of(
        ProblemCode.IMPLAUSIBLY_SMALL, record, heading, str(amount.dong), least=least
    )


def implausibly_large(record: ReceiptRecord, asked: Asked) -> BookProblem:
    """Give the problem of a receipt that is far above what was asked for."""
    return problem_of(
        ProblemCode.IMPLAUSIBLY_LARGE,
        record,
        Heading.AMOUNT,
        str(record.amount.dong),
        due=asked.due,
        next_due=asked.next_due,
        settlement=asked.settlement,
    )
