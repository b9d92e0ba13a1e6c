"""Contracts from draft to approval; what then happens to the loan are events."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.db import unit_of_work
from loanfund.domain.code import check_code, fold_code
from loanfund.domain.contract import ContractAct, ContractState, complete_terms, next_state
from loanfund.domain.errors import ConflictError, NotFoundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History
from loanfund.domain.permission import Action, Actor
from loanfund.domain.terms import Terms
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.services._contract import (
    ContractFacts,
    Decide,
    approve,
    check_version,
    known_of,
    new_loan,
    sign,
    withdraw_waiting,
    write_change,
    write_line,
)
from loanfund.services._permission import allow
from loanfund.store.code import kept_code
from loanfund.store.loan import load_loans, with_holidays, write_terms
from loanfund.store.lock import lock_loan
from loanfund.store.setting import load_settings


def draft_contract(session: Session, facts: ContractFacts, actor: Actor, clock: Clock) -> Loan:
    """Add a contract as a draft; its schedule must be possible (InvalidTermsError)."""
    with unit_of_work(session):
        allow(actor, Action.DRAFT_CONTRACT)
        check_code(facts.contract_number, "contract_number")
        same = Loan.code_fold == fold_code(facts.contract_number)
        known = session.scalar(select(Loan.contract_number).where(same))
        if known is not None:
            raise ConflictError("contract_number", contract=known)
        borrower, source, terms = _parties(session, facts)
        row = new_loan(facts, terms, borrower, source.id, ContractState.DRAFT.value)
        sign(row, clock.now(), actor.user_id)
        session.add(row)
        write_line(session, "draft_contract", row, actor, clock)
    return row


def change_contract(
    session: Session, facts: ContractFacts, version: int, actor: Actor, clock: Clock
) -> Loan:
    """Change a draft; ConflictError once it is no draft, or another person was first."""
    with unit_of_work(session):
        row = lock_loan(session, facts.contract_number)
        allow(actor, Action.DRAFT_CONTRACT)
        check_version(row, version)
        before = known_of(row)
        if row.state != ContractState.DRAFT.value:
            raise ConflictError("contract_state", state=row.state, act="change")
        borrower, source, terms = _parties(session, facts)
        write_terms(row, terms)
        row.borrower_id, row.source_id = borrower.id, source.id
        row.area, row.sector = borrower.area, borrower.sector
        row.signed_on, row.purpose, row.jobs = facts.signed_on, facts.purpose, facts.jobs
        row.deductible_collateral = facts.deductible_collateral
        row.version += 1
        sign(row, clock.now(), actor.user_id)
        withdraw_waiting(session, row, actor, clock)
        write_change(session, row, before, actor, clock)
    return row


def approve_contract(session: Session, request: Decide, actor: Actor, clock: Clock) -> Loan:
    """Approve a draft that another person recorded."""
    with unit_of_work(session):
        return approve(session, request, actor, clock)


def cancel_contract(session: Session, request: Decide, actor: Actor, clock: Clock) -> Loan:
    """Cancel a contract on which nothing stands disbursed."""
    with unit_of_work(session):
        row = lock_loan(session, request.contract_number)
        allow(actor, Action.DRAFT_CONTRACT)
        check_version(row, request.version)
        state = next_state(ContractState(row.state), ContractAct.CANCEL)
        loan = load_loans(session, load_settings(session), Loan.id == row.id)[0]
        if loan.history().first_disbursement is not None:
            raise ConflictError("contract_disbursed", contract=row.contract_number)
        row.state = state.value
        row.version += 1
        withdraw_waiting(session, row, actor, clock)
        write_line(session, "cancel_contract", row, actor, clock, request.reason)
    return row


def _parties(session: Session, facts: ContractFacts) -> tuple[Borrower, CapitalSource, Terms]:
    """Find borrower and source, and complete the terms to something that can be disbursed."""
    code = kept_code(session, Borrower.code, facts.borrower_code)
    borrower = session.scalar(select(Borrower).where(Borrower.code == code))
    if borrower is None:
        raise NotFoundError("borrower", code=facts.borrower_code)
    source = session.scalar(
        select(CapitalSource).where(CapitalSource.code == facts.source_code)
    )
    if source is None:
        raise NotFoundError("capital_source", code=facts.source_code)
    settings = load_settings(session)
    terms = complete_terms(facts.terms, settings, facts.signed_on, source.id)
    placed = with_holidays(terms, settings)
    fold_loan(History(placed, ()), facts.signed_on).schedule()
    return borrower, source, terms
