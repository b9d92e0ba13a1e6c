"""Whether the records of a workbook fit each other: keys, references, plans and splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from loanfund.domain.book import (
    Book,
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    Heading,
    Place,
    PlanRecord,
    ReceiptRecord,
    Record,
    ReschedulePlanRecord,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_spelling import own_spellings
from loanfund.domain.money import total
from loanfund.domain.terms import Component, PlannedInstalment, RepaymentMethod

MOST_SHOWN = 5  # codes that a sentence names
Key = tuple[object, ...]
AnyPlanRecord = PlanRecord | ReschedulePlanRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The records as their sheets hold them; `unread` keeps the keys of rows with bad cells."""

    sources: tuple[CapitalSourceRecord, ...] = ()
    movements: tuple[CapitalMovementRecord, ...] = ()
    borrowers: tuple[BorrowerRecord, ...] = ()
    contracts: tuple[ContractRecord, ...] = ()
    plan: tuple[PlanRecord, ...] = ()
    disbursements: tuple[DisbursementRecord, ...] = ()
    receipts: tuple[ReceiptRecord, ...] = ()
    reschedules: tuple[RescheduleRecord, ...] = ()
    reschedule_plan: tuple[ReschedulePlanRecord, ...] = ()
    sheets: frozenset[Sheet] = frozenset(Sheet)
    unread: frozenset[tuple[Sheet, Key]] = frozenset()


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
        *_plan_problems(rows),
        *_reschedule_plan_problems(rows),
        *_split_problems(rows.receipts),
    )
    plans = _plans(rows.plan)
    reschedule_plans = _plans(rows.reschedule_plan)
    book = Book(
        sources=rows.sources,
        movements=_ranked(rows.movements),
        borrowers=rows.borrowers,
        contracts=tuple(
            replace(record, principal_plan=_agreed(plans.get(_parent(record), ())))
            for record in rows.contracts
        ),
        disbursements=rows.disbursements,
        receipts=rows.receipts,
        reschedules=tuple(
            replace(record, plan=_agreed(reschedule_plans.get(_parent(record), ())))
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
        spellings.tell(heading, (str(key[0]) for key in _unread(rows, sheet)))
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
            problems.append(_missing_sheet(home, [one.key for one in found]))
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


def _missing_sheet(sheet: Sheet, codes: Sequence[str]) -> BookProblem:
    """Name a sheet once, however many rows need it."""
    several = list(dict.fromkeys(codes))
    shown = ", ".join(several[:MOST_SHOWN]) + (", …" if len(several) > MOST_SHOWN else "")
    return BookProblem(
        code=ProblemCode.MISSING_SHEET,
        sheet=sheet,
        facts={"rows": len(codes), "codes": shown},
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
        (Heading.CONTRACT, ((_parent(record), record) for record in rows.contracts)),
        (Heading.DRAWDOWN, (((record.number,), record) for record in rows.disbursements)),
        (Heading.RECEIPT, (((record.number,), record) for record in rows.receipts)),
        (Heading.CONTRACT, ((_parent(record), record) for record in rows.reschedules)),
    )
    for heading, records in keyed:
        first: dict[Key, int] = {}
        for key, record in records:
            earlier = first.setdefault(key, record.place.row)
            if earlier != record.place.row:
                yield _problem(
                    ProblemCode.DUPLICATE_KEY, record, heading, str(key[0]), first=earlier
                )


def _missing_sheets(rows: Rows) -> Iterator[BookProblem]:
    """Give a problem for a sheet that rows of another one cannot do without."""
    needed = {
        Sheet.CONTRACT: [row.contract for row in rows.plan],
        Sheet.PLAN: [row.number for row in rows.contracts if _is_custom(row)],
        Sheet.RESCHEDULE: [row.contract for row in rows.reschedule_plan],
        Sheet.RESCHEDULE_PLAN: [row.contract for row in rows.reschedules],
    }
    for sheet, codes in needed.items():
        if codes and sheet not in rows.sheets:
            yield _missing_sheet(sheet, codes)


def _plan_problems(rows: Rows) -> Iterator[BookProblem]:
    """Check the plans of contracts: theo thỏa thuận needs one, and no other may have one."""
    contracts = {_parent(record): record for record in rows.contracts}
    plans = _plans(rows.plan)
    for key, plan in plans.items():
        contract = contracts.get(key)
        if contract is not None and not _is_custom(contract):
            yield _problem(ProblemCode.PLAN_NOT_AGREED, plan[0], Heading.CONTRACT, str(key[0]))
    if Sheet.CONTRACT in rows.sheets:
        parents = contracts.keys() | _unread(rows, Sheet.CONTRACT)
        yield from _orphans(plans, parents, Heading.CONTRACT)
    yield from _not_increasing(plans)
    yield from _not_summing(plans, contracts, _unread(rows, Sheet.PLAN))
    if Sheet.PLAN in rows.sheets:
        planned = plans.keys() | _unread(rows, Sheet.PLAN)
        for key, record in contracts.items():
            if _is_custom(record) and key not in planned:
                yield _problem(ProblemCode.PLAN_MISSING, record, Heading.CONTRACT, str(key[0]))


def _reschedule_plan_problems(rows: Rows) -> Iterator[BookProblem]:
    """Check the plans of reschedulings: each has one."""
    parents = {_parent(record): record for record in rows.reschedules}
    plans = _plans(rows.reschedule_plan)
    known = parents.keys() | _unread(rows, Sheet.RESCHEDULE)
    if Sheet.RESCHEDULE in rows.sheets:
        yield from _orphans(plans, known, Heading.RESCHEDULE_DATE)
    yield from _not_increasing(plans)
    if Sheet.RESCHEDULE_PLAN in rows.sheets:
        planned = plans.keys() | _unread(rows, Sheet.RESCHEDULE_PLAN)
        for key, record in parents.items():
            if key not in planned:
                yield _problem(ProblemCode.PLAN_MISSING, record, Heading.CONTRACT, str(key[0]))


def _orphans(
    plans: Mapping[Key, tuple[AnyPlanRecord, ...]], parents: AbstractSet[Key], heading: Heading
) -> Iterator[BookProblem]:
    for key, plan in plans.items():
        if key not in parents:
            yield _problem(ProblemCode.PLAN_WITHOUT_PARENT, plan[0], heading, str(key[0]))


def _not_increasing(plans: Mapping[Key, tuple[AnyPlanRecord, ...]]) -> Iterator[BookProblem]:
    for plan in plans.values():
        for earlier, later in pairwise(plan):
            if earlier.due_date >= later.due_date:
                shown = f"{later.due_date:%d/%m/%Y}"
                code = ProblemCode.PLAN_NOT_INCREASING
                yield _problem(code, later, Heading.DUE_DATE, shown, after=earlier.due_date)


def _not_summing(
    plans: Mapping[Key, tuple[AnyPlanRecord, ...]],
    contracts: Mapping[Key, ContractRecord],
    unread: AbstractSet[Key],
) -> Iterator[BookProblem]:
    """Check that a contract's plan sums to its amount (rules §4), where every row was read."""
    for key, plan in plans.items():
        contract = contracts.get(key)
        if contract is None or not _is_custom(contract) or key in unread:
            continue
        planned = total([row.amount for row in plan])
        if planned != contract.amount:
            facts = {"planned": planned, "amount": contract.amount}
            code = ProblemCode.PLAN_NOT_SUMMING
            yield _problem(code, plan[0], Heading.CONTRACT, str(key[0]), **facts)


def _split_problems(receipts: Iterable[ReceiptRecord]) -> Iterator[BookProblem]:
    """Check that a split is given whole or not at all, and adds up to what was received."""
    for receipt in receipts:
        shown = str(receipt.amount.dong)
        if receipt.split is None:
            continue
        if receipt.split.keys() != set(Component):
            yield _problem(ProblemCode.SPLIT_INCOMPLETE, receipt, Heading.AMOUNT, shown)
        elif (parts := total(list(receipt.split.values()))) != receipt.amount:
            code = ProblemCode.SPLIT_MISMATCH
            yield _problem(code, receipt, Heading.AMOUNT, shown, parts=parts)


def _problem(
    code: ProblemCode, record: Record, heading: Heading, value: str, **facts: object
) -> BookProblem:
    place = record.place
    return BookProblem(
        code=code, sheet=place.sheet, row=place.row, column=heading, value=value, facts=facts
    )


def _plans(rows: Iterable[AnyPlanRecord]) -> dict[Key, tuple[AnyPlanRecord, ...]]:
    """Put the rows of each plan together, in the order of the sheet."""
    plans: dict[Key, list[AnyPlanRecord]] = defaultdict(list)
    for row in rows:
        plans[_parent(row)].append(row)
    return {key: tuple(plan) for key, plan in plans.items()}


def _parent(record: ContractRecord | RescheduleRecord | AnyPlanRecord) -> Key:
    """Give the key that a plan's rows share with the record they belong to."""
    match record:
        case ContractRecord():
            return (record.number,)
        case PlanRecord():
            return (record.contract,)
        case _:
            return (record.contract, record.value_date)


def _agreed(plan: Iterable[AnyPlanRecord]) -> tuple[PlannedInstalment, ...]:
    return tuple(PlannedInstalment(row.due_date, row.amount) for row in plan)


def _unread(rows: Rows, sheet: Sheet) -> set[Key]:
    return {key for unread, key in rows.unread if unread is sheet}


def _is_custom(contract: ContractRecord) -> bool:
    return contract.repayment_method is RepaymentMethod.CUSTOM


def _ranked(rows: Iterable[CapitalMovementRecord]) -> tuple[CapitalMovementRecord, ...]:
    """Number identical movements, so that the same file twice is recognised row by row."""
    seen: Counter[CapitalMovementRecord] = Counter()
    ranked = []
    for row in rows:
        ranked.append(replace(row, rank=seen[row]))
        seen[row] += 1
    return tuple(ranked)
