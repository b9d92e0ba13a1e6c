"""Write contracts; shared by their own service and the import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.code import fold_code
from loanfund.domain.codec import dump_terms
from loanfund.domain.contract import ContractAct, ContractState, next_state
from loanfund.domain.errors import ConflictError, OverDisbursementError, PermissionDeniedError
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Actor, Grant, check
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.domain.terms import Terms, check_terms
from loanfund.models.borrower import Borrower
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.services._capital import beyond_capital
from loanfund.store.audit import write_audit
from loanfund.store.ledger import least_undisbursed, promised_capital
from loanfund.store.loan import read_terms, write_terms
from loanfund.store.lock import lock_loan
from loanfund.wording import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFacts:
    """A contract as typed; `terms` are fields of rules §11, settings give those left out."""

    contract_number: str
    borrower_code: str
    source_code: str
    signed_on: date
    terms: Mapping[str, Any]
    purpose: str | None = None
    jobs: int | None = None
    deductible_collateral: Money = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """An approval or a cancellation of the contract at the version that was shown."""

    contract_number: str
    version: int | None = None
    reason: str | None = None


def new_loan(
    facts: ContractFacts, terms: Terms, borrower: Borrower, source_id: int, state: str
) -> Loan:
    """Give the row of a new contract; area and sector are the borrower's at signing."""
    loan = Loan(
        contract_number=facts.contract_number,
        code_fold=fold_code(facts.contract_number),
        folded_number=fold(facts.contract_number),
        borrower_id=borrower.id,
        source_id=source_id,
        signed_on=facts.signed_on,
        state=state,
        purpose=facts.purpose,
        area=borrower.area,
        sector=borrower.sector,
        jobs=facts.jobs,
        deductible_collateral=facts.deductible_collateral,
        version=1,
    )
    write_terms(loan, terms)
    return loan


def sign(loan: Loan, at: datetime, maker: int) -> None:
    """Say who recorded a contract, and when."""
    loan.recorded_at = at
    loan.recorded_by = maker


def approve(session: Session, request: Decide, actor: Actor, clock: Clock) -> Loan:
    """Approve a draft that another person recorded, inside the caller's unit of work."""
    row = lock_loan(session, request.contract_number)
    check(actor, Action.APPROVE_CONTRACT, Grant.APPROVES)
    if row.recorded_by == actor.user_id:
        raise PermissionDeniedError("maker_is_checker", action="approve_contract")
    check_version(row, request.version)
    check_terms(read_terms(row))
    _check_room(session, row, clock)
    row.state = next_state(ContractState(row.state), ContractAct.APPROVE).value
    row.approved_by = actor.user_id
    row.approved_at = clock.now()
    row.version += 1
    write_line(session, "approve_contract", row, actor, clock)
    return row


def check_submittable(session: Session, row: Loan, clock: Clock) -> None:
    """Refuse to submit what is no draft, what the rules do not allow, or more than is left.

    A draft may be older than the rules in force; the source must be able to lend it today.
    """
    if row.state != ContractState.DRAFT.value:
        raise ConflictError("contract_state", state=row.state, act="submit")
    check_terms(read_terms(row))
    _check_room(session, row, clock)


def _check_room(session: Session, row: Loan, clock: Clock) -> None:
    """Refuse more than a source can lend today beside what it promised in other contracts."""
    left = least_undisbursed(session, row.source_id, clock.today())
    promised = promised_capital(session, row.source_id, row.id)
    if row.amount > left:
        raise beyond_capital(left)
    if row.amount > left - promised:
        room = max(left - promised, NOTHING)
        raise OverDisbursementError("over_promised", left=room, promised=promised)


def withdraw_waiting(session: Session, row: Loan, actor: Actor, clock: Clock) -> None:
    """Take back what still waits about a contract that is no longer what was submitted."""
    waiting = select(Proposal).where(
        Proposal.loan_id == row.id,
        Proposal.kind == ProposalKind.CONTRACT.value,
        Proposal.state == ProposalState.WAITING.value,
    )
    for proposal in session.scalars(waiting.with_for_update()):
        proposal.state = ProposalState.WITHDRAWN.value
        proposal.decided_at, proposal.decided_by = clock.now(), actor.user_id
        write_audit(
            session,
            at=clock.now(),
            actor=actor.user_id,
            action="withdraw_proposal",
            subject=("proposal", proposal.id),
            facts={"subject": ["loan", row.contract_number]},
        )


def known_of(row: Loan) -> dict[str, Any]:
    """Give what a contract says, as its audit lines tell it."""
    return {
        **dump_terms(read_terms(row)),
        "borrower": row.borrower_id,
        "source": row.source_id,
        "signed_on": row.signed_on.isoformat(),
        "purpose": row.purpose,
        "jobs": row.jobs,
        "deductible_collateral": row.deductible_collateral.dong,
    }


def write_change(
    session: Session, row: Loan, before: Mapping[str, Any], actor: Actor, clock: Clock
) -> None:
    """Write the audit line of a changed draft: what is new, and what that was before."""
    after = known_of(row)
    was = {name: one for name, one in before.items() if one != after[name]}
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action="change_contract",
        subject=("loan", row.contract_number),
        facts={**{name: after[name] for name in was}, "before": was},
    )


def check_version(row: Loan, version: int | None) -> None:
    """Refuse when somebody else changed the contract meanwhile."""
    if version is not None and version != row.version:
        raise ConflictError("stale", shown=version, stands=row.version)


def write_line(  # noqa: PLR0913, PLR0917 - a line has that many columns
    session: Session,
    action: str,
    row: Loan,
    actor: Actor,
    clock: Clock,
    reason: str | None = None,
) -> None:
    """Write the audit line of an act on a contract, with its terms as they are then."""
    write_audit(
        session,
        at=clock.now(),
        actor=actor.user_id,
        action=action,
        subject=("loan", row.contract_number),
        facts={"state": row.state, "terms": dump_terms(read_terms(row)), "reason": reason},
    )
