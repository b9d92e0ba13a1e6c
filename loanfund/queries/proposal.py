"""What waits for a second person, what became of it, and all that one proposal asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from loanfund.domain.errors import NotFoundError
from loanfund.domain.money import Money
from loanfund.domain.permission import TABLE, Action, Actor, Grant, Role, grant
from loanfund.domain.proposal import ENDED_OPEN, ProposalKind, ProposalState, makers_of
from loanfund.domain.report import Said
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.queries._proposal_content import CONTENTS
from loanfund.queries._proposal_line import Line, Payload, stood_figures
from loanfund.queries._proposal_reader import approved_by, proposed_by, reads_all, reads_loans
from loanfund.queries._taken_up import is_taken_up

A_PAGE = 30

_Row = Row[Proposal, int, str, str, datetime | None, bool, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLine:
    """One proposal: what it does, about what, by whom, since when, and what became of it."""

    id: int
    kind: ProposalKind
    action: Action
    subject: tuple[str, str]
    loan_id: int | None
    borrower: str | None
    says: tuple[Said, ...]
    amount: Money | None
    note: str | None
    state: ProposalState
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    is_own: bool
    may_approve: bool
    may_propose: bool
    is_orphan: bool
    maker_is_confirmed: bool

    @property
    def can_decide(self) -> bool:
        """Whether it waits for the person who reads."""
        return self._waits_for_others and self.may_approve and not self.is_orphan

    @property
    def can_adopt(self) -> bool:
        """Whether the person who reads may propose it in the place of a maker who is gone."""
        return self._waits_for_others and self.may_propose and self.is_orphan

    @property
    def _waits_for_others(self) -> bool:
        return self.state is ProposalState.WAITING and not self.is_own

    @property
    def can_make_again(self) -> bool:
        """Whether the person who reads made it, had it back, and may propose such a thing."""
        return self.state in ENDED_OPEN and self.is_own and self.may_propose


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """A proposal in full; `has_moved` where its subject is no longer as the maker saw it.

    `is_unseen` where it was made before the program kept what its maker saw.
    """

    line: ProposalLine
    lines: tuple[Line, ...]
    payload: Payload
    payload_hash: str
    has_moved: bool
    is_unseen: bool
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A page of what was decided, the latest first."""

    lines: tuple[ProposalLine, ...]
    page: int
    pages: int
    total: int


def waiting_proposals(session: Session, actor: Actor) -> tuple[ProposalLine, ...]:
    """Give what waits, the oldest first, of what the actor decides, made or may read."""
    condition = Proposal.state == ProposalState.WAITING.value
    query = _lines(_listed(actor), condition).order_by(Proposal.proposed_at, Proposal.id)
    return tuple(_line(session, row, actor) for row in session.execute(query))


