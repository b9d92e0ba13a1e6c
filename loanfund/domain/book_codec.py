"""A workbook's records as plain JSON and back: one person brings them, another approves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum, StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from loanfund.domain.book import Book
from loanfund.domain.money import Money, Rate


def dump_book(book: Book) -> dict[str, Any]:
    """Give a book as plain JSON; what a record does not say is left out."""
    found: dict[str, Any] = _dump(book)
    return found


def load_book(stored: Mapping[str, Any]) -> Book:
    """Give the book that `dump_book` stored."""
    found: Book = _load(Book, stored)
    return found


_WRITE: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Money, lambda amount: amount.dong),
    (Rate, lambda rate: rate.text),
    (date, date.isoformat),
    (Enum, lambda one: one.value),
    (Mapping, lambda known: {str(key): _dump(part) for key, part in known.items()}),
    (frozenset, lambda some: sorted(map(_dump, some))),
    (tuple, lambda some: [_dump(part) for part in some]),
)
_READ: Mapping[type, Callable[[Any], Any]] = {
    Money: Money,
    Rate: Rate.percent,
    date: date.fromisoformat,
}


def _dump(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, Money | Rate):
        said = ((one.name, getattr(value, one.name)) for one in fields(value))
        return {name: _dump(part) for name, part in said if part is not None}
    write = next((one for kind, one in _WRITE if isinstance(value, kind)), None)
    return value if write is None else write(value)


def _load(kind: Any, stored: Any) -> Any:
    """Read a value of the type that a record's field says."""
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is not None:
        return _load_several(get_origin(kind), get_args(kind), stored)
    if kind in _READ:
        return _READ[kind](stored)
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        parts = {name: _load(hints[name], part) for name, part in stored.items()}
        return kind(**parts)  # type: ignore[operator]
    return kind(stored) if issubclass(kind, StrEnum) else stored


def _load_several(container: Any, kinds: tuple[Any, ...], stored: Any) -> Any:
    if container in {tuple, frozenset}:
        return container(_load(kinds[0], part) for part in stored)
    return {_load(kinds[0], key): _load(kinds[1], part) for key, part in stored.items()}


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
