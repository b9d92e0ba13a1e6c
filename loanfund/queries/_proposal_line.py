"""How proposals are told: in a sentence or more, by an amount, and line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.report import Said

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is proposed; `before` is what stands, where that can be said.

    Of a setting, named by its key, both are its JSON values.
    """

    label: Said
    before: Any = None
    after: Any = None
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """How one kind of proposal is told: in a sentence or more, its amount, and in full."""

    says: Callable[[Session, Payload], Iterator[Said]]
    amount: Callable[[Payload], Money | None]
    lines: Callable[[Session, Payload], Iterator[Line]]


def no_amount(_payload: Payload) -> None:
    """Give the amount of what is no money."""
    return
