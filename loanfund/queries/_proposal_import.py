"""What a workbook that waits for its approval would add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.book import Book, Record
from loanfund.domain.book_closed import DAYS, ClosedRows, closed_says
from loanfund.domain.book_codec import load_book
from loanfund.domain.calendar import month_end
from loanfund.domain.fact_json import load_facts
from loanfund.domain.report import Cell, Column, Kind, Look, Said, Table, summed
from loanfund.domain.report import Line as TableLine
from loanfund.models.borrower import Borrower
from loanfund.queries._proposal_line import Line, Payload, Stood
from loanfund.queries._report import TOTAL


def import_says(_session: Session, payload: Payload) -> Iterator[Said]:
    """Say which file, and how many rows it adds."""
    facts = {"file": payload["file"], "rows": sum(payload["added"].values())}
    yield Said("proposal.says.import", facts)


def import_lines(_session: Session, payload: Payload, _stood: Stood) -> Iterator[Line]:
    """Give what is added of each kind, and what it adds up to, as both saw it."""
    yield Line(label=Said("import.fingerprint"), after=payload["book"]["sha256"])
    for kind, rows in payload["added"].items():
        if rows:
            yield Line(label=Said(f"import.{kind}"), after=rows)
    sums = tuple(Said(one["key"], load_facts(one["facts"])) for one in payload["told"])
    yield Line(label=Said("proposal.line.sums"), after=sums)
    closed = tuple(_closed(payload))
    if closed:
        said = tuple(Said(key, facts) for key, facts in closed_says(closed))
        yield Line(label=Said("proposal.line.closed_rows"), after=said)
    odd = payload.get("implausible", ())
    if odd:
        yield Line(label=Said("proposal.line.implausible"), after=tuple(map(_odd, odd)))
    if payload["meant"]:
        yield Line(label=Said("proposal.line.meant"), after=payload["meant"])


def import_tables(session: Session, payload: Payload) -> tuple[Table, ...]:
    """List the new rows sheet by sheet; what falls into a closed month is marked."""
    book = load_book(payload["book"])
    months = {one.month for one in _closed(payload)}
    query = select(Borrower.code, Borrower.name)
    names = {row.code: row.name for row in session.execute(query)}
    names |= {one.code: one.name for one in book.borrowers}
    found = []
    for kind, (columns, cells) in SHEETS.items():
        lines = [
            TableLine(cells(one, names), _look(kind, one, months))
            for one in _new(payload, book, kind)
        ]
        if any(column.kind is Kind.MONEY for column in columns) and len(lines) > 1:
            lines.append(summed(columns, lines, TOTAL))
        if lines:
            is_marked = any(one.look is Look.MARKED for one in lines)
            notes = (Said("workbook.closed.marked"),) if is_marked else ()
            title = Said(f"import.{kind}")
            found.append(Table(columns=columns, lines=tuple(lines), title=title, notes=notes))
    return tuple(found)


def _new(payload: Payload, book: Book, kind: str) -> Iterator[Record]:
    """Give the rows that are added; of before the program kept which, every one."""
    rows = set(payload["rows"][kind]) if "rows" in payload else None
    for record in getattr(book, kind):
        if rows is None or record.place.row in rows:
            yield record


def _look(kind: str, record: Record, months: set[date]) -> Look:
    is_closed = kind in DAYS and month_end(getattr(record, DAYS[kind])) in months
    return Look.MARKED if is_closed else Look.PLAIN


def _named(code: str, names: Mapping[str, str]) -> str:
    return f"{code} – {names[code]}" if code in names else code


def _closed(payload: Payload) -> Iterator[ClosedRows]:
    for one in payload.get("closed", ()):
        yield ClosedRows(date.fromisoformat(one["month"]), one["rows"])


_Cells = Callable[[Any, Mapping[str, str]], tuple[Cell, ...]]
AMOUNT = Column("amount", Kind.MONEY)
VALUE_DATE = Column("value_date", Kind.DAY)
SHEETS: Mapping[str, tuple[tuple[Column, ...], _Cells]] = {
    "sources": (
        (Column("source"), Column("source_name")),
        lambda one, _names: (one.code, one.name),
    ),
    "movements": (
        (Column("source"), Column("contributor"), VALUE_DATE, AMOUNT),
        lambda one, _names: (one.source, one.contributor, one.value_date, one.amount),
    ),
    "borrowers": (
        (Column("borrower"), Column("area")),
        lambda one, names: (_named(one.code, names), one.area),
    ),
    "contracts": (
        (
            Column("contract"),
            Column("borrower"),
            Column("source"),
            Column("signed_on", Kind.DAY),
            Column("annual_rate", Kind.PERCENT),
            Column("term_months", Kind.NUMBER),
            AMOUNT,
        ),
        lambda one, names: (
            one.number,
            _named(one.borrower, names),
            one.source,
            one.signed_on,
            one.annual_rate,
            one.term_months,
            one.amount,
        ),
    ),
    "disbursements": (
        (Column("contract"), Column("voucher"), VALUE_DATE, AMOUNT),
        lambda one, _names: (one.contract, one.number, one.value_date, one.amount),
    ),
    "receipts": (
        (Column("contract"), Column("voucher"), VALUE_DATE, AMOUNT),
        lambda one, _names: (one.contract, one.number, one.value_date, one.amount),
    ),
    "reschedules": (
        (Column("contract"), Column("content"), VALUE_DATE),
        lambda one, _names: (one.contract, one.decision, one.value_date),
    ),
}


def refused_rows(result: Mapping[str, Any]) -> tuple[Said, ...]:
    """Name each row for which a workbook was refused when it was to be approved."""
    return tuple(map(_odd, result.get("problems", ())))


def _odd(one: Mapping[str, Any]) -> Said:
    """Name an implausible value: its place, what stands there, and why it is odd."""
    facts = load_facts(one["facts"])
    facts |= {"value": one["value"]}
    what = Said(f"workbook.problem.{one['code']}", facts)
    place = {name: one[name] for name in ("sheet", "row", "column", "value")}
    return Said("proposal.implausible", {**place, "what": what})
