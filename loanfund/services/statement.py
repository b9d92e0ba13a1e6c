"""Issue a loan statement: compute, number, render and keep it, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.issue import Issue
from loanfund.domain.permission import Action, Actor, Grant
from loanfund.domain.plain import to_json
from loanfund.domain.statement import statement
from loanfund.domain.statement_parts import Statement
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.services._paper import Paper, issue_of, keep_paper
from loanfund.store.audit import read_head
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.number import next_number
from loanfund.store.paper import STATEMENT, fund_profile, loan_head, statement_records
from loanfund.store.request_key import KeyedRequest, first_result, keep_result, new_key
from loanfund.store.scope import seen_by
from loanfund.store.setting import load_settings

SERIES = "SK"  # sao kê


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatement:
    """A statement over value dates; left out, from the first disbursement through today."""

    contract_number: str
    period_from: date | None = None
    period_to: date | None = None
    key: str = field(default_factory=new_key)


Render = Callable[[Statement, Issue], bytes]


def issue_statement(
    session: Session, request: IssueStatement, actor: Actor, clock: Clock, render: Render
) -> str:
    """Issue a statement and give its number; the file is then served as it was kept.

    Where the last one of the period says the same, to the letter, it is that one.
    """
    seen = seen_by(actor, Action.ISSUE_PAPERS, (Grant.DOES, Grant.OWN))
    with unit_of_work(session):
        keyed = _keyed(request, actor)
        known = first_result(session, keyed)
        if known is not None:
            return str(known["number"])
        _wait_for_others(session, request.contract_number)
        loan, content = _computed(session, request, clock, seen)
        paper = _paper(loan, content)
        number = _issued_already(session, paper)
        if number is None:
            number = next_number(session, SERIES, clock.today().year)
            issue = issue_of(number, actor, clock, audited=read_head(session))
            keep_paper(session, paper, issue, render(content, issue), actor)
        keep_result(session, keyed, {"number": number}, clock.now())
    return number


def _wait_for_others(session: Session, contract_number: str) -> None:
    """Hold the loan, so that of two who ask at once the second finds the first one's paper."""
    asked = select(Loan.id).where(Loan.contract_number == contract_number)
    session.execute(asked.with_for_update(key_share=True))


def _issued_already(session: Session, paper: Paper) -> str | None:
    """Give the number of the statement that holds for this period, if it says the same."""
    query = select(Document.number, Document.content).where(
        Document.kind == STATEMENT,
        Document.loan_id == paper.loan_id,
        Document.period_from == paper.period_from,
        Document.period_to == paper.period_to,
    )
    last = session.execute(query.order_by(Document.id.desc()).limit(1)).first()
    return last.number if last and last.content == paper.content else None


def _computed(
    session: Session, request: IssueStatement, clock: Clock, seen: ColumnElement[bool]
) -> tuple[LoadedLoan, Statement]:
    period_to = request.period_to or clock.today()
    if period_to > clock.today():
        raise InvalidInputError("after_business_date", field="period_to")
    settings = load_settings(session)
    asked = Loan.contract_number == request.contract_number
    found = load_loans(session, settings, asked, seen)
    if not found:
        raise NotFoundError("loan", contract=request.contract_number)
    loan = found[0]
    head = loan_head(session, loan.id, fund_profile(settings, clock.today()))
    records = statement_records(session, loan, request.period_from)
    return loan, statement(loan.history(), head, request.period_from, period_to, records)


def _paper(loan: LoadedLoan, content: Statement) -> Paper:
    return Paper(
        kind=STATEMENT,
        loan_id=loan.id,
        period_from=content.period_from,
        period_to=content.period_to,
        content=to_json(content),
        subject=("loan", loan.contract_number),
    )


def _keyed(request: IssueStatement, actor: Actor) -> KeyedRequest:
    days = (request.period_from, request.period_to)
    payload = {
        "contract": request.contract_number,
        "period": [day.isoformat() if day else None for day in days],
    }
    return KeyedRequest(request.key, "issue_statement", payload, actor.user_id)
