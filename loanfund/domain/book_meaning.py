"""Whether a workbook can be meant: what it adds up to, what its sources lack, odd values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from loanfund.domain.book_closed import ClosedRows
from loanfund.domain.book_problem import BookProblem, WorkbookRefusedError
from loanfund.domain.book_sums import SourceSums, Sums
from loanfund.domain.money import Money
from loanfund.domain.terms import Surplus


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Days on end on which a source had lent more than it had, and the most it lacked."""

    first: date
    last: date | None  # None while it lasts
    most: Money


@dataclass(frozen=True, slots=True)
class UnsaidSurplus:
    """What a receipt leaves to decide; it says nothing, so it goes where the contract says."""

    number: str
    contract: str
    amount: Money
    way: Surplus


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What new rows add up to, and what of them is implausible; for whoever decides on them.

    `shortfalls` are those of each source that ever lends more than it has, `closed` the rows
    in closed months.
    """

    sums: tuple[SourceSums, ...] = ()
    shortfalls: Mapping[str, tuple[Shortfall, ...]] = field(default_factory=dict)
    implausible: tuple[BookProblem, ...] = ()
    surpluses: tuple[UnsaidSurplus, ...] = ()
    closed: tuple[ClosedRows, ...] = ()


def meaning_says(meaning: Meaning) -> Iterator[tuple[str, dict[str, object]]]:
    """Give each line that shows what a workbook says: the key of its text, and its facts."""
    for one in meaning.sums:
        yield from _of_source(one)
    for source, spans in meaning.shortfalls.items():
        for span in spans:
            key = "workbook.lacks" if span.last is not None else "workbook.lacks_still"
            facts = {"source": source, "first": span.first, "most": span.most}
            yield key, {**facts, "last": span.last or span.first}
    for left in meaning.surpluses:
        key = f"workbook.surplus.{left.way.value}"
        yield key, {"number": left.number, "contract": left.contract, "amount": left.amount}


def _of_source(one: SourceSums) -> Iterator[tuple[str, dict[str, object]]]:
    for kind in ("approved", "disbursed", "received"):
        sums: Sums | None = getattr(one, kind)
        if sums is not None:
            yield (
                f"workbook.sums.{kind}",
                {
                    "source": one.source,
                    "rows": sums.rows,
                    "amount": sums.amount,
                    "least": sums.amounts.least,
                    "greatest": sums.amounts.greatest,
                    "first": sums.days.least,
                    "last": sums.days.greatest,
                },
            )
    if one.rates is not None and one.terms is not None:
        yield (
            "workbook.sums.terms",
            {
                "source": one.source,
                "least": one.rates.least,
                "greatest": one.rates.greatest,
                "shortest": one.terms.least,
                "longest": one.terms.greatest,
            },
        )


class ImplausibleWorkbookError(WorkbookRefusedError):
    """The workbook could be taken, but hardly anybody means it."""

    def __init__(self, meaning: Meaning) -> None:
        """Keep the values, and what the workbook adds up to."""
        super().__init__(meaning.implausible, "implausible")
        self.meaning = meaning
