"""Whether the audit log is what was written into it, line by line (security S-43)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.audit_chain import Answer, ChainBreak, Head, Typed, chain_breaks
from loanfund.models.audit import AuditLine
from loanfund.store.audit import chained_lines, read_head


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """The head of the log as it stands, everything that is wrong with it, and typed heads."""

    head: Head
    breaks: tuple[ChainBreak, ...]
    typed: tuple[Typed, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong, and what was printed is as it was."""
        return not self.breaks and all(one.answer is Answer.SAME for one in self.typed)


def check_chain(session: Session, printed: Sequence[Head] = ()) -> ChainCheck:
    """Follow the chain through the whole log, and compare it with heads taken down before."""
    head, typed = read_head(session), tuple(Typed(one) for one in printed)
    breaks = tuple(chain_breaks(chained_lines(session), head, typed))
    return ChainCheck(head, breaks, typed)


def head_of_log(session: Session) -> Head:
    """Give the last line of the log and its hash."""
    return read_head(session)


def head_at_close(session: Session, month_end: date) -> Head | None:
    """Give the line that closed a month, as the minutes of the close show it."""
    closing = (
        select(AuditLine.id, AuditLine.hash)
        .where(AuditLine.action == "close_month", AuditLine.object_id == month_end.isoformat())
        .order_by(AuditLine.id.desc())
        .limit(1)
    )
    found = session.execute(closing).one_or_none()
    return None if found is None else Head(*found)
