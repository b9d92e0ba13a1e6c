"""Statements: one number for one paper, whoever asks and when."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from loanfund.clock import FixedClock
from loanfund.db import make_sessions
from loanfund.models.document import Document
from loanfund.services.statement import IssueStatement, issue_statement
from tests.builders import a_loan
from tests.services.at_once import at_once
from tests.services.conftest import a_lender
from tests.services.derived import count_of

LOAN = "01/2020"


def test_one_statement_asked_for_by_many_at_once_has_one_number(
    own_engine: Engine, clock: FixedClock
) -> None:
    with make_sessions(own_engine)() as session:
        fund = a_lender(session, clock)
        a_loan(fund, LOAN)

    def asked(session: Session) -> str:
        request = IssueStatement(contract_number=LOAN)
        return issue_statement(session, request, fund.officer, clock, lambda *_: b"%PDF")

    numbers = at_once(own_engine, [asked] * 4)

    assert numbers == ["SK-2020/000001"] * 4
    with make_sessions(own_engine)() as session:
        assert count_of(session, Document) == 1
