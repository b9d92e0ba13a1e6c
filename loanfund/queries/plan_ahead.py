"""The principal still to come, as a plan that a rescheduling begins with."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.money import total
from loanfund.domain.terms import PlannedInstalment
from loanfund.models.loan import Loan
from loanfund.queries._loan_tables import schedule
from loanfund.store.loan import load_loans
from loanfund.store.setting import load_settings


def open_plan(session: Session, loan_id: int, day: date) -> tuple[PlannedInstalment, ...]:
    """Give the instalments still to come as a plan of all that is outstanding.

    What is overdue joins the first of them, so that the plan adds up.
    """
    loan = load_loans(session, load_settings(session), Loan.id == loan_id)[0]
    folded = fold_loan(loan.history(), day, loan.rule_sets)
    plan = plan_ahead(folded)
    if not plan or folded.state is None:
        return ()
    rest = folded.position().principal_outstanding - total([one.amount for one in plan])
    first, *others = plan
    return (PlannedInstalment(first.due_date, first.amount + rest), *others)


def plan_ahead(folded: FoldedLoan) -> tuple[PlannedInstalment, ...]:
    """Give the principal that falls due after the day, less what of it was paid ahead."""
    return tuple(
        PlannedInstalment(row.due_date, row.principal_ahead)
        for row in schedule(folded).rows
        if row.due_date > folded.through and row.principal_ahead
    )
