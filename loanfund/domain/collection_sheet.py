"""The rows of a monthly collection sheet and of the list of what it brought, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from loanfund.domain.account import Transaction
from loanfund.domain.calendar import month_end
from loanfund.domain.money import Money, total
from loanfund.domain.to_collect import ToCollect, total_to_collect


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """A loan on the sheet; where it is not open, no money may be entered.

    `received` is what came in the month.
    """

    place: int
    loan_id: int
    borrower_id: int
    contract_number: str
    borrower: str
    source: str
    area: str | None
    version: int
    is_open: bool
    to_collect: ToCollect
    received: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSheet:
    """The loans of a month (its first day), with figures through a day of that month."""

    month: date
    as_of: date
    lines: tuple[SheetLine, ...]

    @property
    def month_end(self) -> date:
        """The last day whose dues the sheet asks for."""
        return month_end(self.month)

    @property
    def total(self) -> ToCollect:
        """The sums of all rows."""
        return total_to_collect([line.to_collect for line in self.lines])

    @property
    def received(self) -> Money:
        """What came in the month of all rows."""
        return total([line.received for line in self.lines])


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedLine:
    """A receipt of a batch; `parts` say where its money went, None once it was reversed."""

    place: int
    loan_id: int
    contract_number: str
    borrower: str
    source: str
    sequence: int
    receipt: str
    value_date: date
    method: str
    amount: Money
    payer: str | None
    reference: str | None
    note: str | None
    parts: Transaction | None
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedList:
    """A batch as it was posted, and what of it still stands."""

    id: int
    number: str
    month: date
    source: str | None
    recorded_at: datetime
    recorded_by: str
    lines: tuple[CollectedLine, ...]

    @property
    def standing(self) -> tuple[CollectedLine, ...]:
        """The receipts that were not reversed."""
        return tuple(line for line in self.lines if line.reversed_at is None)

    @property
    def amount(self) -> Money:
        """What still stands."""
        return total([line.amount for line in self.standing])

    @property
    def parts(self) -> tuple[Money, Money, Money, Money]:
        """Where that went: overdue and late interest, interest, principal, credit."""
        return sum_parts([line.parts for line in self.standing if line.parts])


def sum_parts(rows: Sequence[Transaction]) -> tuple[Money, Money, Money, Money]:
    """Give where money of several payments went: penalties, interest, principal, credit."""
    penalties = total([row.overdue_interest + row.late_interest for row in rows])
    interest = total([row.interest for row in rows])
    principal = total([row.principal for row in rows])
    return penalties, interest, principal, total([row.credit for row in rows])
