"""Where loans stand on a day: from the cache while it holds, else from the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from loanfund.domain.folded import fold_loan
from loanfund.domain.money import Money, Rate
from loanfund.domain.setting import SettingBook
from loanfund.domain.snapshot import Snapshot
from loanfund.domain.terms import DebtRuleSet
from loanfund.domain.to_pay import ToPay
from loanfund.models.borrower import Borrower
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.store.loan import each_loan
from loanfund.store.position import read_positions
from loanfund.store.unreadable import leaving_out, left_out


@dataclass(frozen=True, slots=True)
class Moment:
    """The day asked about, and the instant by which things were known; None is now."""

    as_of: date
    known_at: datetime | None = None


class LoanFacts(NamedTuple):
    """What a list shows of a contract beside its balances."""

    id: int
    contract_number: str
    folded_number: str
    borrower_id: int
    borrower: str
    folded_borrower: str
    source_id: int
    source: str
    bears_risk: bool
    state: str
    signed_on: date
    amount: Money
    annual_rate: Rate
    area: str | None
    sector: str | None
    purpose: str | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A contract and where it stands; without a snapshot nothing was disbursed by the day.

    Nothing is known of one that is unreadable.
    """

    facts: LoanFacts
    as_of: date
    snapshot: Snapshot | None = None
    days_past_due: int = 0
    own_group: int | None = None
    is_unreadable: bool = False

    @cached_property
    def to_pay(self) -> ToPay:
        """What is to be paid on the day."""
        place = self.snapshot
        return place.to_pay(self.as_of) if place is not None else ToPay(day=self.as_of)


def standings(
    session: Session,
    settings: SettingBook,
    moment: Moment,
    *conditions: ColumnElement[bool],
) -> list[Standing]:
    """Give every loan that satisfies the conditions on `Loan`, by id, as it stood.

    One that cannot be read has no snapshot, and is named among those left out.
    """
    facts = loan_facts(session, moment, *conditions)
    snapshots = _cached(session, moment, conditions)
    missing = [loan.id for loan in facts if loan.id not in snapshots]
    if missing:
        few = len(missing) <= MANY
        narrowed = (Loan.id.in_(missing),) if few else conditions
        snapshots = {**_folded(session, settings, moment, narrowed), **snapshots}
    rule_sets = _rule_sets(settings, {loan.source_id for loan in facts}, moment.as_of)
    broken = {one.loan_id for one in left_out(session)} - snapshots.keys()
    return [
        Standing(facts=loan, as_of=moment.as_of, is_unreadable=True)
        if loan.id in broken
        else _standing(loan, snapshots.get(loan.id), rule_sets[loan.source_id], moment.as_of)
        for loan in facts
    ]


MANY = 500  # beyond this a list of ids is longer than the question it narrows


def _standing(
    facts: LoanFacts, snapshot: Snapshot | None, rule_set: DebtRuleSet, as_of: date
) -> Standing:
    if snapshot is None:
        return Standing(facts=facts, as_of=as_of)
    return Standing(
        facts=facts,
        as_of=as_of,
        snapshot=snapshot,
        days_past_due=snapshot.days_past_due(as_of),
        own_group=snapshot.own_group(as_of, rule_set),
    )


def _rule_sets(
    settings: SettingBook, source_ids: set[int], as_of: date
) -> Mapping[int, DebtRuleSet]:
    return {
        source_id: DebtRuleSet(settings.get("debt_rule_set", as_of, source_id))
        for source_id in source_ids
    }


def _cached(
    session: Session, moment: Moment, conditions: Sequence[ColumnElement[bool]]
) -> dict[int, Snapshot]:
    """Give the cached positions that hold on the day; what was known earlier is not cached."""
    if moment.known_at is not None:
        return {}
    found = read_positions(session, *conditions)
    return {
        loan_id: one
        for loan_id, one in found.items()
        if one.as_of <= moment.as_of <= one.valid_through
    }


def _folded(
    session: Session,
    settings: SettingBook,
    moment: Moment,
    conditions: Sequence[ColumnElement[bool]],
) -> dict[int, Snapshot]:
    snapshots = {}
    for loan in each_loan(session, settings, *conditions, known_at=moment.known_at):
        with leaving_out(session, loan):
            snapshot = fold_loan(loan.history(), moment.as_of, loan.rule_sets).snapshot()
            if snapshot is not None:
                snapshots[loan.id] = snapshot
    return snapshots


def loan_facts(
    session: Session, moment: Moment, *conditions: ColumnElement[bool]
) -> list[LoanFacts]:
    """Give the contracts known at the moment that satisfy the conditions on `Loan`, by id."""
    query = (
        select(  # in the order of the facts
            Loan.id,
            Loan.contract_number,
            Loan.folded_number,
            Loan.borrower_id,
            Borrower.name.label("borrower"),
            Borrower.folded_name.label("folded_borrower"),
            Loan.source_id,
            CapitalSource.code.label("source"),
            CapitalSource.bears_risk,
            Loan.state,
            Loan.signed_on,
            Loan.amount,
            Loan.annual_rate,
            Loan.area,
            Loan.sector,
            Loan.purpose,
        )
        .join(Borrower, Borrower.id == Loan.borrower_id)
        .join(CapitalSource, CapitalSource.id == Loan.source_id)
        .where(*conditions)
        .order_by(Loan.id)
    )
    if moment.known_at is not None:
        query = query.where(Loan.recorded_at <= moment.known_at)
    return [LoanFacts._make(row) for row in session.execute(query)]
