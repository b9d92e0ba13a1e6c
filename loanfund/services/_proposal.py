"""The row of a proposal: what is stored of a request, and whether it is still what was seen."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock, office_day
from loanfund.domain.book_problem import WorkbookRefusedError
from loanfund.domain.errors import ConflictError, LoanFundError, NotFoundError
from loanfund.domain.permission import Action, Actor, Role
from loanfund.domain.proposal import (
    FLIPPED,
    MOVED,
    UNSEEN,
    ProposalKind,
    ProposalState,
    makers_of,
)
from loanfund.domain.seen import Seen, compared, dump_now, dump_seen, load_seen
from loanfund.domain.surplus import check_said
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.services import _loan_change
from loanfund.services._beside import Beside
from loanfund.services._book_problem import dump_problem
from loanfund.services._carrying_out import check_maker, check_possible
from loanfund.services._closing import table_fingerprint
from loanfund.services._contract import check_submittable
from loanfund.services._proposable import Proposed, read_loan_change
from loanfund.services._seen import look
from loanfund.store.fingerprint import content_hash
from loanfund.store.user import as_actor
from loanfund.wording import LANGUAGES, explain

MOST_PROBLEMS = 50  # rows of a workbook that a proposal names; the sentence tells how many


def new_row(
    session: Session, proposed: Proposed, note: str | None, actor: Actor, clock: Clock
) -> Proposal:
    """Give the row of a new proposal, at the version that stands where none was seen."""
    _check_first(session, proposed)
    check_possible(session, proposed, actor, clock)
    loan = _loan(session, proposed)
    action = _needed(session, proposed, loan, clock) if loan else proposed.action
    check_maker(actor, action)
    beside = Beside(
        session=session,
        kind=proposed.kind,
        action=action,
        payload=proposed.payload,
        loan=loan,
        maker=actor,
        clock=clock,
    )
    looked = look(beside)
    _check_shown(proposed, looked)
    seen, version = dump_seen(looked), loan.version if loan else proposed.version
    return Proposal(
        kind=proposed.kind.value,
        action=action.value,
        subject_type=proposed.subject[0],
        subject_id=proposed.subject[1],
        loan_id=loan.id if loan else None,
        payload=proposed.payload,
        payload_hash=content_hash(proposed.payload, seen, version),
        version=version,
        seen=seen,
        note=note,
        state=ProposalState.WAITING.value,
        proposed_at=clock.now(),
        proposed_by=actor.user_id,
        result={},
    )


def _check_first(session: Session, proposed: Proposed) -> None:
    """Refuse what already waits just so; two equal changes of a loan may both be meant.

    A month is closed once, whatever its totals are by now.
    """
    if proposed.kind is ProposalKind.LOAN_CHANGE:
        return
    known = select(Proposal.payload).where(
        Proposal.state == ProposalState.WAITING.value,
        Proposal.kind == proposed.kind.value,
        Proposal.subject_id == proposed.subject[1],
    )
    is_close = proposed.kind is ProposalKind.CLOSE
    if any(is_close or payload == proposed.payload for payload in session.scalars(known)):
        raise ConflictError("proposal_waiting")


def _check_shown(proposed: Proposed, looked: Seen) -> None:
    """Refuse a close of which another table stands than its maker saw."""
    if looked.locked is not None and proposed.shown != table_fingerprint(looked.locked):
        raise ConflictError("stale_table")


def _loan(session: Session, proposed: Proposed) -> Loan | None:
    """Give the loan that it is about, at the version that the maker saw."""
    if proposed.subject[0] != "loan":
        return None
    loan = session.scalar(select(Loan).where(Loan.contract_number == proposed.subject[1]))
    if loan is None:
        raise NotFoundError("loan", contract=proposed.subject[1])
    if proposed.version is not None and proposed.version != loan.version:
        raise ConflictError("stale_preview", shown=proposed.version, stands=loan.version)
    return loan


def _needed(session: Session, proposed: Proposed, loan: Loan, clock: Clock) -> Action:
    """Refuse what could not happen as things stand; give the permission that it needs."""
    if proposed.kind is not ProposalKind.LOAN_CHANGE:
        check_submittable(session, loan, clock)
        return proposed.action
    change = read_loan_change(proposed.payload, loan.version)
    seen = _loan_change.preview(session, change, clock)
    if change.must_be_meant and seen.beyond is not None and not change.meant:
        raise seen.beyond.refusal(seen.plan.new[-1].id)
    if change.must_decide:
        check_said(seen.plan.after, seen.plan.new)
    return _loan_change.proposed_action(session, loan, change, seen.closed_through)


def seen_of(row: Proposal) -> Seen | None:
    """Give what the maker saw; None of before the program kept it."""
    return None if row.seen is None else load_seen(row.seen)


def table_seen(row: Proposal) -> str | None:
    """Give the fingerprint of the table that the maker of a close saw."""
    seen = seen_of(row)
    return table_fingerprint(seen.locked) if seen and seen.locked else None


def stood_now(session: Session, row: Proposal, clock: Clock) -> dict[str, Any] | None:
    """Give what stands beside a proposal that is sent back, to be shown with what was seen."""
    then = seen_of(row)
    if then is None:
        return None
    maker = as_actor(session.get_one(User, row.proposed_by))
    now = look(beside_of(session, row, maker, clock))
    return dump_now(now, compared(then, now))


def day_of_decision(row: Proposal) -> date:
    """Give the business date on which it was decided."""
    stored = row.stood or row.seen
    return load_seen(stored).day if stored else office_day(row.proposed_at)


def beside_of(session: Session, row: Proposal, maker: Actor, clock: Clock) -> Beside:
    """Give a stored proposal with the book that it stands beside."""
    return Beside(
        session=session,
        kind=ProposalKind(row.kind),
        action=Action(row.action),
        payload=row.payload,
        loan=session.get_one(Loan, row.loan_id) if row.loan_id is not None else None,
        maker=maker,
        clock=clock,
    )


def why_back(session: Session, row: Proposal, then: Seen | None, now: Seen) -> str | None:
    """Say why a proposal is no longer what was seen; None where it is.

    What was proposed before the program kept that is decided on as things stand; but no month
    is closed of which nobody saw the table.
    """
    if row.loan_id is not None and session.get_one(Loan, row.loan_id).version != row.version:
        return MOVED
    if then is None:
        return UNSEEN if row.kind == ProposalKind.CLOSE.value else None
    found = compared(then, now)
    if found.flipped:
        return FLIPPED
    return MOVED if found.sends_back else None


def refused(error: LoanFundError) -> dict[str, Any]:
    """Give the result of what was refused: its words in every language, each bad row beside."""
    result: dict[str, Any] = {"refused": {one: explain(error, one) for one in LANGUAGES}}
    if isinstance(error, WorkbookRefusedError):
        result["problems"] = [dump_problem(one) for one in error.problems[:MOST_PROBLEMS]]
    return result


def is_orphan(session: Session, row: Proposal) -> bool:
    """Tell whether who proposed it is disabled, or may propose such a thing no more."""
    maker = session.get_one(User, row.proposed_by)
    return bool(maker.disabled_at) or Role(maker.role) not in makers_of(Action(row.action))
