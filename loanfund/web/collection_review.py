"""What posting a collection sheet would do, row by row, for the page before the button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from loanfund.domain.account import LoanStatus, Transaction
from loanfund.domain.beyond_dues import Beyond
from loanfund.domain.collection_sheet import SheetLine, sum_parts
from loanfund.domain.money import Money, total
from loanfund.domain.surplus import SurplusChoice, surplus_choice
from loanfund.queries.receipt import Earlier
from loanfund.services._loan_booking import Planned
from loanfund.services.collection_sheet import SheetPreview, SheetRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A row as it would be posted: where its money goes, and what to think of."""

    line: SheetLine
    value_date: date
    method: str
    amount: Money
    parts: Transaction | None
    choice: SurplusChoice | None
    beyond: Beyond | None
    settles: bool
    is_closed_month: bool
    alike: Earlier | None

    @property
    def is_decision(self) -> bool:
        """Whether somebody must say what becomes of its surplus."""
        return self.choice is not None and self.choice.is_decision

    @property
    def difference(self) -> Money:
        """What is brought more than asked for, or less."""
        return self.amount - self.line.to_collect.amount


@dataclass(frozen=True, slots=True)
class Review:
    """All rows that would be posted, with their sums."""

    rows: tuple[Reviewed, ...]
    closed_through: date | None

    @property
    def doubtful(self) -> tuple[Reviewed, ...]:
        """The rows whose amounts are far beyond what is asked for."""
        return tuple(row for row in self.rows if row.beyond)

    @property
    def decisions(self) -> tuple[Reviewed, ...]:
        """The rows about which somebody must decide."""
        return tuple(row for row in self.rows if row.is_decision)

    def of_other_years(self, today: date) -> tuple[Reviewed, ...]:
        """Give the rows whose day is not of this year, which `31/12` in January is not."""
        return tuple(row for row in self.rows if row.value_date.year != today.year)

    @property
    def amount(self) -> Money:
        """The money of the whole batch."""
        return total([row.amount for row in self.rows])

    @property
    def parts(self) -> tuple[Money, Money, Money, Money]:
        """Where it goes: penalties, interest, principal, credit."""
        return sum_parts([row.parts for row in self.rows if row.parts])


def review_of(
    rows: Sequence[SheetRow],
    lines: Mapping[int, SheetLine],
    found: SheetPreview,
    alike: Mapping[int, Earlier],
) -> Review:
    """Give the rows that may be posted, in the order of the sheet."""
    reviewed = (
        _reviewed(lines[row.place], row, found, alike.get(row.place))
        for row in rows
        if row.place in found.planned
    )
    return Review(tuple(reviewed), found.closed_through)


def _reviewed(
    line: SheetLine, row: SheetRow, found: SheetPreview, twin: Earlier | None
) -> Reviewed:
    planned, repayment = found.planned[row.place], row.repayment
    day, closed = repayment.value_date, found.closed_through
    return Reviewed(
        line=line,
        value_date=day,
        method=repayment.method.value,
        amount=repayment.amount,
        parts=_parts(planned),
        choice=surplus_choice(planned.after, planned.new[-1].id),
        beyond=planned.beyond,
        settles=planned.after.position().status is LoanStatus.CLOSED,
        is_closed_month=closed is not None and day <= closed,
        alike=twin,
    )


def _parts(planned: Planned) -> Transaction | None:
    """Give the row of the loan's account that the new receipt makes."""
    wanted: Sequence[str] = [event.id for event in planned.new]
    rows = (row for row in planned.after.transactions() if row.event in wanted)
    return next(rows, None)
