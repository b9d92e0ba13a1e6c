"""Issue the notices that go with a message: numbered, rendered and kept, in its transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.notice import OVERDUE_NOTICE, Notice, dump_notice
from loanfund.domain.permission import Actor
from loanfund.domain.reminder import Letter, LoanPart
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.services.statement import CODE_LENGTH, CROCKFORD, Issue
from loanfund.store.audit import write_audit
from loanfund.store.number import next_number
from loanfund.store.setting import load_settings

SERIES = "TB"  # thông báo

Render = Callable[[Notice, Issue], bytes]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues notices, by which clock, and how they become files."""

    actor: Actor
    clock: Clock
    render: Render


def issue_notice(session: Session, told: Letter, part: LoanPart, issuer: Issuer) -> str:
    """Issue the notice of one loan and give its number; the unit of work is the caller's."""
    clock, actor = issuer.clock, issuer.actor
    loan_id = session.scalars(
        select(Loan.id).where(Loan.contract_number == part.contract_number)
    ).one()
    days: int = load_settings(session, keys=("notice_days",)).get("notice_days", told.day)
    notice = Notice(told=told, loan=part, deadline=told.day + timedelta(days=days))
    if notice.kind == OVERDUE_NOTICE:
        earlier = _earlier(session, loan_id, notice.dues[0].due_date)
        numbered = replace(part, notice=len(earlier) + 1, earlier=earlier)
        notice = replace(notice, loan=numbered)
    at = clock.now()
    issue = Issue(
        number=next_number(session, SERIES, clock.today().year),
        code="".join(secrets.choice(CROCKFORD) for _ in range(CODE_LENGTH)),
        issued_at=at,
        issued_by=actor.name,
    )
    file = issuer.render(notice, issue)
    session.add(_document(loan_id, notice, issue, file, actor))
    _audit(session, at, actor, part.contract_number, issue.number)
    return issue.number


def _earlier(session: Session, loan_id: int, since: date) -> tuple[str, ...]:
    """Give the notices of overdue debt since the oldest due that is still open."""
    query = (
        select(Document.number)
        .where(
            Document.loan_id == loan_id,
            Document.kind == OVERDUE_NOTICE,
            Document.period_to >= since,
        )
        .order_by(Document.id)
    )
    return tuple(session.scalars(query))


def _document(
    loan_id: int, notice: Notice, issue: Issue, file: bytes, actor: Actor
) -> Document:
    return Document(
        kind=notice.kind,
        number=issue.number,
        code=issue.code,
        loan_id=loan_id,
        period_from=min(notice.dues[0].due_date, notice.told.day),
        period_to=notice.told.day,
        known_at=issue.issued_at,
        content=dump_notice(notice),
        sha256=hashlib.sha256(file).hexdigest(),
        file=file,
        issued_at=issue.issued_at,
        issued_by=actor.user_id,
    )


def _audit(session: Session, at: datetime, actor: Actor, contract: str, number: str) -> None:
    write_audit(
        session,
        at=at,
        actor=actor.user_id,
        action="issue_notice",
        subject=("loan", contract),
        facts={"number": number},
    )
