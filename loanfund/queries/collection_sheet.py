"""The monthly collection sheet: every loan of a month, what it owes and what came already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from loanfund.domain.account import LoanStatus
from loanfund.domain.calendar import month_end
from loanfund.domain.code import fold_reference
from loanfund.domain.collection import MonthSoFar
from loanfund.domain.collection_sheet import CollectionSheet, SheetLine
from loanfund.domain.money import Money
from loanfund.models.loan import Loan, LoanEvent
from loanfund.queries._month import months_so_far
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.queries.loan_list import NO_AREA, Choices, choices_of
from loanfund.queries.receipt import Earlier, standing_receipts
from loanfund.store.collection_sheet import DraftName, draft_row
from loanfund.store.setting import load_settings
from loanfund.wording.order import name_key, sort_key

MONTHS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSheet:
    """Which sheet: a month by its first day, figures through a day, empty texts for all."""

    month: date
    day: date
    source: str = ""
    area: str = ""

    @property
    def as_of(self) -> date:
        """The day of the month through which figures go."""
        return max(self.month, min(self.day, month_end(self.month)))


@dataclass(frozen=True, slots=True)
class Entered:
    """What is entered for a row, to be compared with what was posted before."""

    place: int
    loan_id: int
    borrower_id: int
    value_date: date
    amount: Money
    reference: str | None

    @property
    def fold(self) -> str:
        """What the reference shares with other spellings of it."""
        return fold_reference(self.reference or "")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody had typed: for the sheet, by loan for its rows, and when it was kept."""

    head: dict[str, str]
    rows: dict[int, dict[str, str]]
    saved_at: datetime | None


def sheet(session: Session, asked: AskedSheet, today: date) -> tuple[CollectionSheet, Choices]:
    """Give the sheet by borrowers' names, and what its filters offer.

    Dues still to come in the month count as the schedules in force bring them.
    """
    settings = load_settings(session)
    found = standings(session, settings, Moment(today), Loan.state == "approved")
    months = months_so_far(session, settings, Moment(asked.as_of))
    versions = {row.id: row.version for row in session.execute(select(Loan.id, Loan.version))}
    wanted = sorted((one for one in found if _belongs(one, months, asked)), key=_by_name)
    lines = tuple(
        _line(place, one, months[one.facts.id], versions[one.facts.id])
        for place, one in enumerate(wanted, start=1)
    )
    sheet_ = CollectionSheet(month=asked.month, as_of=asked.as_of, lines=lines)
    return sheet_, choices_of(session, [one.facts for one in found])


def months_to_choose(today: date, chosen: date) -> list[date]:
    """Give the first days of months: next month, this one, those before, and the chosen."""
    this = today.replace(day=1)
    found = {chosen, month_end(this) + timedelta(days=1)}
    month = this
    for _ in range(MONTHS_SHOWN):
        found.add(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return sorted(found, reverse=True)


def draft(session: Session, name: DraftName) -> Draft:
    """Give what somebody typed into a sheet and did not post yet."""
    row = draft_row(session, name)
    if row is None or not row.typed["rows"]:
        return Draft({}, {}, None)
    rows = {int(loan_id): fields for loan_id, fields in row.typed["rows"].items()}
    return Draft(row.typed["head"], rows, row.saved_at)


def earlier_like(
    session: Session, rows: Sequence[Entered]
) -> tuple[dict[int, Earlier], dict[int, list[Earlier]]]:
    """Give by row a receipt of the same loan, day and amount, and those of the same reference.

    Only receipts that stand count.
    """
    found = _earlier(session, rows)
    alike = {(one.loan_id, one.value_date, one.amount): one for one in found}
    under: dict[str, list[Earlier]] = {}
    for one in found:
        under.setdefault(fold_reference(one.reference or ""), []).append(one)
    same = ((row.place, (row.loan_id, row.value_date, row.amount)) for row in rows)
    return (
        {place: alike[key] for place, key in same if key in alike},
        {row.place: under[row.fold] for row in rows if row.fold and row.fold in under},
    )


def _belongs(one: Standing, months: dict[int, MonthSoFar], asked: AskedSheet) -> bool:
    """Say whether a loan is on the sheet: active, or the month concerned it."""
    found = months.get(one.facts.id)
    if found is None or one.snapshot is None:
        return False
    month = found.collection
    if not _is_open(one) and not (month.due or month.received):
        return False
    facts = one.facts
    return all(
        not wanted or (value or NO_AREA) == wanted
        for value, wanted in ((facts.source, asked.source), (facts.area, asked.area))
    )


def _is_open(one: Standing) -> bool:
    return one.snapshot is not None and one.snapshot.status is LoanStatus.ACTIVE


def _by_name(one: Standing) -> Any:
    return name_key(one.facts.borrower), sort_key(one.facts.contract_number)


def _line(place: int, one: Standing, month: MonthSoFar, version: int) -> SheetLine:
    facts = one.facts
    return SheetLine(
        place=place,
        loan_id=facts.id,
        borrower_id=facts.borrower_id,
        contract_number=facts.contract_number,
        borrower=facts.borrower,
        source=facts.source,
        area=facts.area,
        version=version,
        is_open=_is_open(one),
        to_collect=month.to_collect,
        received=month.collection.received,
    )


def _earlier(session: Session, rows: Iterable[Entered]) -> list[Earlier]:
    """Give every receipt that stands and shares a loan and day, or a reference, with a row."""
    rows = list(rows)
    same = and_(
        LoanEvent.loan_id.in_({row.loan_id for row in rows}),
        LoanEvent.value_date.in_({row.value_date for row in rows}),
    )
    folds = {row.fold for row in rows if row.fold}
    query = standing_receipts().where(or_(same, LoanEvent.reference_fold.in_(folds)))
    return [Earlier(**row) for row in session.execute(query).mappings()]
