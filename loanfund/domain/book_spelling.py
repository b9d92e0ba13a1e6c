"""One spelling for each code of a workbook: `pt1` and `PT1`, `HĐ` and a pasted `HÐ` are one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from loanfund.domain.book import (
    Book,
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
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_rows import problem_of
from loanfund.domain.code import fold_code, strange_letters

R = TypeVar("R", bound=Record)

# The fields of each record that hold a code, and by which heading others hold it too.
CODES: Mapping[type[Record], Mapping[str, Heading]] = {
    CapitalSourceRecord: {"code": Heading.SOURCE},
    CapitalMovementRecord: {"source": Heading.SOURCE},
    BorrowerRecord: {"code": Heading.BORROWER},
    ContractRecord: {
        "number": Heading.CONTRACT,
        "borrower": Heading.BORROWER,
        "source": Heading.SOURCE,
    },
    PlanRecord: {"contract": Heading.CONTRACT},
    DisbursementRecord: {"number": Heading.DRAWDOWN, "contract": Heading.CONTRACT},
    ReceiptRecord: {"number": Heading.RECEIPT, "contract": Heading.CONTRACT},
    RescheduleRecord: {"contract": Heading.CONTRACT},
    ReschedulePlanRecord: {"contract": Heading.CONTRACT},
}
KINDS = (
    "sources",
    "movements",
    "borrowers",
    "contracts",
    "disbursements",
    "receipts",
    "reschedules",
)
# Under which heading other rows know the records of a kind, and so where its codes are at home.
HOMES: Mapping[str, Heading] = {
    "sources": Heading.SOURCE,
    "borrowers": Heading.BORROWER,
    "contracts": Heading.CONTRACT,
    "disbursements": Heading.DRAWDOWN,
    "receipts": Heading.RECEIPT,
}


@dataclass(slots=True)
class Spellings:
    """How the codes under each heading are spelled; the first spelling told is the one kept."""

    exact: set[tuple[Heading, str]] = field(default_factory=set)
    first: dict[tuple[Heading, str], str] = field(default_factory=dict)

    def tell(self, heading: Heading, codes: Iterable[str]) -> None:
        """Note how codes are spelled where they are at home."""
        for code in codes:
            self.exact.add((heading, code))
            self.first.setdefault((heading, fold_code(code)), code)

    def of(self, heading: Heading, code: str) -> str:
        """Give the spelling to use: its own where it is known, else the first of its fold."""
        if (heading, code) in self.exact:
            return code
        return self.first.get((heading, fold_code(code)), code)

    def respelled(self, records: Iterable[R]) -> tuple[R, ...]:
        """Give records with their codes in the spelling to use."""
        return tuple(self._respelled(record) for record in records)

    def _respelled(self, record: R) -> R:
        changed: dict[str, Any] = {}
        for name, heading in CODES[type(record)].items():
            code = getattr(record, name)
            spelling = self.of(heading, code)
            if spelling != code:
                changed[name] = spelling
        return replace(record, **changed) if changed else record


def own_spellings(records: Iterable[Record]) -> Spellings:
    """Give the spellings of the sheets in which codes are at home: their first field is theirs.

    Two rows there whose codes fold alike get one spelling, and so are found to be the same.
    """
    found = Spellings()
    for record in records:
        name, heading = next(iter(CODES[type(record)].items()))
        code = getattr(record, name)
        if (heading, fold_code(code)) not in found.first:
            found.tell(heading, [code])
    return found


def strange_codes(fresh: Book) -> Iterator[BookProblem]:
    """Give the new codes, where they are at home, that hold letters which no new code may."""
    for kind in HOMES:
        for record in getattr(fresh, kind):
            name, heading = next(iter(CODES[type(record)].items()))
            code = getattr(record, name)
            strange = strange_letters(code)
            if strange:
                yield problem_of(
                    ProblemCode.CODE_LETTERS, record, heading, code, strange=strange
                )


def respelled_book(book: Book, spellings: Spellings) -> Book:
    """Give the book in the spellings that the database has; what is new stays as it is."""
    changed: dict[str, Any] = {kind: spellings.respelled(getattr(book, kind)) for kind in KINDS}
    return replace(book, **changed)
