"""Issue the notices that go with a message: numbered, rendered and kept, in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.calendar import next_working_day
from loanfund.domain.folded import fold_loan
from loanfund.domain.issue import Issue
from loanfund.domain.letter import Cited, Letter, LoanPart
from loanfund.domain.notice import (
    OVERDUE_NOTICE,
    Notice,
    dump_notice,
    notice_of,
    written_number,
)
from loanfund.domain.permission import Actor
from loanfund.models.document import Document
from loanfund.models.message import Dispatch, Message
from loanfund.services._left_to_say import LeftToSay
from loanfund.services._paper import Paper, issue_of, keep_paper
from loanfund.store.loan import LoadedLoan
from loanfund.store.message import DELIVERED, UNSENT, WAITING, holidays, waiting_dispatches
from loanfund.store.number import draw, written
from loanfund.store.setting import load_settings

SERIES = "TB"  # thông báo
NUMBER_PATTERN = "notice_number"

Render = Callable[[Notice, Issue], bytes]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues notices, by which clock, and how they become files."""

    actor: Actor
    clock: Clock
    render: Render


def issue_notices(
    session: Session, message: Message, left: LeftToSay, issuer: Issuer
) -> list[Document]:
    """Give the notices that go with a message; the unit of work is the caller's.

    What was numbered for an earlier try goes again while it says the same; else a new number is
    drawn, and the earlier one is not sent.
    """
    earlier = {
        paper.loan_id: (dispatch, paper)
        for dispatch, paper in waiting_dispatches(session, message.id)
    }
    papers = []
    for loan_id, notice in _asked_for(session, left):
        _, known = earlier.get(loan_id, (None, None))
        if known is not None and known.content == dump_notice(notice):
            del earlier[loan_id]
            papers.append(known)
        else:
            papers.append(_issued(session, message, loan_id, notice, issuer))
    for dispatch, _ in earlier.values():
        dispatch.state, dispatch.settled_at = UNSENT, issuer.clock.now()
    return papers


def _asked_for(session: Session, left: LeftToSay) -> Iterator[tuple[int, Notice]]:
    """Give the notice of each loan that gets one, with its id."""
    told = left.told
    settings = load_settings(session, keys=("notice_days", "holidays"))
    days: int = settings.get("notice_days", told.day)
    deadline = next_working_day(told.day + timedelta(days=days), holidays(settings))
    for part in told.loans:
        owed = left.noticed.get(part.contract_number)
        if owed is not None:
            yield owed.loan.id, _notice(session, told, part, owed.loan, deadline)


def _notice(
    session: Session, told: Letter, part: LoanPart, loan: LoadedLoan, deadline: date
) -> Notice:
    folded = fold_loan(loan.history(), told.day, loan.rule_sets)
    notice = notice_of(told, part, folded, deadline)
    if notice.kind != OVERDUE_NOTICE:
        return notice
    earlier = _delivered(session, loan.id, notice.dues[0].due_date)
    return replace(notice, loan=replace(part, notice=len(earlier) + 1, earlier=earlier))


def _delivered(session: Session, loan_id: int, since: date) -> tuple[Cited, ...]:
    """Give the notices of overdue debt that arrived since the oldest due that is still open."""
    query = (
        select(Dispatch.number, Document.period_to)
        .join(Dispatch, Dispatch.document_id == Document.id)
        .where(
            Document.loan_id == loan_id,
            Document.kind == OVERDUE_NOTICE,
            Document.period_to >= since,
            Dispatch.state == DELIVERED,
        )
        .order_by(Document.id)
    )
    return tuple(Cited(one.number, one.period_to) for one in session.execute(query))


def _issued(
    session: Session, message: Message, loan_id: int, notice: Notice, issuer: Issuer
) -> Document:
    clock, actor = issuer.clock, issuer.actor
    day = clock.today()
    (place,) = draw(session, SERIES, day.year)
    pattern = load_settings(session, keys=(NUMBER_PATTERN,)).get(NUMBER_PATTERN, day)
    number = written_number(pattern, place, day.year)
    issue = issue_of(written(SERIES, day.year, place), actor, clock)
    file = issuer.render(notice, replace(issue, number=number))
    paper = keep_paper(session, _paper(loan_id, notice, number), issue, file, actor)
    session.flush()
    dispatch = Dispatch(
        document_id=paper.id,
        message_id=message.id,
        year=day.year,
        number=number,
        state=WAITING,
    )
    session.add(dispatch)
    return paper


def _paper(loan_id: int, notice: Notice, number: str) -> Paper:
    return Paper(
        shown_number=number,
        kind=notice.kind,
        loan_id=loan_id,
        period_from=min(notice.dues[0].due_date, notice.told.day),
        period_to=notice.told.day,
        content=dump_notice(notice),
        subject=("loan", notice.loan.contract_number),
    )
