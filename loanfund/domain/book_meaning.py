"""Whether a workbook can be meant: what it adds up to, what its sources lack, odd values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from loanfund.domain.book_problem import BookProblem, WorkbookRefusedError
from loanfund.domain.book_sums import SourceSums
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

    `shortfalls` are those of each source that ever lends more than it has.
    """

    sums: tuple[SourceSums, ...] = ()
    shortfalls: Mapping[str, tuple[Shortfall, ...]] = field(default_factory=dict)
    implausible: tuple[BookProblem, ...] = ()
    surpluses: tuple[UnsaidSurplus, ...] = ()


class ImplausibleWorkbookError(WorkbookRefusedError):
    """The workbook could be taken, but hardly anybody means it."""

    def __init__(self, meaning: Meaning) -> None:
        """Keep the values, and what the workbook adds up to."""
        super().__init__(meaning.implausible, "implausible")
        self.meaning = meaning
