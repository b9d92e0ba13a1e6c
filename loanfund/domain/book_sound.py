"""What of a workbook stands by itself beside rows that are wrong, so that all is named at once.

Of what a wrong row touches nothing more is said: one bad cell would be told again by every
row that refers to it, and a loan that lacks a row would be refused for what nobody meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from loanfund.domain.book import (
    Book,
    BorrowerRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    ReceiptRecord,
    Record,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode, WorkbookRefusedError
from loanfund.domain.book_rows import Rows, is_custom
from loanfund.domain.code import fold_code

Coded = CapitalSourceRecord | BorrowerRecord | ContractRecord
Event = TypeVar("Event", DisbursementRecord, ReceiptRecord, RescheduleRecord)
OF_LOANS = {Sheet.DISBURSEMENT, Sheet.RECEIPT, Sheet.RESCHEDULE, Sheet.RESCHEDULE_PLAN}
LOST_SHEETS = {ProblemCode.UNKNOWN_SHEET, ProblemCode.DUPLICATE_SHEET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Rows that are wrong, codes of rows that were not read, and sheets with rows nobody knows.

    Codes are folded; a sheet is `blind` where a row was not read and its code neither.
    """

    places: frozenset[tuple[str | None, int | None]] = frozenset()
    sources: frozenset[str] = frozenset()
    borrowers: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()
    blind: frozenset[Sheet] = frozenset()

    def has(self, record: Record) -> bool:
        """Whether the record's own row is wrong."""
        return (record.place.sheet.value, record.place.row) in self.places


class PartlyReadError(WorkbookRefusedError):
    """A workbook that is refused for its sheets and cells; `book` holds what could be read."""

    def __init__(self, problems: Sequence[BookProblem], book: Book, doubt: Doubt) -> None:
        """Keep what the rows that were read can still be tried for."""
        super().__init__(problems)
        self.book, self.doubt = book, doubt


def in_order(problems: Iterable[BookProblem]) -> list[BookProblem]:
    """Sort problems as a person walks through the workbook, unknown sheets first."""
    places = {sheet.value: place for place, sheet in enumerate(Sheet)}
    return sorted(problems, key=lambda one: (places.get(one.sheet or "", -1), one.row or 0))


def doubt_of(problems: Iterable[BookProblem], rows: Rows | None = None) -> Doubt:
    """Give what problems put in doubt; of a reading, with the rows that were not read."""
    found = tuple(problems)
    places = frozenset((one.sheet, one.row) for one in found if one.row is not None)
    missing = {one.sheet for one in found if one.code is ProblemCode.MISSING_SHEET}
    blind = {sheet for sheet in Sheet if sheet.value in missing}
    if rows is None:
        return Doubt(places=places, blind=frozenset(blind))
    if any(one.code in LOST_SHEETS for one in found):
        blind |= set(Sheet) - rows.sheets  # one of those may be it, under another title
    return Doubt(
        places=places,
        sources=_codes(rows, Sheet.SOURCE),
        borrowers=_codes(rows, Sheet.BORROWER),
        contracts=_codes(rows, Sheet.CONTRACT) | {fold_code(one) for one in rows.doubtful},
        blind=frozenset(blind | rows.blind),
    )


def _codes(rows: Rows, sheet: Sheet) -> frozenset[str]:
    return frozenset(fold_code(str(key[0])) for key in rows.unread_of(sheet))


def sound_part(book: Book, doubt: Doubt) -> Book:
    """Give the records that no doubt touches: a loan with all of its rows, or without any."""
    sources = [one for one in book.sources if not doubt.has(one)]
    borrowers = [one for one in book.borrowers if not doubt.has(one)]
    of_source = _Known.of(Sheet.SOURCE, doubt, _of(book.sources), _of(sources))
    of_borrower = _Known.of(Sheet.BORROWER, doubt, _of(book.borrowers), _of(borrowers))
    whole = [
        one
        for one in book.contracts
        if not doubt.has(one)
        and of_source.stands(one.source)
        and of_borrower.stands(one.borrower)
        and not (is_custom(one) and Sheet.PLAN in doubt.blind)
    ]
    events: tuple[DisbursementRecord | ReceiptRecord | RescheduleRecord, ...]
    events = (*book.disbursements, *book.receipts, *book.reschedules)
    lost = {fold_code(one.contract) for one in events if doubt.has(one)}
    contracts = [one for one in whole if fold_code(one.number) not in doubt.contracts | lost]
    of_contract = _Known.of(Sheet.CONTRACT, doubt, _of(book.contracts), _of(contracts), lost)
    is_blind = bool(doubt.blind & OF_LOANS)

    def standing(rows: Sequence[Event]) -> tuple[Event, ...]:
        return tuple(one for one in rows if not is_blind and of_contract.stands(one.contract))

    return replace(
        book,
        sources=tuple(sources),
        movements=tuple(
            one for one in book.movements if not doubt.has(one) and of_source.stands(one.source)
        ),
        borrowers=tuple(borrowers),
        contracts=tuple(contracts),
        disbursements=standing(book.disbursements),
        receipts=standing(book.receipts),
        reschedules=standing(book.reschedules),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Which codes of a sheet stand; those of the book that the workbook comes to stand too."""

    lost: frozenset[str]
    here: frozenset[str]
    is_blind: bool

    @classmethod
    def of(
        cls,
        sheet: Sheet,
        doubt: Doubt,
        before: set[str],
        after: set[str],
        more: Iterable[str] = (),
    ) -> _Known:
        unread = {
            Sheet.SOURCE: doubt.sources,
            Sheet.BORROWER: doubt.borrowers,
            Sheet.CONTRACT: doubt.contracts,
        }[sheet]
        lost = unread | (before - after) | set(more)
        return cls(frozenset(lost), frozenset(after), sheet in doubt.blind)

    def stands(self, code: str) -> bool:
        """Whether a row may refer to it."""
        folded = fold_code(code)
        return folded not in self.lost and (folded in self.here or not self.is_blind)


def _of(records: Iterable[Coded]) -> set[str]:
    """Give the codes that others know records by."""
    return {
        fold_code(one.number if isinstance(one, ContractRecord) else one.code)
        for one in records
    }
