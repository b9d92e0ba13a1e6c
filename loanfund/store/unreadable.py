"""Loans that cannot be read: left out of what is read of many, and named beside it.

One row that somebody broke by hand must not take the other loans' figures away. Whoever reads
many loans leaves such a one out; the session remembers which, so that every page, report and
job that sums over the others can say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from loanfund.domain.errors import RuleViolationError

_NOTED = "unreadable_loans"


class Numbered(Protocol):
    """A loan by its id and its contract's number."""

    @property
    def id(self) -> int: ...

    @property
    def contract_number(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A loan that was left out, and why it cannot be read."""

    loan_id: int
    contract_number: str
    error: RuleViolationError


@contextmanager
def leaving_out(session: Session, loan: Numbered) -> Iterator[None]:
    """Leave a loan out where its history cannot be read or folded, and note it."""
    try:
        yield
    except RuleViolationError as error:
        noted = session.info.setdefault(_NOTED, {})
        noted[loan.id] = Unreadable(loan.id, loan.contract_number, error)


def left_out(session: Session) -> tuple[Unreadable, ...]:
    """Give the loans that what this session read leaves out, by their ids."""
    noted: dict[int, Unreadable] = session.info.get(_NOTED, {})
    return tuple(noted[loan_id] for loan_id in sorted(noted))
