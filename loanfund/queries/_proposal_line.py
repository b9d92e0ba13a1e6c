"""How proposals are told: in a sentence or more, by an amount, and line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.proposal import ProposalState
from loanfund.domain.report import Said
from loanfund.domain.seen import load_seen
from loanfund.models.proposal import Proposal

Payload = Mapping[str, Any]
Stood = Mapping[tuple[str, str], Any] | None  # figures by `Figure.place`; None asks the book


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
    lines: Callable[[Session, Payload, Stood], Iterator[Line]]


def stood_figures(proposal: Proposal) -> Stood:
    """Give the figures that stood when it was decided; None while it waits.

    Nothing is computed anew beside a decision: what was not kept is not said.
    """
    if proposal.state == ProposalState.WAITING.value:
        return None
    stored = proposal.stood or proposal.seen
    return {one.place: one.value for one in load_seen(stored).figures} if stored else {}


def no_amount(_payload: Payload) -> None:
    """Give the amount of what is no money."""
    return
