"""Whether the records of a workbook fit each other: keys, references, plans and splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from loanfund.domain.book import (
    Book,
    CapitalMovementRecord,
    DisbursementRecord,
    Heading,
    Place,
    ReceiptRecord,
    Record,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.book_plan import plan_problems, plans_of
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import (
    AnyPlanRecord,
    Key,
    Rows,
    is_custom,
    missing_sheet,
    parent_key,
    problem_of,
)
from loanfund.domain.book_spelling import own_spellings
from loanfund.domain.money import total
from loanfund.domain.terms import Component, PlannedInstalment


@dataclass(frozen=True, slots=True)
class Reference:
    """A key that a record needs and the workbook itself does not define."""

    heading: Heading
    key: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKeys:
    """What the database knows already."""

    sources: AbstractSet[str] = frozenset()
    borrowers: AbstractSet[str] = frozenset()
    contracts: AbstractSet[str] = frozenset()


def assemble(rows: Rows) -> tuple[Book, tuple[BookProblem, ...]]:
    """Give the book with plans joined to their parents, and whatever does not fit."""
    rows = _in_one_spelling(rows)
    problems = (
        *_duplicates(rows),
        *_missing_sheets(rows),
        *plan_problems(rows),
        *_split_problems(rows.receipts),
    )
    plans = plans_of(rows.plan)
    reschedule_plans = plans_of(rows.reschedule_plan)
    book = Book(
        sources=rows.sources,
        movements=_ranked(rows.movements),
        borrowers=rows.borrowers,
        contracts=tuple(
            replace(record, principal_plan=_agreed(plans.get(parent_key(record), ())))
            for record in rows.contracts
        ),
        disbursements=rows.disbursements,
        receipts=rows.receipts,
        reschedules=tuple(
            replace(record, plan=_agreed(reschedule_plans.get(parent_key(record), ())))
            for record in rows.reschedules
        ),
        sheets=rows.sheets,
    )
    return book, problems


def _in_one_spelling(rows: Rows) -> Rows:
    """Let every row spell a code as the sheet does in which the code is at home."""
    at_home = (rows.sources, rows.borrowers, rows.contracts, rows.disbursements, rows.receipts)
    spellings = own_spellings(record for records in at_home for record in records)
    for heading, sheet in _HOME.items():
        spellings.tell(heading, (str(key[0]) for key in rows.unread_of(sheet)))
    changed: dict[str, Any] = {name: spellings.respelled(getattr(rows, name)) for name in _ROWS}
    return replace(rows, **changed)


def references(book: Book) -> tuple[Reference, ...]:
    """Give what records refer to and the workbook does not hold, in the order of the sheets."""
    own = KnownKeys(
        sources={record.code for record in book.sources},
        borrowers={record.code for record in book.borrowers},
        contracts={record.number for record in book.contracts},
    )
    return tuple(
        reference for reference in _all_references(book) if not _is_known(reference, own)
    )


def unknown_references(book: Book, known: KnownKeys) -> tuple[BookProblem, ...]:
    """Give a problem for each reference that neither the workbook nor the database knows.

    Where none of them is known and their sheet is missing, the sheet is the problem.
    """
    unknown: dict[Heading, list[Reference]] = defaultdict(list)
    for reference in references(book):
        if not _is_known(reference, known):
            unknown[reference.heading].append(reference)
    asked = Counter(reference.heading for reference in references(book))
    problems: list[BookProblem] = []
    for heading, found in unknown.items():
        home = _HOME[heading]
        if home not in book.sheets and len(found) == asked[heading]:
            problems.append(missing_sheet(home, [one.key for one in found]))
        else:
            problems.extend(_unknown(reference) for reference in found)
    return tuple(problems)


def _unknown(reference: Reference) -> BookProblem:
    return BookProblem(
        code=_UNKNOWN[reference.heading],
        sheet=reference.place.sheet,
        row=reference.place.row,
        column=reference.heading,
        value=reference.key,
    )


_HOME = {
    Heading.SOURCE: Sheet.SOURCE,
    Heading.BORROWER: Sheet.BORROWER,
    Heading.CONTRACT: Sheet.CONTRACT,
}
_ROWS = (
    "sources",
    "movements",
    "borrowers",
    "contracts",
    "plan",
    "disbursements",
    "receipts",
    "reschedules",
    "reschedule_plan",
)
_UNKNOWN = {
    Heading.SOURCE: ProblemCode.UNKNOWN_SOURCE,
    Heading.BORROWER: ProblemCode.UNKNOWN_BORROWER,
    Heading.CONTRACT: ProblemCode.UNKNOWN_CONTRACT,
}


def _all_references(book: Book) -> Iterator[Reference]:
    for movement in book.movements:
        yield Reference(Heading.SOURCE, movement.source, movement.place)
    for contract in book.contracts:
        yield Reference(Heading.BORROWER, contract.borrower, contract.place)
        yield Reference(Heading.SOURCE, contract.source, contract.place)
    events: tuple[DisbursementRecord | ReceiptRecord | RescheduleRecord, ...]
    events = (*book.disbursements, *book.receipts, *book.reschedules)
    for event in events:
        yield Reference(Heading.CONTRACT, event.contract, event.place)


def _is_known(reference: Reference, known: KnownKeys) -> bool:
    keys = {
        Heading.SOURCE: known.sources,
        Heading.BORROWER: known.borrowers,
        Heading.CONTRACT: known.contracts,
    }
    return reference.key in keys[reference.heading]


def _duplicates(rows: Rows) -> Iterator[BookProblem]:
    """Give a problem for every record whose key an earlier row has."""
    keyed: tuple[tuple[Heading, Iterable[tuple[Key, Record]]], ...] = (
        (Heading.SOURCE, (((record.code,), record) for record in rows.sources)),
        (Heading.BORROWER, (((record.code,), record) for record in rows.borrowers)),
        (Heading.CONTRACT, ((parent_key(record), record) for record in rows.contracts)),
        (Heading.DRAWDOWN, (((record.number,), record) for record in rows.disbursements)),
        (Heading.RECEIPT, (((record.number,), record) for record in rows.receipts)),
        (Heading.CONTRACT, ((parent_key(record), record) for record in rows.reschedules)),
    )
    for heading, records in keyed:
        first: dict[Key, int] = {}
        for key, record in records:
            earlier = first.setdefault(key, record.place.row)
            if earlier != record.place.row:
                yield problem_of(
                    ProblemCode.DUPLICATE_KEY, record, heading, str(key[0]), first=earlier
                )


def _missing_sheets(rows: Rows) -> Iterator[BookProblem]:
    """Give a problem for a sheet that rows of another one cannot do without."""
    needed = {
        Sheet.CONTRACT: [row.contract for row in rows.plan],
        Sheet.PLAN: [row.number for row in rows.contracts if is_custom(row)],
        Sheet.RESCHEDULE: [row.contract for row in rows.reschedule_plan],
        Sheet.RESCHEDULE_PLAN: [row.contract for row in rows.reschedules],
    }
    for sheet, codes in needed.items():
        if codes and sheet not in rows.sheets:
            yield missing_sheet(sheet, codes)


def _split_problems(receipts: Iterable[ReceiptRecord]) -> Iterator[BookProblem]:
    """Check that a split is given whole or not at all, and adds up to what was received."""
    for receipt in receipts:
        shown = str(receipt.amount.dong)
        if receipt.split is None:
            continue
        if receipt.split.keys() != set(Component):
            yield problem_of(ProblemCode.SPLIT_INCOMPLETE, receipt, Heading.AMOUNT, shown)
        elif (parts := total(list(receipt.split.values()))) != receipt.amount:
            code = ProblemCode.SPLIT_MISMATCH
            yield problem_of(code, receipt, Heading.AMOUNT, shown, parts=parts)


def _ranked(rows: Iterable[CapitalMovementRecord]) -> tuple[CapitalMovementRecord, ...]:
    """Number identical movements, so that the same file twice is recognised row by row."""
    seen: Counter[CapitalMovementRecord] = Counter()
    ranked = []
    for row in rows:
        ranked.append(replace(row, rank=seen[row]))
        seen[row] += 1
    return tuple(ranked)


def _agreed(plan: Iterable[AnyPlanRecord]) -> tuple[PlannedInstalment, ...]:
    return tuple(PlannedInstalment(row.due_date, row.amount) for row in plan)
