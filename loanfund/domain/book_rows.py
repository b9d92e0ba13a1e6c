"""The records of a workbook as its sheets hold them, and how a problem of one is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loanfund.domain.book import (
    BorrowerRecord,
    CapitalMovementRecord,
    CapitalSourceRecord,
    ContractRecord,
    DisbursementRecord,
    Heading,
    PlanRecord,
    ReceiptRecord,
    Record,
    ReschedulePlanRecord,
    RescheduleRecord,
    Sheet,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.terms import RepaymentMethod

MOST_SHOWN = 5  # codes that a sentence names
Key = tuple[object, ...]
AnyPlanRecord = PlanRecord | ReschedulePlanRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The records as their sheets hold them; `unread` keeps the keys of rows with bad cells.

    `doubtful` are the contracts that such rows are about, `blind` the sheets of those that do
    not tell it.
    """

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
    doubtful: frozenset[str] = frozenset()
    blind: frozenset[Sheet] = frozenset()

    def unread_of(self, sheet: Sheet) -> set[Key]:
        """The keys of a sheet's rows with bad cells."""
        return {key for unread, key in self.unread if unread is sheet}


def missing_sheet(sheet: Sheet, codes: Sequence[str]) -> BookProblem:
    """Name a sheet once, however many rows need it."""
    several = list(dict.fromkeys(codes))
    shown = ", ".join(several[:MOST_SHOWN]) + (", …" if len(several) > MOST_SHOWN else "")
    return BookProblem(
        code=ProblemCode.MISSING_SHEET,
        sheet=sheet,
        facts={"rows": len(codes), "codes": shown},
    )


def problem_of(
    code: ProblemCode, record: Record, heading: Heading, value: str, **facts: object
) -> BookProblem:
    """Give the problem of a record's cell; `facts` say what is expected."""
    place = record.place
    return BookProblem(
        code=code, sheet=place.sheet, row=place.row, column=heading, value=value, facts=facts
    )


def parent_key(record: ContractRecord | RescheduleRecord | AnyPlanRecord) -> Key:
    """Give the key that a plan's rows share with the record they belong to."""
    match record:
        case ContractRecord():
            return (record.number,)
        case PlanRecord():
            return (record.contract,)
        case _:
            return (record.contract, record.value_date)


def is_custom(contract: ContractRecord) -> bool:
    """Tell whether the contract agrees on its instalments (theo thỏa thuận)."""
    return contract.repayment_method is RepaymentMethod.CUSTOM
