"""Add a workbook's new records inside the caller's unit of work, as itself or as a proposal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.book import Book
from loanfund.domain.book_check import KnownKeys, unknown_references
from loanfund.domain.book_closed import rows_in_closed_months
from loanfund.domain.book_codec import load_book
from loanfund.domain.book_meaning import ImplausibleWorkbookError, Meaning
from loanfund.domain.book_problem import BookProblem, WorkbookRefusedError
from loanfund.domain.book_sound import Doubt, doubt_of, in_order, sound_part
from loanfund.domain.book_spelling import respelled_book, strange_codes
from loanfund.domain.errors import ConflictError
from loanfund.domain.permission import Actor
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.services._book_events import AddedEvents, add_events
from loanfund.services._book_keys import (
    KEYS,
    fresh_records,
    new_records,
    stored_spellings,
    taken_numbers,
)
from loanfund.services._book_masters import (
    add_borrowers,
    add_contracts,
    add_movements,
    add_sources,
    future_rows,
    over_capital,
)
from loanfund.services._book_meaning import meaning_of, odd_rows
from loanfund.services._booking import Booking, booking_by
from loanfund.store.audit import write_audit
from loanfund.store.lock import lock_books
from loanfund.store.request_key import new_key

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportReport:
    """How many records of each kind were added, and how many were there already.

    `proposal` is the one that waits for a manager where nothing was added yet; `rows` are
    those of each sheet that are new.
    """

    rows: dict[str, list[int]] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    meaning: Meaning = field(default_factory=Meaning)
    is_dry_run: bool = False
    proposal: int | None = None

    @property
    def adds_nothing(self) -> bool:
        """Whether every record was known."""
        return not any(self.added.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBook:
    """A book that was read, and the name of its file; a dry run does all and keeps nothing.

    `meant` says why implausible values are right; without it they are refused. With the same
    `key` a workbook is proposed once. With a `doubt` it was read in part: it is tried, and
    refused with whatever else is wrong.
    """

    book: Book
    file: str = ""
    meant: str | None = None
    is_dry_run: bool = False
    doubt: Doubt | None = None
    key: str = field(default_factory=new_key)
    progress: Progress = lambda _done, _all: None


def carry_out_import(
    session: Session,
    payload: Mapping[str, Any],
    maker: Actor,
    clock: Clock,
    approver: Actor,
) -> dict[str, Any]:
    """Add what was proposed; ConflictError where the book moved and it would be another."""
    booking = booking_by(maker, clock, lock_books(session), approver)
    report = ImportReport()
    request = ImportBook(book=load_book(payload["book"]), meant=payload["meant"])
    add_records(session, request, booking, report)
    if report.added != payload["added"]:
        raise ConflictError("stale")
    return {"added": report.added}


def add_records(
    session: Session, request: ImportBook, booking: Booking, report: ImportReport
) -> None:
    """Add kind after kind, or refuse with all that is wrong: what is sound of it is tried."""
    book = respelled_book(request.book, stored_spellings(session))
    new = new_records(session, request.book) if request.doubt else None
    sound = sound_part(book, request.doubt) if request.doubt else book
    unknown = unknown_references(sound, _known_keys(session))
    fresh, report.known, conflicts = fresh_records(session, sound, booking.at)
    if request.doubt:
        conflicts += [one for one in taken_numbers(session, book) if one not in conflicts]
    problems = [*unknown, *strange_codes(fresh), *conflicts]
    problems += future_rows(new or fresh, booking.business_date)
    report.rows = {kind: [one.place.row for one in getattr(fresh, kind)] for kind in KEYS}
    report.added = {kind: len(rows) for kind, rows in report.rows.items()}
    if not (problems or request.doubt or any(report.added.values())):
        return
    added, sources = _add_sound(session, fresh, booking, request.progress, problems)
    if not (problems or request.doubt):
        problems += over_capital(session, fresh, sources, booking.business_date)
    if problems or request.doubt:
        odd = odd_rows(session, new or fresh)
        raise WorkbookRefusedError(in_order([*problems, *odd, *added.large]))
    meaning = meaning_of(session, fresh, sources, added.large)
    report.meaning = replace(
        meaning,
        surpluses=added.surpluses,
        closed=rows_in_closed_months(fresh, booking.closed_through),
    )
    if report.meaning.implausible and not (request.meant or request.is_dry_run):
        raise ImplausibleWorkbookError(report.meaning)
    write_audit(
        session,
        at=booking.at,
        actor=booking.actor,
        action="import_book",
        subject=("workbook", book.sha256),
        facts={**_facts(request, report), "approved_by": booking.approved_by},
    )


def _add_sound(
    session: Session,
    fresh: Book,
    booking: Booking,
    progress: Progress,
    problems: list[BookProblem],
) -> tuple[AddedEvents, dict[str, CapitalSource]]:
    """Add what no problem touches, kind after kind, and add to the problems."""
    part = sound_part(fresh, doubt_of(problems))
    sources = add_sources(session, part, booking)
    borrowers = add_borrowers(session, part, booking)
    problems += add_contracts(session, part, booking, (sources, borrowers))
    part = sound_part(part, doubt_of(problems))
    added = add_events(session, part, booking, progress)
    problems += added.refused
    add_movements(session, part, booking, sources)
    return added, sources


def _facts(request: ImportBook, report: ImportReport) -> dict[str, Any]:
    """Give what the audit line tells; implausible rows that somebody meant, and why."""
    facts: dict[str, Any] = {"added": report.added, "known": report.known}
    if report.meaning.implausible:
        names = ("code", "sheet", "row", "column", "value")
        rows = [
            {name: getattr(one, name) for name in names} for one in report.meaning.implausible
        ]
        facts |= {"reason": request.meant, "implausible": rows}
    return facts


def _known_keys(session: Session) -> KnownKeys:
    return KnownKeys(
        sources=set(session.scalars(select(CapitalSource.code))),
        borrowers=set(session.scalars(select(Borrower.code))),
        contracts=set(session.scalars(select(Loan.contract_number))),
    )
