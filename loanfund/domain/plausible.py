"""Values that the rules allow and nobody means: asked about before they are taken.

They are how a wrong unit, a digit too many or a wrong year look; who means them says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

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

LOWEST_RATE, HIGHEST_RATE = Rate.percent("1"), Rate.percent("30")  # a year
SMALLEST_LOAN = Money(1_000_000)
SMALLEST_RECEIPT = Money(1_000)
TIMES_DUE = 3  # a receipt of more than so many times what is due is rarely meant
YEARS_AFTER_MATURITY = 5  # until which somebody may still be paying


def is_beyond_dues(amount: Money, due: Money, next_due: Money, settlement: Money) -> bool:
    """Tell whether a receipt is far more than anybody owes, and not the settlement amount."""
    most = TIMES_DUE * max(due.dong, next_due.dong)
    return amount > settlement or (amount.dong > most and amount != settlement)


def implausible_rows(book: Book) -> Iterator[BookProblem]:
    """Give the cells of a workbook that are implausible by themselves, sheet after sheet."""
    contracts = {contract.number: contract for contract in book.contracts}
    for contract in book.contracts:
        yield from _contract(contract)
    for disbursement in book.disbursements:
        yield from _disbursement(disbursement, contracts.get(disbursement.contract))
    for receipt in book.receipts:
        yield from _receipt(receipt, contracts.get(receipt.contract))


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


def _disbursement(
    record: DisbursementRecord, contract: ContractRecord | None
) -> Iterator[BookProblem]:
    if record.amount < SMALLEST_LOAN:
        yield _small(record, Heading.AMOUNT, record.amount, SMALLEST_LOAN)
    if contract is not None:
        yield from _outside(record, contract, _maturity(contract))


def _receipt(record: ReceiptRecord, contract: ContractRecord | None) -> Iterator[BookProblem]:
    if record.amount < SMALLEST_RECEIPT:
        yield _small(record, Heading.AMOUNT, record.amount, SMALLEST_RECEIPT)
    if contract is not None:
        latest = add_months(_maturity(contract), 12 * YEARS_AFTER_MATURITY)
        yield from _outside(record, contract, latest)


def _maturity(contract: ContractRecord) -> date:
    """Give about when a contract ends; the day of its disbursement may move it a little."""
    agreed = [one.due_date for one in contract.principal_plan]
    return max([add_months(contract.signed_on, contract.term_months), *agreed])


def _outside(
    record: DisbursementRecord | ReceiptRecord, contract: ContractRecord, latest: date
) -> Iterator[BookProblem]:
    """Name a day before the contract was signed or after its life."""
    if not contract.signed_on <= record.value_date <= latest:
        yield problem_of(
            ProblemCode.IMPLAUSIBLE_DAY,
            record,
            Heading.DATE,
            f"{record.value_date:%d/%m/%Y}",
            earliest=contract.signed_on,
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
