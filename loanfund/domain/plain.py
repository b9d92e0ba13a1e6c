"""Values of papers as plain JSON, the same for the same values, and read back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from loanfund.domain.money import Money, Rate

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Give a value, or a dataclass of values, as JSON; `from_json` reads it back."""
    if isinstance(value, Money):
        return value.dong
    if isinstance(value, Rate):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {one.name: to_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [to_json(one) for one in value]
    return str(value) if isinstance(value, str) else value


def from_json(kind: type[T], plain: Any) -> T:
    """Read what was stored of a paper: new fields have their default, former ones are left."""
    found: T = _read(kind, plain)
    return found


def _read(kind: Any, plain: Any) -> Any:
    if get_origin(kind) is UnionType:  # something or nothing
        return None if plain is None else _read(get_args(kind)[0], plain)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], one) for one in plain)
    if isinstance(plain, Mapping):
        known = _hints(kind)
        return kind(
            **{name: _read(known[name], one) for name, one in plain.items() if name in known}
        )
    read = _READ.get(kind, kind if issubclass(kind, Enum) else None)
    return read(plain) if read else plain


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


_READ: dict[Any, Any] = {
    Money: Money,
    Rate: Rate.percent,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
