"""Whose loans somebody may see: the one condition under which every page finds anything.

A loan, receipt, statement or notice is looked for together with this condition, so that what
belongs to another borrower is exactly as unknown as what does not exist.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, true
from sqlalchemy.orm import aliased

from loanfund.domain.account import LoanStatus
from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch

DELIVERED = "delivered"
WHO_SEES = (Grant.DOES, Grant.READS, Grant.OWN)


def seen_by(
    actor: Actor, action: Action = Action.SEE_LOANS, enough: tuple[Grant, ...] = WHO_SEES
) -> ColumnElement[bool]:
    """Give the condition on `Loan` that leaves what this person may see, or refuse the person.

    The borrower is the one that the signed-in user stands for, never one that a request names.
    A cooperative sees its contracts from the day they are approved; and who stands for none,
    sees none.
    """
    if check(actor, action, *enough) is not Grant.OWN:
        return true()
    if actor.borrower_id is None:
        raise NotFoundError("loan")
    return and_(Loan.borrower_id == actor.borrower_id, Loan.state == LoanStatus.APPROVED.value)


def papers_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Give the condition on `Loan` and `Document` for papers, or refuse the person.

    A cooperative sees of numbered notices those that reached it.
    """
    condition = seen_by(actor, Action.ISSUE_PAPERS)
    if actor.borrower_id is None:
        return condition
    notice = aliased(Dispatch)  # whoever asks may join it for the number
    unsent = exists().where(notice.document_id == Document.id, notice.state != DELIVERED)
    return and_(condition, ~unsent.correlate(Document))  # where dispatches are joined too
