"""A contract before anything is lent: its schedule from its terms alone, and what to check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.codec import dump_terms
from loanfund.domain.contract import FROM_SETTINGS, complete_terms
from loanfund.domain.errors import NotFoundError
from loanfund.domain.folded import fold_loan
from loanfund.domain.history import History
from loanfund.domain.json_value import FIRST_YEAR, LAST_YEAR
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.plausible import OddTerm, odd_terms
from loanfund.domain.projection import ScheduleRow
from loanfund.domain.proposal import ProposalKind, ProposalState
from loanfund.domain.setting import SettingBook
from loanfund.domain.terms import Terms
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.proposal import Proposal
from loanfund.models.user import User
from loanfund.queries._loan_row import LoanRow, Plain
from loanfund.queries._standing import Moment
from loanfund.queries.borrower import loans_of
from loanfund.store.code import kept_code
from loanfund.store.ledger import least_undisbursed, promised_capital
from loanfund.store.loan import read_terms, with_holidays
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True)
class Filled:
    """A term that the contract leaves to the settings of its signing day."""

    name: str
    value: Any
    since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The schedule as if all were lent on the day of signing, and where terms come from."""

    terms: Terms
    rows: tuple[ScheduleRow, ...]
    filled: tuple[Filled, ...]

    @property
    def odd(self) -> tuple[OddTerm, ...]:
        """The terms that nobody means, as a rule."""
        return odd_terms(self.terms)

    @property
    def interest(self) -> Money:
        """All interest of the schedule."""
        return total([row.interest for row in self.rows])

    @property
    def principal(self) -> Money:
        """All principal of the schedule."""
        return total([row.principal for row in self.rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRoom:
    """What a source can lend today; `promised` of it is approved elsewhere and not yet lent."""

    code: str
    name: str
    undisbursed: Money
    promised: Money

    def left_after(self, amount: Money) -> Money:
        """Give what would be left to lend."""
        return self.undisbursed - self.promised - amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowerDebt:
    """What a borrower owes already, this contract aside."""

    id: int
    code: str
    name: str
    loans: int
    outstanding: Money
    overdue: Money
    days_past_due: int
    others: tuple[LoanRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of the last time that a contract was submitted."""

    proposal_id: int
    state: ProposalState
    at: datetime
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPage:
    """A contract as its people see it before it is disbursed."""

    id: int
    contract_number: str
    state: str
    version: int
    signed_on: date
    borrower: BorrowerDebt
    source: SourceRoom
    terms: Mapping[str, Any]
    quote: Quote
    purpose: str | None
    jobs: int | None
    deductible_collateral: Money
    recorded_by: str
    submitted: Submitted | None

    @property
    def is_draft(self) -> bool:
        """Say whether it can still be changed."""
        return self.state == "draft"

    @property
    def is_waiting(self) -> bool:
        """Say whether it waits for a manager."""
        return self.submitted is not None and self.submitted.state is ProposalState.WAITING


def quote(
    session: Session, given: Mapping[str, Any], signed_on: date, source_code: str
) -> Quote:
    """Give the schedule of these terms and nothing else; InvalidTermsError names the field."""
    settings = load_settings(session)
    source_id = _source(session, source_code).id
    terms = with_holidays(complete_terms(given, settings, signed_on, source_id), settings)
    written = dump_terms(terms)
    filled = tuple(
        Filled(name, written[name], _since(settings, name, signed_on, source_id))
        for name in FROM_SETTINGS
        if given.get(name) is None
    )
    rows = fold_loan(History(terms, ()), signed_on).schedule()
    return Quote(terms=terms, rows=tuple(rows), filled=filled)


def source_room(session: Session, code: str, day: date, but: int | None = None) -> SourceRoom:
    """Give what a source has left on a day; `but` is a contract not to count."""
    source = _source(session, code)
    return SourceRoom(
        code=source.code,
        name=source.name,
        undisbursed=least_undisbursed(session, source.id, day),
        promised=promised_capital(session, source.id, but),
    )


def borrower_debt(
    session: Session, code: str, day: date, but: int | None = None
) -> BorrowerDebt:
    """Give what a borrower owes, however its code is spelled; NotFoundError for none."""
    kept = kept_code(session, Borrower.code, code)
    row = session.scalar(select(Borrower).where(Borrower.code == kept))
    if row is None:
        raise NotFoundError("borrower", code=code)
    ended = {Plain.CLOSED, Plain.CANCELLED}
    loans = [one for one in loans_of(session, row.id, Moment(day)) if one.facts.id != but]
    return BorrowerDebt(
        id=row.id,
        code=row.code,
        name=row.name,
        loans=sum(one.plain not in ended for one in loans),
        others=tuple(one for one in loans if one.plain not in ended),
        outstanding=total([one.outstanding for one in loans]),
        overdue=total([one.overdue_principal for one in loans]),
        days_past_due=max((one.days_past_due for one in loans), default=0),
    )


def contract_page(session: Session, loan_id: int, day: date) -> ContractPage:
    """Give a contract; NotFoundError where there is none."""
    query = (
        select(Loan, Borrower.code, CapitalSource.code, User.name)
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .join(User, User.id == Loan.recorded_by)
        .where(Loan.id == loan_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFoundError("loan")
    loan, borrower, source, by = found
    terms = dump_terms(read_terms(loan))
    del terms["holidays"], terms["debt_rule_set"]
    return ContractPage(
        id=loan.id,
        contract_number=loan.contract_number,
        state=loan.state,
        version=loan.version,
        signed_on=loan.signed_on,
        borrower=borrower_debt(session, borrower, day, loan.id),
        source=source_room(session, source, day, loan.id),
        terms=terms,
        quote=quote(session, terms, loan.signed_on, source),
        purpose=loan.purpose,
        jobs=loan.jobs,
        deductible_collateral=loan.deductible_collateral or NOTHING,
        recorded_by=by,
        submitted=submitted(session, loan.id),
    )


def sources_by_code(session: Session) -> tuple[tuple[str, str], ...]:
    """Give the sources that can lend, by code."""
    query = select(CapitalSource.code, CapitalSource.name).order_by(CapitalSource.code)
    return tuple((row.code, row.name) for row in session.execute(query))


def last_number(session: Session, source_code: str | None = None) -> str | None:
    """Give the greatest number of the latest year that contracts are numbered by."""
    query = select(Loan.contract_number).join(CapitalSource).order_by(Loan.id)
    if source_code:
        query = query.where(CapitalSource.code == source_code)
    return max(session.scalars(query), key=_counted, default=None)


def _counted(number: str) -> tuple[int, int]:
    """Give the year that a number names, and its place in it: `44/2020/HĐTD` is 2020, 44."""
    figures = [int(one) for one in re.findall(r"\d{1,9}", number)]
    years = [one for one in figures if FIRST_YEAR <= one <= LAST_YEAR]
    places = [one for one in figures if one not in years]
    return max(years, default=0), max(places[:1], default=0)


def _source(session: Session, code: str) -> CapitalSource:
    source = session.scalar(select(CapitalSource).where(CapitalSource.code == code))
    if source is None:
        raise NotFoundError("capital_source", code=code)
    return source


def _since(settings: SettingBook, name: str, day: date, source_id: int) -> date | None:
    """Give since when a setting holds: the source's own, else the fund's."""
    own = settings.since(name, day, source_id)
    return own or settings.since(name, day)


def submitted(session: Session, loan_id: int) -> Submitted | None:
    """Give when a contract was last submitted, and what became of it."""
    query = (
        select(Proposal, User.name)
        .join(User, User.id == Proposal.proposed_by)
        .where(Proposal.loan_id == loan_id, Proposal.kind == ProposalKind.CONTRACT.value)
        .order_by(Proposal.id.desc())
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, by = found
    return Submitted(
        proposal_id=row.id,
        state=ProposalState(row.state),
        at=row.proposed_at,
        by=by,
        reason=row.reason,
    )
