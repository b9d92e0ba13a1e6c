"""The numbered notices of messages, as lists and pages name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from loanfund.models.document import Document
from loanfund.models.message import Dispatch


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
