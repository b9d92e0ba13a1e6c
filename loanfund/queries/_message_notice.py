"""The numbered notices of messages, as lists and pages name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, select

from loanfund.models.document import Document
from loanfund.models.message import Dispatch, Message
from loanfund.store.message import TO_APPROVE, TO_SIGN, WAITING

# What became of a notice, and how far it is where it is to be signed first; asks for both rows.
STANDING = case(
    (and_(Dispatch.state == WAITING, Message.state.in_((TO_APPROVE, TO_SIGN))), Message.state),
    else_=Dispatch.state,
)


@dataclass(frozen=True, slots=True)
class MessageNotice:
    """A notice: the number on it, what became of it, and by which number the book knows it."""

    number: str
    state: str
    paper: str


def notices_of_messages() -> Select[*tuple[Any, ...]]:
    """Give every notice with its message's id before it, in the order of their numbers."""
    return (
        select(Dispatch.message_id, Dispatch.number, Dispatch.state, Document.number)
        .join(Document, Document.id == Dispatch.document_id)
        .order_by(Document.id)
    )
