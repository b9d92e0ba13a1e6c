"""Which records of a workbook are new, which are there already, and which contradict them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loanfund.domain.book import Book, Record
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.book_spelling import HOMES, Spellings, respelled_book
from loanfund.domain.money import Money, Rate
from loanfund.models.audit import ImportedRecord
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan, LoanEvent
from loanfund.store.request_key import fingerprint

R = TypeVar("R", bound=Record)

# The fields that make a record's key; a movement has none but all its cells and its rank.
KEYS: Mapping[str, tuple[str, ...]] = {
    "sources": ("code",),
    "movements": ("source", "value_date", "amount", "contributor", "note", "rank"),
    "borrowers": ("code",),
    "contracts": ("number",),
    "disbursements": ("number",),
    "receipts": ("number",),
    "reschedules": ("contract", "value_date"),
}


def fresh_records(
    session: Session, book: Book, at: datetime
) -> tuple[Book, dict[str, int], list[BookProblem]]:
    """Give the records that are new, how many of each kind were known, and every conflict.

    The new ones are noted as imported, so that the same workbook adds nothing twice.
    """
    fresh, counts, problems, notes = _told_apart(session, book)
    if notes and not problems:
        session.execute(insert(ImportedRecord), [{**one, "recorded_at": at} for one in notes])
    return fresh, counts, problems


def new_records(session: Session, book: Book) -> Book:
    """Give the records that are new as things stand, writing nothing."""
    return _told_apart(session, respelled_book(book, stored_spellings(session)))[0]


def taken_numbers(session: Session, book: Book) -> list[BookProblem]:
    """Give the vouchers of a book read in part whose numbers stand for others already.

    They need no other row to be told so.
    """
    vouchers = Book(disbursements=book.disbursements, receipts=book.receipts)
    return _told_apart(session, vouchers)[2]


def adds(session: Session, book: Book) -> dict[str, int]:
    """Count the new records of each kind as things stand, writing nothing."""
    fresh = new_records(session, book)
    return {kind: len(getattr(fresh, kind)) for kind in KEYS}


def _told_apart(
    session: Session, book: Book
) -> tuple[Book, dict[str, int], list[BookProblem], list[dict[str, str]]]:
    """Tell new records from known ones and conflicts; also give the notes of the new."""
    known = _imported(session)
    taken = _taken(session)
    counts: dict[str, int] = {}
    problems: list[BookProblem] = []
    fresh: dict[str, tuple[Record, ...]] = {}
    notes = []
    for kind in KEYS:
        new = []
        for key, record in _keyed(book, kind):
            payload = fingerprint(plain(record))
            stored = known.get((kind, key))
            if stored == payload:
                counts[kind] = counts.get(kind, 0) + 1
            elif stored is not None or key in taken.get(kind, ()):
                problems.append(_conflict(record, key))
            else:
                new.append(record)
                notes.append({"kind": kind, "key": key, "payload_hash": payload})
        fresh[kind] = tuple(new)
    new_book = Book(**fresh, sha256=book.sha256)  # type: ignore[arg-type]
    return new_book, counts, problems, notes


def stored_spellings(session: Session) -> Spellings:
    """Give how the codes that the book has are spelled there."""
    taken = _taken(session)
    spellings = Spellings()
    for kind, heading in HOMES.items():
        spellings.tell(heading, sorted(taken[kind]))
    return spellings


def plain(value: Any) -> Any:
    """Give a record's content as plain JSON, without its place in the workbook."""
    if is_dataclass(value) and not isinstance(value, Money | Rate | type):
        return {
            one.name: plain(getattr(value, one.name))
            for one in fields(value)
            if one.compare and not (_is_later(one) and getattr(value, one.name) is None)
        }
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, Rate):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, tuple) else value


def _is_later(column: Field[Any]) -> bool:
    return bool(column.metadata.get("later"))


def _keyed(book: Book, kind: str) -> Iterator[tuple[str, Record]]:
    for record in getattr(book, kind):
        parts = [plain(getattr(record, name)) for name in KEYS[kind]]
        yield "|".join("" if part is None else str(part) for part in parts), record


def _imported(session: Session) -> dict[tuple[str, str], str]:
    query = select(ImportedRecord.kind, ImportedRecord.key, ImportedRecord.payload_hash)
    return {(kind, key): payload for kind, key, payload in session.execute(query)}


def _taken(session: Session) -> dict[str, set[str]]:
    """Give the keys that stand in the book, imported or typed in the program."""

    def numbers(kind: str) -> set[str]:
        query = select(LoanEvent.number).where(
            LoanEvent.type == kind, LoanEvent.number.is_not(None)
        )
        return {number for number in session.scalars(query) if number is not None}

    return {
        "sources": set(session.scalars(select(CapitalSource.code))),
        "borrowers": set(session.scalars(select(Borrower.code))),
        "contracts": set(session.scalars(select(Loan.contract_number))),
        "disbursements": numbers("disbursement"),
        "receipts": numbers("repayment"),
    }


def _conflict(record: Record, key: str) -> BookProblem:
    return BookProblem(
        code=ProblemCode.CONFLICT,
        sheet=record.place.sheet,
        row=record.place.row,
        value=key,
    )
