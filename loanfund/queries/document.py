"""Issued papers, as they were kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Actor
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.store.scope import papers_seen_by


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A paper's file, and what its name is made of."""

    kind: str
    number: str
    contract_number: str
    period_from: date
    period_to: date
    issued_at: datetime
    file: bytes

    @property
    def days(self) -> str:
        """The days it speaks of, as names of files have them: one, or the first and last."""
        days = dict.fromkeys((self.period_from, self.period_to))
        return "_".join(day.isoformat() for day in days)


def document_file(session: Session, number: str, actor: Actor) -> DocumentFile:
    """Give a paper by its number; another borrower's is as unknown as a missing one."""
    query = (
        select(Document, Loan.contract_number)
        .outerjoin(Loan, Loan.id == Document.loan_id)
        .where(Document.number == number, papers_seen_by(actor))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFoundError("document", number=number)
    paper = found.Document
    return DocumentFile(
        kind=paper.kind,
        number=paper.number,
        contract_number=found.contract_number or "",
        period_from=paper.period_from,
        period_to=paper.period_to,
        issued_at=paper.issued_at,
        file=paper.file,
    )
