"""Letters on their way: those that wait to be printed, batches, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from loanfund.domain.errors import NotFoundError
from loanfund.models.borrower import Borrower
from loanfund.models.document import Document
from loanfund.models.message import Dispatch, LetterBatch, Message
from loanfund.models.user import User
from loanfund.queries._message_notice import MessageNotice, notices_of_messages
from loanfund.store.message import PRINTED


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLetter:
    """One letter of a batch, with its notices; it may also have plain pages."""

    message_id: int
    borrower: str
    address: str | None
    channel: str
    state: str
    delivered_on: date | None
    remark: str | None
    notices: tuple[MessageNotice, ...]

    @property
    def is_open(self) -> bool:
        """Whether nobody has said yet what became of it."""
        return self.state == PRINTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Letters that were printed in one go."""

    id: int
    printed_on: date
    printed_at: datetime
    printed_by: str
    letters: tuple[PrintedLetter, ...]

    @property
    def open_letters(self) -> tuple[PrintedLetter, ...]:
        """Those of which nobody has said yet what became of them."""
        return tuple(one for one in self.letters if one.is_open)


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch of which some letters are printed, and neither handed over nor discarded."""

    id: int
    printed_at: datetime
    letters: int


def open_batches(session: Session) -> tuple[OpenBatch, ...]:
    """Give the batches that wait for somebody to say what became of them, oldest first."""
    query = (
        select(LetterBatch.id, LetterBatch.printed_at, func.count(Message.id))
        .join(Message, Message.batch_id == LetterBatch.id)
        .where(Message.state == PRINTED)
        .group_by(LetterBatch.id, LetterBatch.printed_at)
        .order_by(LetterBatch.id)
    )
    return tuple(OpenBatch(*row) for row in session.execute(query))


def letter_batch(session: Session, batch_id: int) -> Batch:
    """Give a batch with its letters."""
    found = session.execute(
        select(LetterBatch, User.name)
        .join(User, User.id == LetterBatch.printed_by)
        .where(LetterBatch.id == batch_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError("letters")
    notices = _notices(session, batch_id)
    query = (
        select(Message, Borrower.name, Borrower.address)
        .join(Borrower, Borrower.id == Message.borrower_id)
        .where(Message.batch_id == batch_id)
        .order_by(Message.id)
    )
    letters = tuple(
        PrintedLetter(
            message_id=row.Message.id,
            borrower=row.name,
            address=row.address,
            channel=row.Message.channel,
            state=row.Message.state,
            delivered_on=row.Message.delivered_on,
            remark=row.Message.remark,
            notices=tuple(notices.get(row.Message.id, ())),
        )
        for row in session.execute(query)
    )
    batch = found.LetterBatch
    return Batch(
        id=batch.id,
        printed_on=batch.printed_on,
        printed_at=batch.printed_at,
        printed_by=found.name,
        letters=letters,
    )


def letter_files(session: Session, batch_id: int) -> list[bytes]:
    """Give the files of a batch as they were printed: a letter's plain pages, its notices."""
    notices = _files(session, batch_id)
    query = (
        select(Message)
        .options(undefer(Message.file))
        .where(Message.batch_id == batch_id)
        .order_by(Message.id)
    )
    files = []
    for message in session.scalars(query):
        files += [message.file] if message.file else []
        files += notices.get(message.id, [])
    if not files:
        raise NotFoundError("letters")
    return files


def _notices(session: Session, batch_id: int) -> dict[int, list[MessageNotice]]:
    """Give the notices of each letter, in the order in which they are numbered."""
    query = (
        notices_of_messages()
        .join(Message, Message.id == Dispatch.message_id)
        .where(Message.batch_id == batch_id)
    )
    found: dict[int, list[MessageNotice]] = {}
    for message_id, *notice in session.execute(query):
        found.setdefault(message_id, []).append(MessageNotice(*notice))
    return found


def _files(session: Session, batch_id: int) -> dict[int, list[bytes]]:
    """Give the files of the notices of each letter, in the same order."""
    query = (
        select(Dispatch.message_id, Document.file)
        .join(Document, Document.id == Dispatch.document_id)
        .join(Message, Message.id == Dispatch.message_id)
        .where(Message.batch_id == batch_id)
        .order_by(Document.id)
    )
    found: dict[int, list[bytes]] = {}
    for message_id, file in session.execute(query):
        found.setdefault(message_id, []).append(file)
    return found
