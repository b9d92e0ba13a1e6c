"""What a workbook adds up to: sums and ranges that show a wrong unit at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from loanfund.domain.book import Book, ContractRecord, DisbursementRecord, ReceiptRecord
from loanfund.domain.money import Money, Rate, total

T = TypeVar("T", int, date, Rate, Money)


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """The least and the greatest of some values."""

    least: T
    greatest: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The rows of one kind and source: how many, what they sum to, and from where to where."""

    rows: int
    amount: Money
    amounts: Range[Money]
    days: Range[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSums:
    """What a workbook says of one capital source; None where it has no such rows."""

    source: str
    approved: Sums | None
    disbursed: Sums | None
    received: Sums | None
    rates: Range[Rate] | None
    terms: Range[int] | None


def sums_by_source(book: Book, source_of: Mapping[str, str]) -> tuple[SourceSums, ...]:
    """Give the sums of each source with rows of loans; `source_of` knows every contract's."""
    contracts: dict[str, list[ContractRecord]] = {}
    disbursements: dict[str, list[DisbursementRecord]] = {}
    receipts: dict[str, list[ReceiptRecord]] = {}
    for contract in book.contracts:
        contracts.setdefault(contract.source, []).append(contract)
    for disbursement in book.disbursements:
        disbursements.setdefault(source_of[disbursement.contract], []).append(disbursement)
    for receipt in book.receipts:
        receipts.setdefault(source_of[receipt.contract], []).append(receipt)
    return tuple(
        SourceSums(
            source=source,
            approved=_sums((one.amount, one.signed_on) for one in contracts.get(source, ())),
            disbursed=_sums(
                (one.amount, one.value_date) for one in disbursements.get(source, ())
            ),
            received=_sums((one.amount, one.value_date) for one in receipts.get(source, ())),
            rates=_range(one.annual_rate for one in contracts.get(source, ())),
            terms=_range(one.term_months for one in contracts.get(source, ())),
        )
        for source in sorted(contracts.keys() | disbursements.keys() | receipts.keys())
    )


def _sums(rows: Iterable[tuple[Money, date]]) -> Sums | None:
    found = list(rows)
    if not found:
        return None
    amounts, days = [amount for amount, _ in found], [day for _, day in found]
    return Sums(
        rows=len(found),
        amount=total(amounts),
        amounts=Range(min(amounts), max(amounts)),
        days=Range(min(days), max(days)),
    )


def _range(values: Iterable[Any]) -> Range[Any] | None:
    found = list(values)
    return Range(min(found), max(found)) if found else None
