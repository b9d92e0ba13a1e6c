"""Monthly statements: one for every loan with anything to state, each issued once."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from loanfund import failpoint
from loanfund.db import read_session
from loanfund.documents.layout import imprint
from loanfund.documents.statement import render_statement
from loanfund.domain.account import LoanStatus
from loanfund.domain.errors import LoanFundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.issue import Issue
from loanfund.domain.statement_parts import Statement
from loanfund.jobs.running import Work
from loanfund.models.loan import Loan
from loanfund.services.job import Report
from loanfund.services.statement import IssueStatement, issue_statement
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.request_key import ProgramKey
from loanfund.store.setting import load_settings


def statements(work: Work) -> Report:
    """Issue the slot's month of every loan; what was issued is not issued again."""
    report = Report()
    first = work.slot.replace(day=1)
    with read_session(work.sessions) as session:
        loans = _with_business(session, first, work.slot, report)

    def render(found: Statement, issue: Issue) -> bytes:
        return render_statement(found, imprint(issue, work.world.base_url))

    for number, (loan_id, contract) in enumerate(loans, start=1):
        request = IssueStatement(
            contract_number=contract,
            period_from=first,
            period_to=work.slot,
            key=ProgramKey.of("statement", loan_id, f"{work.slot:%Y-%m}"),
        )
        try:
            with work.sessions() as session:
                issue_statement(session, request, work.actor, work.clock, render)
        except LoanFundError as error:
            report.fail(contract, error)
        else:
            report.done += 1
        work.progress(number, len(loans))
        failpoint.reach("between_items")
    report.result = {"month": f"{work.slot:%Y-%m}"}
    return report


def _with_business(
    session: Session, first: date, last: date, report: Report
) -> list[tuple[int, str]]:
    """Give the loans that owed something at the end of the month, or moved within it."""
    settings = load_settings(session)
    found = []
    for loan in load_loans(session, settings, Loan.state == "approved"):
        try:
            if _has_business(loan, first, last):
                found.append((loan.id, loan.contract_number))
        except LoanFundError as error:
            report.fail(loan.contract_number, error)
    return found


def _has_business(loan: LoadedLoan, first: date, last: date) -> bool:
    folded = fold_loan(loan.history(), last, loan.rule_sets)
    if folded.state is None:
        return False
    is_active = folded.position().status is LoanStatus.ACTIVE
    return is_active or any(first <= row.value_date for row in folded.transactions())
