"""What every report is asked, and the money that moved on loans in its period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.account import Transaction
from loanfund.domain.errors import InvalidInputError, NotFoundError
from loanfund.domain.folded import FoldedLoan, fold_loan
from loanfund.domain.report import Column, Kind, Said
from loanfund.domain.setting import SettingBook
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.models.user import User
from loanfund.queries._month import may_move
from loanfund.queries._standing import LoanFacts, Moment, loan_facts
from loanfund.store.loan import LoadedLoan, RecordedEvent, load_loans
from loanfund.store.unreadable import leaving_out
from loanfund.wording.order import sort_key

NUMBER = Column("number", Kind.NUMBER)
TOTAL = Said("report.total")
DIMENSIONS = ("source", "area", "sector")

T = TypeVar("T", bound="OfLoan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked: the days [first, as_of], what was known, and of what.

    `source` empty asks for all capital; `by` is what loans are grouped by.
    """

    first: date
    as_of: date
    known_at: datetime | None = None
    source: str = ""
    by: str = "source"
    account: str = ""
    group: int | None = None

    @property
    def moment(self) -> Moment:
        """The end of the period."""
        return Moment(self.as_of, self.known_at)

    @property
    def before(self) -> Moment:
        """The end of the day before the period."""
        return Moment(self.first - timedelta(days=1), self.known_at)

    def wants(self, facts: LoanFacts) -> bool:
        """Say whether a loan is of the capital that was asked for."""
        return self.source in {"", facts.source}


@dataclass(frozen=True, slots=True)
class MovedLoan:
    """A loan on which anything may have moved in the period, folded through its end."""

    facts: LoanFacts
    loaded: LoadedLoan
    folded: FoldedLoan


@dataclass(frozen=True, slots=True)
class Flow:
    """A transaction of the period with its event; credit that was applied has none."""

    facts: LoanFacts
    recorded: RecordedEvent | None
    row: Transaction


def check_question(session: Session, question: Question) -> None:
    """Refuse a period that ends before it begins, and a source that there is not."""
    if question.as_of < question.first:
        raise InvalidInputError("period_backwards", field="first")
    known = select(CapitalSource.id).where(CapitalSource.code == question.source)
    if question.source and session.scalar(known) is None:
        raise NotFoundError("capital_source", code=question.source)


def moved_loans(
    session: Session, settings: SettingBook, question: Question
) -> Iterator[MovedLoan]:
    """Fold, one after the other, the loans that were not over before the period."""
    conditions: list[Any] = [Loan.state != "draft"]
    if question.known_at is None:
        conditions.append(may_move(question.first))
    facts = {one.id: one for one in loan_facts(session, question.moment, *conditions)}
    for loan in load_loans(session, settings, *conditions, known_at=question.known_at):
        if question.wants(facts[loan.id]):
            folded = None
            with leaving_out(session, loan):
                folded = fold_loan(loan.history(), question.as_of, loan.rule_sets)
            if folded is not None:
                yield MovedLoan(facts[loan.id], loan, folded)


def flows_of(moved: MovedLoan, question: Question) -> Iterator[Flow]:
    """Give the loan's transactions of the period."""
    recorded = {one.event.id: one for one in moved.loaded.recorded}
    for row in moved.folded.transactions():
        if question.first <= row.value_date <= question.as_of:
            event = None if row.event is None else recorded[row.event]
            yield Flow(moved.facts, event, row)


def all_flows(session: Session, settings: SettingBook, question: Question) -> list[Flow]:
    """Give all transactions of the period, by day, those of one day by contract."""
    flows = [
        flow
        for moved in moved_loans(session, settings, question)
        for flow in flows_of(moved, question)
    ]
    return sorted(
        flows, key=lambda flow: (flow.row.value_date, sort_key(flow.facts.contract_number))
    )


class OfLoan(Protocol):
    """Anything that says of which loan it is."""

    @property
    def facts(self) -> LoanFacts: ...


def by_source(found: Iterable[T]) -> dict[str, list[T]]:
    """Group what is of loans by the code of their source, in the order of codes."""
    groups: dict[str, list[T]] = {}
    for one in found:
        groups.setdefault(one.facts.source, []).append(one)
    return dict(sorted(groups.items(), key=lambda item: sort_key(item[0])))


def dimension(facts: LoanFacts, by: str) -> str:
    """Give what a loan is grouped by; empty where its contract does not say."""
    return getattr(facts, by) or ""


def dimension_order(names: Iterable[str]) -> list[str]:
    """Give names as people list them; loans without one come last, never dropped."""
    return sorted(set(names), key=lambda name: (not name, sort_key(name)))


def named(name: str) -> str | Said:
    """Give a name, or that there is none."""
    return name or Said("report.none")


def user_names(session: Session) -> Mapping[int, str]:
    """Give everybody's name by id."""
    return {row.id: row.name for row in session.execute(select(User.id, User.name))}


def source_names(session: Session) -> Sequence[tuple[str, str]]:
    """Give code and name of every capital source, by code."""
    query = select(CapitalSource.code, CapitalSource.name).order_by(CapitalSource.code)
    return [(row.code, row.name) for row in session.execute(query)]
