"""The register of numbered notices: each with its number and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, select, true
from sqlalchemy.orm import Session

from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.loan import Loan
from loanfund.models.message import Dispatch, Message
from loanfund.queries._list_page import ListPage, list_page
from loanfund.queries._message_notice import STANDING
from loanfund.store.message import DELIVERED, UNSENT, WAITING

STATES = (WAITING, DELIVERED, UNSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredNotice:
    """One number that was drawn; `delivered_on` is the day on which the notice arrived.

    `paper` is the number by which the book knows its file.
    """

    paper: str
    number: str
    kind: str
    day: date
    loan_id: int
    contract_number: str
    borrower: str
    message_id: int
    channel: str
    state: str
    delivered_on: date | None


def register(session: Session, page: int = 1, state: str = "") -> ListPage[RegisteredNotice]:
    """Give a page of the numbered notices, the latest first; those of one state if named."""
    query = (
        select(
            Document.number.label("paper"),
            Dispatch.number,
            Document.kind,
            Document.period_to.label("day"),
            Document.loan_id,
            Loan.contract_number,
            Borrower.name.label("borrower"),
            Dispatch.message_id,
            Message.channel,
            STANDING.label("state"),
            case((Dispatch.state == DELIVERED, Message.delivered_on)).label("delivered_on"),
        )
        .join(Dispatch, Dispatch.document_id == Document.id)
        .join(Message, Message.id == Dispatch.message_id)
        .join(Loan, Loan.id == Document.loan_id)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .where(Dispatch.state == state if state else true())
        .order_by(Document.id.desc())
    )
    return list_page(session, query, RegisteredNotice, page)
