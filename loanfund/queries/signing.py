"""Notices that wait to be approved, and approved ones that wait to be signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.money import Money
from loanfund.domain.notice import read_notice
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.models.user import User
from loanfund.store.message import TO_APPROVE, TO_SIGN, WAITING

STEPS = (TO_APPROVE, TO_SIGN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeToSign:
    """A notice as the list shows it; `goes_until` is the last day on which it may go.

    `paper` is the number by which the book knows its file; `approved_by` is empty before.
    """

    paper_id: int
    paper: str
    number: str
    kind: str
    count: int
    issued_at: datetime
    issued_by: str
    approved_by: str
    loan_id: int
    contract_number: str
    borrower: str
    channel: str
    to_pay: Money
    goes_until: date


@dataclass(frozen=True, slots=True)
class Counts:
    """How many notices wait for either step."""

    to_approve: int
    to_sign: int


def notices_in_step(session: Session, step: str) -> tuple[NoticeToSign, ...]:
    """Give the notices that wait for a step, the lowest number first."""
    made, let = aliased(User), aliased(User)
    query = (
        _waiting(
            step,
            select(
                Document,
                Dispatch.number,
                Message.channel,
                Loan.contract_number,
                Borrower.name.label("borrower"),
                made.name.label("made"),
                func.coalesce(let.name, "").label("let"),
            ),
        )
        .join(Loan, Loan.id == Document.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .join(made, made.id == Document.issued_by)
        .outerjoin(let, let.id == Dispatch.approved_by)
    )
    return tuple(_line(row) for row in session.execute(query))


def count_to_sign(session: Session) -> Counts:
    """Count what waits for either step."""
    query = (
        select(Message.state, func.count())
        .where(Message.for_signature, Message.state.in_(STEPS))
        .group_by(Message.state)
    )
    found = {row[0]: row[1] for row in session.execute(query)}
    return Counts(found.get(TO_APPROVE, 0), found.get(TO_SIGN, 0))


def files_to_sign(session: Session) -> list[bytes]:
    """Give the files of the approved notices, in the order of the list."""
    return list(session.scalars(_waiting(TO_SIGN, select(Document.file))))


def _waiting(step: str, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Dispatch, Dispatch.document_id == Document.id)
        .join(Message, Message.id == Dispatch.message_id)
        .where(Message.for_signature, Message.state == step, Dispatch.state == WAITING)
        .order_by(Document.id)
    )


def _line(row: Any) -> NoticeToSign:
    notice, paper = read_notice(row.Document.content), row.Document
    return NoticeToSign(
        paper_id=paper.id,
        paper=paper.number,
        number=row.number,
        kind=notice.kind,
        count=notice.loan.notice,
        issued_at=paper.issued_at,
        issued_by=row.made,
        approved_by=row.let,
        loan_id=paper.loan_id,
        contract_number=row.contract_number,
        borrower=row.borrower,
        channel=row.channel,
        to_pay=notice.to_pay,
        goes_until=notice.goes_until,
    )
