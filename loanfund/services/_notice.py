"""Issue the notices that go with a message: numbered, rendered and kept, in its transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.issue import Issue
from loanfund.domain.notice import OVERDUE_NOTICE, Notice, dump_notice
from loanfund.domain.permission import Actor
from loanfund.domain.reminder import Letter, LoanPart
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.services._paper import Paper, issue_of, keep_paper
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
    issue = issue_of(next_number(session, SERIES, clock.today().year), actor, clock)
    file = issuer.render(notice, issue)
    keep_paper(session, _paper(loan_id, notice), issue, file, actor)
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


def _paper(loan_id: int, notice: Notice) -> Paper:
    return Paper(
        kind=notice.kind,
        loan_id=loan_id,
        period_from=min(notice.dues[0].due_date, notice.told.day),
        period_to=notice.told.day,
        content=dump_notice(notice),
        subject=("loan", notice.loan.contract_number),
    )
