"""Loans from rows: contracts with their events as the domain reads them, in two queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from loanfund.domain.calendar import DayCount
from loanfund.domain.codec import EVENT_FIELDS, dump_plan, parse_event, parse_order, parse_plan
from loanfund.domain.debt_group import RuleSets
from loanfund.domain.errors import RuleViolationError, UnreadableLoanError
from loanfund.domain.event import Event
from loanfund.domain.history import History, read_history
from loanfund.domain.money import Money
from loanfund.domain.posting import Books
from loanfund.domain.setting import SettingBook
from loanfund.domain.terms import (
    DebtRuleSet,
    Prepayment,
    RepaymentMethod,
    Surplus,
    Terms,
    WorkingDayRule,
)
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan, LoanEvent


class RecordedEvent(NamedTuple):
    """An event with what its row says beyond the domain: voucher, people, instants."""

    row_id: int
    sequence: int
    type: str
    value_date: date
    number: str | None
    payer: str | None
    reference: str | None
    note: str | None
    recorded_at: datetime
    recorded_by: int
    approved_by: int | None
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedLoan:
    """A contract and its events as known at an instant, ready for the fold.

    Where what is stored does not read back, `fault` says so, and whoever asks for the terms or
    the history is refused with it.
    """

    id: int
    contract_number: str
    borrower_id: int
    source_id: int
    state: str
    version: int
    reconciled_through: date | None
    deductible_collateral: Money
    area: str | None
    sector: str | None
    books: Books
    rule_sets: RuleSets
    terms_read: Terms | None
    recorded: list[RecordedEvent] = field(default_factory=list)
    fault: UnreadableLoanError | None = None

    @property
    def terms(self) -> Terms:
        """The terms as signed."""
        if self.terms_read is None or self.fault is not None:
            raise self.fault or UnreadableLoanError("terms", contract=self.contract_number)
        return self.terms_read

    @property
    def events(self) -> list[Event]:
        """The events in the order recorded."""
        return [one.event for one in self.recorded]

    def history(self) -> History:
        """Read the events into the history that counts."""
        return read_history(self.terms, self.events)


def load_loans(
    session: Session,
    settings: SettingBook,
    *conditions: ColumnElement[bool],
    known_at: datetime | None = None,
) -> list[LoadedLoan]:
    """Give the loans that satisfy all conditions on `Loan`, by id, as known at an instant."""
    return list(each_loan(session, settings, *conditions, known_at=known_at))


def each_loan(
    session: Session,
    settings: SettingBook,
    *conditions: ColumnElement[bool],
    known_at: datetime | None = None,
) -> Iterator[LoadedLoan]:
    """Give the same one by one, so that of very many no more than one need be held."""
    query = (
        select(Loan, CapitalSource.bears_risk)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(*conditions)
        .order_by(Loan.id)
    )
    if known_at is not None:
        query = query.where(Loan.recorded_at <= known_at)
    loans = session.execute(query).all()
    rows = _event_rows(session, conditions, known_at) if loans else {}
    for loan, bears_risk in loans:
        loaded = _loaded(loan, settings, bears_risk=bears_risk)
        try:
            loaded.recorded.extend(_recorded(rows.pop(loan.id, ())))
        except UnreadableLoanError as error:
            error.facts["contract"] = loan.contract_number
            loaded = replace(loaded, fault=error)
        yield loaded


def _event_rows(
    session: Session, conditions: Iterable[ColumnElement[bool]], known_at: datetime | None
) -> dict[int, list[Any]]:
    query = (
        select(LoanEvent.loan_id, cast(LoanEvent.payload, Text), *_EVENT_COLUMNS)
        .join(Loan, Loan.id == LoanEvent.loan_id)
        .where(*conditions)
        .order_by(LoanEvent.loan_id, LoanEvent.sequence)
    )
    if known_at is not None:
        query = query.where(LoanEvent.recorded_at <= known_at, Loan.recorded_at <= known_at)
    rows: Iterable[Any] = session.execute(query)
    return {loan_id: list(own) for loan_id, own in groupby(rows, key=itemgetter(0))}


def _recorded(rows: Sequence[Any]) -> list[RecordedEvent]:
    """Read a loan's events; the payloads are one JSON text, for one call of the parser."""
    try:
        payloads = json.loads(f"[{','.join([row[1] for row in rows])}]")
        return [
            RecordedEvent._make([*told, parse_event(payload)])
            for (_, _, *told), payload in zip(rows, payloads, strict=True)
        ]
    except UNREADABLE:
        raise _unreadable(rows) from None