def decided_proposals(session: Session, actor: Actor, page: int = 1) -> Decided:
    """Give what was decided, a page at a time."""
    conditions = (_listed(actor), Proposal.state != ProposalState.WAITING.value)
    total = session.scalar(select(func.count()).select_from(Proposal).where(*conditions)) or 0
    pages = max(1, -(-total // A_PAGE))
    page = min(max(1, page), pages)
    query = (
        _lines(*conditions)
        .order_by(Proposal.decided_at.desc(), Proposal.id.desc())
        .limit(A_PAGE)
        .offset((page - 1) * A_PAGE)
    )
    lines = tuple(_line(session, row, actor) for row in session.execute(query))
    return Decided(lines=lines, page=page, pages=pages, total=total)


def returned_proposals(
    session: Session, actor: Actor, since: datetime, begins: tuple[str, str]
) -> tuple[ProposalLine, ...]:
    """Give what came back to its maker since an instant and was not taken up."""
    query = _lines(
        Proposal.state == ProposalState.RETURNED.value,
        Proposal.proposed_by == actor.user_id,
        Proposal.decided_at >= since,
        ~is_taken_up(begins),
    ).order_by(Proposal.decided_at.desc(), Proposal.id.desc())
    return tuple(_line(session, row, actor) for row in session.execute(query))


def count_to_decide(session: Session, actor: Actor) -> int:
    """Count what waits for this person."""
    if not actor.is_confirmed:
        return 0
    return session.scalar(_to_decide(actor.role), {"person": actor.user_id}) or 0


@cache  # every page of every person asks it
def _to_decide(role: Role) -> Select[int]:
    return (
        select(func.count())
        .select_from(Proposal)
        .where(
            Proposal.state == ProposalState.WAITING.value,
            Proposal.action.in_(approved_by(role)),
            Proposal.proposed_by != bindparam("person"),
            ~_is_orphan(),
        )
    )


def waiting_for_loan(session: Session, loan_id: int, actor: Actor) -> tuple[ProposalLine, ...]:
    """Give what waits for a decision about a loan; nothing for its borrower."""
    if not reads_loans(actor):
        return ()
    condition = Proposal.state == ProposalState.WAITING.value
    query = _lines(condition, Proposal.loan_id == loan_id).order_by(Proposal.id)
    return tuple(_line(session, row, actor) for row in session.execute(query))


def proposal_page(session: Session, proposal_id: int, actor: Actor) -> ProposalPage:
    """Give a proposal; one that does not concern the actor is as unknown as a missing one."""
    row = session.execute(_lines(Proposal.id == proposal_id)).one_or_none()
    if row is None or not _may_read(row.Proposal, actor):
        raise NotFoundError("proposal")
    proposal: Proposal = row.Proposal
    content = CONTENTS[ProposalKind(proposal.kind)]
    has_moved = row.version is not None and row.version != proposal.version
    return ProposalPage(
        line=_line(session, row, actor),
        lines=tuple(content.lines(session, proposal.payload, stood_figures(proposal))),
        payload=proposal.payload,
        payload_hash=proposal.payload_hash,
        has_moved=has_moved and proposal.state != ProposalState.APPROVED.value,
        is_unseen=proposal.seen is None,
        result=proposal.result,
    )


def _may_read(proposal: Proposal, actor: Actor) -> bool:
    """Tell whom it concerns: maker, deciders, those who see the loan, and auditors."""
    if proposal.proposed_by == actor.user_id or reads_all(actor):
        return True
    if proposal.loan_id is not None and reads_loans(actor):
        return True
    action = Action(proposal.action)
    return actor.role in makers_of(action) or grant(actor.role, action) is Grant.APPROVES


def _listed(actor: Actor) -> ColumnElement[bool]:
    """What a person's list holds: what they decide, made, or may make their own.

    All for an auditor.
    """
    if reads_all(actor):
        return Proposal.id.is_not(None)
    own = Proposal.proposed_by == actor.user_id
    adopted = and_(
        Proposal.state == ProposalState.WAITING.value,
        Proposal.action.in_(proposed_by(actor)),
        _is_orphan(),
    )
    return or_(own, Proposal.action.in_(approved_by(actor.role)), adopted)


@cache
def _is_orphan() -> ColumnElement[bool]:
    """Who made it is disabled, or may no longer propose such a thing."""
    maker = aliased(User)
    of_makers: dict[frozenset[Role], list[str]] = {}
    for action in TABLE:
        of_makers.setdefault(makers_of(action), []).append(action.value)
    may_not = [
        and_(Proposal.action.in_(actions), maker.role.not_in([one.value for one in roles]))
        for roles, actions in of_makers.items()
    ]
    gone = or_(maker.disabled_at.is_not(None), *may_not)
    return select(maker.id).where(maker.id == Proposal.proposed_by, gone).exists()


def _lines(
    *conditions: ColumnElement[bool],
) -> Select[Proposal, int, str, str, datetime | None, bool, str]:
    maker, decider = aliased(User), aliased(User)
    return (
        select(
            Proposal,
            Loan.version.label("version"),
            Borrower.name.label("borrower"),
            maker.name.label("maker"),
            maker.unconfirmed_since,
            _is_orphan().label("is_orphan"),
            decider.name.label("decider"),
        )
        .join(maker, maker.id == Proposal.proposed_by)
        .outerjoin(decider, decider.id == Proposal.decided_by)
        .outerjoin(Loan, Loan.id == Proposal.loan_id)
        .outerjoin(Borrower, Borrower.id == Loan.borrower_id)
        .where(*conditions)
    )


def _line(session: Session, row: _Row, actor: Actor) -> ProposalLine:
    proposal: Proposal = row.Proposal
    kind, action = ProposalKind(proposal.kind), Action(proposal.action)
    content = CONTENTS[kind]
    return ProposalLine(
        id=proposal.id,
        kind=kind,
        action=action,
        subject=(proposal.subject_type, proposal.subject_id),
        loan_id=proposal.loan_id,
        borrower=row.borrower,
        says=tuple(content.says(session, proposal.payload)),
        amount=content.amount(proposal.payload),
        note=proposal.note,
        state=ProposalState(proposal.state),
        proposed_at=proposal.proposed_at,
        proposed_by=row.maker,
        decided_at=proposal.decided_at,
        decided_by=row.decider,
        reason=proposal.reason,
        is_own=proposal.proposed_by == actor.user_id,
        may_approve=grant(actor.role, action) is Grant.APPROVES and actor.is_confirmed,
        may_propose=actor.role in makers_of(action),
        is_orphan=row.is_orphan,
        maker_is_confirmed=row.unconfirmed_since is None,
    )
