"""What a proposal is made in the place of: the one that came back, and what is another now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.errors import NotFoundError
from loanfund.domain.permission import Actor
from loanfund.domain.proposal import ENDED_OPEN, ProposalState
from loanfund.models.proposal import Proposal
from loanfund.queries._proposal_content import CONTENTS
from loanfund.queries._proposal_line import Line
from loanfund.queries.proposal import ProposalLine, ProposalPage, proposal_page

Lines = dict[tuple[str, int], Line]
NOTE = "proposal.line.note"  # which says itself that it is made in the place of another


@dataclass(frozen=True, slots=True)
class Former:
    """The proposal before, and the lines that it had otherwise: `before` then, `after` now."""

    line: ProposalLine
    changes: tuple[Line, ...]


def former_of(session: Session, found: ProposalPage, actor: Actor) -> Former | None:
    """Give what the same maker proposed last of the same thing, and had back."""
    this = aliased(Proposal)
    query = (
        select(Proposal.id)
        .join(this, this.id == found.line.id)
        .where(
            Proposal.kind == this.kind,
            Proposal.subject_type == this.subject_type,
            Proposal.subject_id == this.subject_id,
            Proposal.proposed_by == this.proposed_by,
            Proposal.id < this.id,
            Proposal.state.in_([one.value for one in ENDED_OPEN]),
        )
        .order_by(Proposal.id.desc())
        .limit(1)
    )
    number = session.scalar(query)
    if number is None:
        return None
    try:
        former = proposal_page(session, number, actor)
    except NotFoundError:
        return None
    were, are = (_by_label(session, one) for one in (former, found))
    return Former(former.line, tuple(_changes(were, are)))


def waiting_instead(session: Session, found: ProposalPage, begins: str) -> int | None:
    """Give what the same maker proposed since, and waits: its note says that it is instead."""
    this = aliased(Proposal)
    query = (
        select(Proposal.id)
        .join(this, this.id == found.line.id)
        .where(
            Proposal.kind == this.kind,
            Proposal.proposed_by == this.proposed_by,
            Proposal.id > this.id,
            Proposal.state == ProposalState.WAITING.value,
            Proposal.note.startswith(begins, autoescape=True),
        )
    )
    return session.scalar(query.limit(1))


def _changes(were: Lines, are: Lines) -> Iterator[Line]:
    """Give the lines that differ, by their labels; one that is gone has nothing after it."""
    for label, line in (were | are).items():
        before = were[label].after if label in were else None
        after = are[label].after if label in are else None
        if before != after:
            yield Line(label=line.label, before=before, after=after, setting=line.setting)


def _by_label(session: Session, page: ProposalPage) -> Lines:
    """Give the lines by label, and which of that label each is, beside the book of now."""
    found: Lines = {}
    for line in CONTENTS[page.line.kind].lines(session, page.payload, None):
        if line.label.key != NOTE:
            of_label = sum(name == repr(line.label) for name, _ in found)
            found[repr(line.label), of_label] = line
    return found