def _unreadable(rows: Sequence[Any]) -> UnreadableLoanError:
    """Name the first event that does not read back, as its row has it."""
    for _, payload, *told in rows:
        try:
            parse_event(json.loads(payload))
        except UNREADABLE:
            _, _, typed, day, number, *_ = told
            kind = typed if typed in EVENT_FIELDS else "unknown"
            return UnreadableLoanError("event", number=number, event_type=kind, event_day=day)
    return UnreadableLoanError("events")


# What reading back something of another kind comes to.
UNREADABLE = (RuleViolationError, ValueError, TypeError, LookupError)


# As `RecordedEvent` has them.
_EVENT_COLUMNS = (
    LoanEvent.id,
    LoanEvent.sequence,
    LoanEvent.type,
    LoanEvent.value_date,
    LoanEvent.number,
    LoanEvent.payer,
    LoanEvent.reference,
    LoanEvent.note,
    LoanEvent.recorded_at,
    LoanEvent.recorded_by,
    LoanEvent.approved_by,
)


def _loaded(loan: Loan, settings: SettingBook, *, bears_risk: bool) -> LoadedLoan:
    rule_sets = [
        (day, DebtRuleSet(value))
        for day, value in settings.dated("debt_rule_set", loan.source_id)
    ]
    terms, fault = None, None
    try:
        terms = with_holidays(read_terms(loan), settings)
    except UNREADABLE:
        fault = UnreadableLoanError("terms", contract=loan.contract_number)
    return LoadedLoan(
        id=loan.id,
        contract_number=loan.contract_number,
        borrower_id=loan.borrower_id,
        source_id=loan.source_id,
        state=loan.state,
        version=loan.version,
        reconciled_through=loan.reconciled_through,
        deductible_collateral=loan.deductible_collateral,
        area=loan.area,
        sector=loan.sector,
        books=Books(bears_risk=bears_risk),
        rule_sets=rule_sets,
        terms_read=terms,
        fault=fault,
    )


def with_holidays(terms: Terms, settings: SettingBook) -> Terms:
    """Give the terms with the listed holidays, where due dates move to working days."""
    if terms.working_day_rule is not WorkingDayRule.FOLLOWING:
        return terms
    listed = settings.get("holidays", date.max)
    return replace(terms, holidays=frozenset(date.fromisoformat(day) for day in listed))


def read_terms(loan: Loan) -> Terms:
    """Give the terms that a contract's row says, without holidays."""
    return Terms(
        amount=loan.amount,
        annual_rate=loan.annual_rate,
        term_months=loan.term_months,
        repayment_method=RepaymentMethod(loan.repayment_method),
        interest_day=loan.interest_day,
        interest_every_months=loan.interest_every_months,
        principal_every_months=loan.principal_every_months,
        principal_grace_months=loan.principal_grace_months,
        principal_rounding=loan.principal_rounding,
        principal_plan=parse_plan(loan.plans["principal_plan"]),
        day_count=DayCount(loan.day_count),
        overdue_rate_thousandths=loan.overdue_rate_thousandths,
        late_interest_rate=loan.late_interest_rate,
        working_day_rule=WorkingDayRule(loan.working_day_rule),
        prepayment=Prepayment(loan.prepayment),
        surplus=Surplus(loan.surplus),
        tolerance=loan.tolerance,
        edition=loan.edition,
        allocation_order=parse_order(loan.plans["allocation_order"]),
        allocation_order_overdue=parse_order(loan.plans["allocation_order_overdue"]),
    )


def write_terms(loan: Loan, terms: Terms) -> None:
    """Set the columns of a contract from its terms; `read_terms` undoes it."""
    for name in _SCALARS:
        setattr(loan, name, getattr(terms, name))
    for name in _NAMED:
        setattr(loan, name, getattr(terms, name).value)
    loan.plans = {
        "principal_plan": dump_plan(terms.principal_plan),
        "allocation_order": [part.value for part in terms.allocation_order],
        "allocation_order_overdue": [part.value for part in terms.allocation_order_overdue],
    }


_SCALARS = (
    "amount",
    "annual_rate",
    "term_months",
    "interest_day",
    "interest_every_months",
    "principal_every_months",
    "principal_grace_months",
    "principal_rounding",
    "overdue_rate_thousandths",
    "late_interest_rate",
    "tolerance",
    "edition",
)
_NAMED = ("repayment_method", "day_count", "working_day_rule", "prepayment", "surplus")
