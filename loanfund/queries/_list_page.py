"""One page of a long list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

PAGE_LENGTH = 50

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Line]):
    """The lines of a page, which one it is, of how many, and how many lines there are."""

    lines: tuple[Line, ...]
    page: int
    pages: int
    count: int


def list_page(
    session: Session, query: Select[*tuple[Any, ...]], make: Callable[..., Line], page: int
) -> ListPage[Line]:
    """Give a page of what a query finds, the last where there are not so many."""
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    count = session.scalar(counted) or 0
    pages = max(1, -(-count // PAGE_LENGTH))
    shown = min(page, pages)
    rows = session.execute(query.limit(PAGE_LENGTH).offset((shown - 1) * PAGE_LENGTH))
    return ListPage(tuple(make(**row) for row in rows.mappings()), shown, pages, count)
