"""Add the sources, movements, borrowers and contracts of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loanfund.domain.book import (
    Book,
    CapitalMovementRecord,
    ContractRecord,
    DisbursementRecord,
    ReceiptRecord,
    Record,
    RescheduleRecord,
)
from loanfund.domain.book_problem import BookProblem, ProblemCode
from loanfund.domain.borrower import FIELDS, BorrowerFacts
from loanfund.domain.contract import ContractState, complete_terms
from loanfund.domain.errors import InvalidEventError, LoanFundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History
from loanfund.domain.json_value import dump_plan
from loanfund.domain.money import NOTHING, decimal_text
from loanfund.domain.setting import SettingBook
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.services._booking import Booking
from loanfund.services._borrower import columns_of, kept_names
from loanfund.services._capital import (
    MoveCapital,
    SourceFacts,
    add_movement,
    add_source,
    beyond_capital,
)
from loanfund.services._contract import ContractFacts, new_loan, sign
from loanfund.store.ledger import least_undisbursed
from loanfund.store.lock import lock_sources
from loanfund.store.setting import load_settings


def add_sources(session: Session, fresh: Book, booking: Booking) -> dict[str, CapitalSource]:
    """Add new sources; give every source by code, held until the end."""
    for record in fresh.sources:
        facts = SourceFacts(
            code=record.code,
            name=record.name,
            bears_risk=record.bears_risk,
            overdue_method=record.overdue_method,
            debt_rule_set=record.debt_rule_set,
        )
        add_source(session, facts, booking)
    return {row.code: row for row in lock_sources(session)}


def add_movements(
    session: Session, fresh: Book, booking: Booking, sources: dict[str, CapitalSource]
) -> None:
    """Add new movements of capital, last of all: receipts wait for who holds their series."""
    for movement in fresh.movements:
        request = MoveCapital(
            source_code=movement.source,
            value_date=movement.value_date,
            amount=movement.amount,
            contributor=movement.contributor,
            note=movement.note,
        )
        add_movement(session, sources[movement.source], request, booking)


def future_rows(fresh: Book, business_date: date) -> list[BookProblem]:
    """Give what has not happened yet, whatever else is wrong with the loan that it is of."""
    dated: list[
        CapitalMovementRecord | DisbursementRecord | ReceiptRecord | RescheduleRecord
    ] = [*fresh.movements, *fresh.disbursements, *fresh.receipts, *fresh.reschedules]
    return [
        refused(one, InvalidEventError("after_business_date"))
        for one in dated
        if one.value_date > business_date
    ]


def over_capital(
    session: Session, fresh: Book, sources: dict[str, CapitalSource], today: date
) -> list[BookProblem]:
    """Give what lent or took last from every source that has now lent more than its capital.

    Only today counts: on some past day the real book may have lent ahead of its capital.
    """
    query = select(Loan.contract_number, Loan.source_id)
    source_of = {row.contract_number: row.source_id for row in session.execute(query)}
    last: dict[int, Record] = {
        sources[movement.source].id: movement
        for movement in fresh.movements
        if movement.amount.dong < 0
    }
    last |= {source_of[record.contract]: record for record in fresh.disbursements}
    problems = []
    for source_id, record in last.items():
        left = least_undisbursed(session, source_id, today)
        if left.dong < 0:
            problems.append(refused(record, beyond_capital(left)))
    return problems


def add_borrowers(session: Session, fresh: Book, booking: Booking) -> dict[str, Borrower]:
    """Add new borrowers, areas and sectors as they are kept; give every borrower by code."""
    names = kept_names(session)
    found = (
        BorrowerFacts(**{name: getattr(record, name) for name in FIELDS})
        for record in fresh.borrowers
    )
    rows = [
        Borrower(
            **columns_of(names.in_kept_spelling(facts)),
            recorded_at=booking.at,
            recorded_by=booking.actor,
            version=1,
        )
        for facts in found
    ]
    _add_rows(session, rows)
    return {row.code: row for row in session.scalars(select(Borrower))}


def add_contracts(
    session: Session,
    fresh: Book,
    booking: Booking,
    parties: tuple[dict[str, CapitalSource], dict[str, Borrower]],
) -> list[BookProblem]:
    """Add new contracts as approved by their signing; give what is wrong with terms."""
    sources, borrowers = parties
    settings = load_settings(session)
    problems, rows = [], []
    for record in fresh.contracts:
        source, borrower = sources[record.source], borrowers[record.borrower]
        try:
            loan = _loan(record, borrower, source, settings)
        except LoanFundError as error:
            problems.append(refused(record, error))
            continue
        sign(loan, booking.at, booking.actor)
        loan.approved_at = booking.at
        loan.approved_by = booking.approved_by
        rows.append(loan)
    _add_rows(session, rows)
    return problems


def _add_rows(session: Session, rows: Sequence[Borrower | Loan]) -> None:
    """Write new rows of one table in one statement; nobody needs their ids."""
    if rows:
        columns = rows[0].__table__.columns
        names = [column.key for column in columns if not column.primary_key]
        values = [{name: getattr(row, name) for name in names} for row in rows]
        statement = insert(type(rows[0])).execution_options(render_nulls=True)
        session.execute(statement, values)


def refused(record: Record, error: LoanFundError) -> BookProblem:
    """Give the problem of a record that the rules refuse."""
    return BookProblem(
        code=ProblemCode.REFUSED,
        sheet=record.place.sheet,
        row=record.place.row,
        facts={"error": error},
    )


def _loan(
    record: ContractRecord, borrower: Borrower, source: CapitalSource, settings: SettingBook
) -> Loan:
    facts = ContractFacts(
        contract_number=record.number,
        borrower_code=record.borrower,
        source_code=record.source,
        signed_on=record.signed_on,
        terms=_terms(record),
        purpose=record.purpose,
        jobs=record.jobs,
        deductible_collateral=record.deductible_collateral or NOTHING,
    )
    terms = complete_terms(facts.terms, settings, record.signed_on, source.id)
    fold_loan(History(terms, ()), record.signed_on).schedule()
    return new_loan(facts, terms, borrower, source.id, ContractState.APPROVED.value)


def _terms(record: ContractRecord) -> dict[str, Any]:
    """Give what the contract says, as rules §11 writes it; the settings fill in the rest."""
    thousandths, late = record.overdue_rate_thousandths, record.late_interest_rate
    return {
        "amount": record.amount.dong,
        "annual_rate": record.annual_rate.text,
        "term_months": record.term_months,
        "repayment_method": record.repayment_method.value,
        "principal_every_months": record.principal_every_months,
        "principal_grace_months": record.principal_grace_months,
        "interest_day": record.interest_day,
        "overdue_rate_multiplier": None
        if thousandths is None
        else decimal_text(thousandths, decimals=3),
        "late_interest_rate": None if late is None else late.text,
        "principal_rounding": record.principal_rounding,
        "principal_plan": dump_plan(record.principal_plan) or None,
        "interest_every_months": record.interest_every_months,
        "tolerance": None if record.tolerance is None else record.tolerance.dong,
        **{
            name: None if (said := getattr(record, name)) is None else said.value
            for name in ("day_count", "working_day_rule", "prepayment", "surplus")
        },
    }
