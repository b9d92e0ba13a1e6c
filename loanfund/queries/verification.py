"""What a code tells whoever holds a paper: whether it counts, never whose it is (S21)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.book_voucher import Booking
from loanfund.domain.voucher import VoucherKind
from loanfund.models.capital import CapitalMovement
from loanfund.models.document import Document
from loanfund.models.loan import LoanEvent
from loanfund.models.message import Dispatch
from loanfund.queries._paper_totals import Stated, totals_of
from loanfund.store.message import UNSENT
from loanfund.store.paper import STATEMENT
from loanfund.wording import event_name

CODE_LENGTH = 12
MISREAD = str.maketrans("OIL", "011")  # Crockford's alphabet has none of these letters


class Standing(StrEnum):
    """Whether a paper still counts."""

    VALID = "valid"
    REPLACED = "replaced"
    OUTDATED = "outdated"  # the books of its period have changed since
    VOIDED = "voided"
    UNSENT = "unsent"


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
    standing, replaced_by = _standing(session, paper)
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


def _standing(session: Session, paper: Document) -> tuple[Standing, str]:
    if paper.loan_id is None:
        return _of_book_voucher(session, paper), ""
    if paper.kind in tuple(VoucherKind):
        return _of_voucher(session, paper)
    if paper.kind == STATEMENT:
        return _of_statement(session, paper)
    return _of_notice(session, paper), ""


def _shown_number(session: Session, paper: Document) -> str:
    """Give the number on the paper: a notice has one by the fund's own pattern."""
    dispatch = session.get(Dispatch, paper.id)
    return dispatch.number if dispatch else paper.number


def _of_notice(session: Session, paper: Document) -> Standing:
    """A notice whose number was drawn and that was never sent tells nobody anything."""
    dispatch = session.get(Dispatch, paper.id)
    unsent = dispatch is not None and dispatch.state == UNSENT
    return Standing.UNSENT if unsent else Standing.VALID


def _of_statement(session: Session, paper: Document) -> tuple[Standing, str]:
    """A later statement of the same loan and period stands in an earlier one's place."""
    latest = session.scalar(
        select(Document.number)
        .where(
            Document.kind == paper.kind,
            Document.loan_id == paper.loan_id,
            Document.period_from == paper.period_from,
            Document.period_to == paper.period_to,
            Document.id > paper.id,
        )
        .order_by(Document.id.desc())
        .limit(1)
    )
    if latest:
        return Standing.REPLACED, latest
    return (Standing.OUTDATED if _has_changed(session, paper) else Standing.VALID), ""


def _has_changed(session: Session, paper: Document) -> bool:
    """Tell whether anything was recorded or taken back in the period since the paper."""
    undone = aliased(LoanEvent)
    day = func.coalesce(undone.value_date, LoanEvent.value_date)
    query = (
        select(LoanEvent.id)
        .outerjoin(undone, undone.id == LoanEvent.reverses)
        .where(
            LoanEvent.loan_id == paper.loan_id,
            LoanEvent.recorded_at > paper.issued_at,
            day <= paper.period_to,
        )
    )
    return session.scalar(query.limit(1)) is not None


def _of_voucher(session: Session, paper: Document) -> tuple[Standing, str]:
    """A voucher counts until its event is taken back; one recorded in its place is named."""
    reversal, again = aliased(LoanEvent), aliased(LoanEvent)
    found = session.execute(
        select(reversal.id, again.number, again.sequence, again.type, again.value_date)
        .select_from(LoanEvent)
        .join(reversal, reversal.reverses == LoanEvent.id)
        .outerjoin(again, again.replaces == LoanEvent.id)
        .where(
            LoanEvent.loan_id == paper.loan_id,
            LoanEvent.sequence == int(paper.content["sequence"]),
        )
    ).one_or_none()
    if found is None:
        return Standing.VALID, ""
    if found.sequence is None:
        return Standing.VOIDED, ""
    return Standing.REPLACED, event_name(found.number, found.type, found.value_date)


def _of_book_voucher(session: Session, paper: Document) -> Standing:
    """A voucher of capital counts until the movement is taken back."""
    booking, _, key = str(paper.content["about"]).partition(":")
    if booking != Booking.CAPITAL:
        return Standing.VALID
    undone = select(CapitalMovement.id).where(CapitalMovement.reverses == int(key))
    return Standing.VOIDED if session.scalar(undone) else Standing.VALID
