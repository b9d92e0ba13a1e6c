"""Whether what stands in the book is what the audit log says was recorded, by whom.

Each difference is the name of a check, what it is about, what was expected, and what is found.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Text, cast, func, select
from sqlalchemy.orm import Session

from loanfund.models.audit import AuditLine
from loanfund.models.capital import CapitalMovement
from loanfund.models.collection_sheet import CollectionBatch
from loanfund.models.document import Document
from loanfund.models.loan import Loan, LoanEvent
from loanfund.models.period import NumberSeries
from loanfund.store.fingerprint import STATED, details_hash, paper_hash
from loanfund.store.number import written

Found = tuple[str, str, str, str]
Key = tuple[str, str]  # a contract's number, and an event's within it
IMPORTED = ("disbursements", "receipts", "reschedules")  # events, as an import counts them
NUMBERED = (
    LoanEvent.number,
    CapitalMovement.number,
    Document.number,
    CollectionBatch.number,
)
AT_ONCE = 10  # papers held in memory
SHOWN = 20  # missing numbers of one series


# What is compared of a line and of an event.
LINE = (AuditLine.object_id, AuditLine.recorded_at, AuditLine.recorded_by, AuditLine.facts)
EVENT = (
    Loan.contract_number,
    LoanEvent.sequence,
    LoanEvent.recorded_at,
    LoanEvent.recorded_by,
    LoanEvent.approved_by,
    LoanEvent.number,
    LoanEvent.payer,
    LoanEvent.reference,
    LoanEvent.note,
    cast(LoanEvent.payload, Text).label("payload"),
)


@dataclass(slots=True)
class Imports:
    """The lines of imports by their instant, and how many of their events were not met yet."""

    lines: dict[datetime, Row[Any]] = field(default_factory=dict)
    left: Counter[datetime] = field(default_factory=Counter)

    def differences(self) -> Iterator[Found]:
        """Give the imports of which more or fewer events stand than they added."""
        for at, count in sorted(self.left.items()):
            if count:
                yield "audit", f"import {at.isoformat()}", "0", str(-count)


def imports_of(session: Session) -> Imports:
    """Give every import; those of one instant count together."""
    found = Imports()
    for line in session.execute(select(*LINE).where(AuditLine.action == "import_book")):
        found.lines[line.recorded_at] = line
        added = line.facts["added"]
        found.left[line.recorded_at] += sum(added.get(kind, 0) for kind in IMPORTED)
    return found


def event_differences(
    session: Session, loan_ids: Sequence[int], imports: Imports
) -> Iterator[Found]:
    """Compare recorder, approver and content of events with the lines that tell of them."""
    events = select(*EVENT).join(Loan).where(Loan.id.in_(loan_ids)).order_by(LoanEvent.id)
    told = _told(session, loan_ids)
    for event in session.execute(events):
        subject = f"{event.contract_number} event {event.sequence}"
        line = told.pop((event.contract_number, str(event.sequence)), None)
        if line is None:
            line = imports.lines.get(event.recorded_at)
            imports.left[event.recorded_at] -= line is not None
        if line is None:
            yield "audit", subject, "told", "not told"
            continue
        for name, expected, found in _compared(event, line):
            if expected != found:
                yield "audit", f"{subject} {name}", str(expected), str(found)
    for contract, number in told:
        yield "audit", f"{contract} event {number}", "stands", "missing"


def _told(session: Session, loan_ids: Sequence[int]) -> dict[Key, Row[Any]]:
    """Give the lines that tell of events of these loans, by contract and the event's number."""
    contracts = select(Loan.contract_number).where(Loan.id.in_(loan_ids))
    lines = select(*LINE).where(
        AuditLine.object_type == "loan", AuditLine.object_id.in_(contracts)
    )
    return {
        (line.object_id, str(event["id"])): line
        for line in session.execute(lines.order_by(AuditLine.id))
        for event in line.facts.get("events", ())
    }


def _compared(event: Any, line: Row[Any]) -> Iterator[tuple[str, object, object]]:
    yield "recorded_by", line.recorded_by, event.recorded_by
    yield "recorded_at", line.recorded_at, event.recorded_at
    if "approved_by" in line.facts:  # lines of before do not say
        yield "approved_by", line.facts["approved_by"], event.approved_by
    told = line.facts.get("events", ())
    details = line.facts.get("details", [None] * len(told))  # lines of before say none
    for said, beside in zip(told, details, strict=True):
        if str(said["id"]) == str(event.sequence):
            yield "payload", said, read_payload(event.payload)
            yield "details", beside, beside and details_hash(event)


def read_payload(stored: str) -> dict[str, Any]:
    """Give what is stored of an event; nothing where it is no object."""
    try:
        found = json.loads(stored)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def gaps_of_events(session: Session) -> Iterator[Found]:
    """Give the loans whose events are not numbered one by one."""
    count, last = func.count(), func.max(LoanEvent.sequence)
    query = (
        select(Loan.contract_number, count, last)
        .join(LoanEvent)
        .group_by(Loan.contract_number)
        .having(count != last)
        .order_by(Loan.contract_number)
    )
    for contract, stand, number in session.execute(query):
        yield "sequence", contract, str(number), str(stand)


def gaps_of_numbers(session: Session) -> Iterator[Found]:
    """Give the numbers of each series that were given and stand nowhere."""
    for row in session.scalars(select(NumberSeries).order_by(*NumberSeries.__table__.c)):
        given = {written(row.series, row.year, one + 1) for one in range(row.last_number)}
        stand = _standing(session, written(row.series, row.year, 0).rstrip("0"))
        for number in sorted(given - stand)[:SHOWN]:
            yield "number", number, "given", "missing"


def _standing(session: Session, beginning: str) -> set[str]:
    return {
        str(number)
        for column in NUMBERED
        for number in session.scalars(select(column).where(column.startswith(beginning)))
    }


def paper_differences(session: Session) -> Iterator[Found]:
    """Compare every issued paper with its SHA-256, and file and content with the audit log."""
    lines = select(AuditLine.facts).where(AuditLine.action.startswith("issue_"))
    said = {
        one["number"]: one
        for facts in session.scalars(lines)
        for one in facts.get("papers", [facts])
        if "sha256" in one
    }
    columns = (getattr(Document, name) for name in STATED)
    papers = select(Document.number, Document.sha256, Document.file, *columns)
    for paper in session.execute(papers.order_by(Document.id)).yield_per(AT_ONCE):
        yield from _paper(paper, said.get(paper.number, {}))


def _paper(paper: Any, said: Mapping[str, str]) -> Iterator[Found]:
    found = sha256(paper.file).hexdigest()
    if found != paper.sha256:
        yield "paper", paper.number, paper.sha256, found
    told = said.get("sha256")
    if told != paper.sha256:
        yield "paper", f"{paper.number} audit", str(told), paper.sha256
    if "content" in said:  # lines of before do not say
        stated = paper_hash({name: getattr(paper, name) for name in STATED})
        if said["content"] != stated:
            yield "paper", f"{paper.number} content", said["content"], stated
