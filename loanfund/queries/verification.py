"""What a code tells whoever holds a paper: whether it counts, never whose it is (S21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.models.document import Document
from loanfund.models.message import Dispatch
from loanfund.queries._paper_totals import Stated, totals_of
from loanfund.queries.paper_standing import Standing, paper_standings

CODE_LENGTH = 12
MISREAD = str.maketrans("OIL", "011")  # Crockford's alphabet has none of these letters


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPaper:
    """A paper without names, and the totals that it states."""

    standing: Standing
    replaced_by: str
    kind: str
    number: str
    code: str
    issued_at: datetime
    as_of: date
    totals: tuple[Stated, ...]


def read_code(typed: str) -> str:
    """Give a code as it is kept, however it was read off a paper, or with its whole address."""
    own = typed.strip().rstrip("/").rpartition("/verify/")[2]
    letters = "".join(letter for letter in own.upper() if letter.isalnum())
    return letters.translate(MISREAD)


def verified_paper(session: Session, code: str) -> VerifiedPaper | None:
    """Give the paper that carries a code; None where there is none."""
    paper = session.scalar(select(Document).where(Document.code == code))
    if paper is None:
        return None
    standing, replaced_by = paper_standings(session, [paper.id])[paper.id]
    return VerifiedPaper(
        standing=standing,
        replaced_by=replaced_by,
        kind=paper.kind,
        number=_shown_number(session, paper),
        code=paper.code,
        issued_at=paper.issued_at,
        as_of=paper.period_to,
        totals=totals_of(paper.kind, paper.content),
    )


def _shown_number(session: Session, paper: Document) -> str:
    """Give the number on the paper: a notice has one by the fund's own pattern."""
    dispatch = session.get(Dispatch, paper.id)
    return dispatch.number if dispatch else paper.number
