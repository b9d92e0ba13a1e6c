"""A proposal with the book that it stands beside, for whoever asks about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.folded import fold_loan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Action, Actor
from loanfund.domain.proposal import ProposalKind
from loanfund.domain.setting import SettingBook
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalMovement, CapitalSource
from loanfund.models.loan import Loan
from loanfund.services._proposable import read_movement
from loanfund.store.ledger import least_undisbursed, promised_capital
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.setting import load_settings


@dataclass(frozen=True)
class Beside:
    """A proposal with the book that it stands beside; what several need is read once."""

    session: Session
    kind: ProposalKind
    action: Action
    payload: Mapping[str, Any]
    loan: Loan | None
    maker: Actor
    clock: Clock

    @property
    def today(self) -> date:
        """The day on which it is looked at."""
        return self.clock.today()

    @cached_property
    def settings(self) -> SettingBook:
        """All settings."""
        return load_settings(self.session)

    @cached_property
    def of_borrower(self) -> list[LoadedLoan]:
        """All approved loans of the loan's borrower."""
        assert self.loan is not None
        own = (Loan.borrower_id == self.loan.borrower_id, Loan.state == "approved")
        return load_loans(self.session, self.settings, *own)

    def left(self, source_id: int, since: date) -> Money:
        """Give what a source has left to lend on every day from one on."""
        return least_undisbursed(self.session, source_id, since)


def taken(beside: Beside) -> tuple[int, date, Money] | None:
    """Give from which source money goes, from which day on, and how much."""
    if beside.kind is ProposalKind.CAPITAL_MOVEMENT:
        source_id, day, amount = moved(beside)
        return (source_id, day, -amount) if amount.dong < 0 else None
    loan = beside.loan
    assert loan is not None
    if beside.kind is ProposalKind.CONTRACT:
        return loan.source_id, beside.today, loan.amount
    lent = [one for one in beside.payload["events"] if one["type"] == "disbursement"]
    if not lent:
        return None
    day = date.fromisoformat(lent[0]["date"])
    return loan.source_id, day, Money(sum(one["amount"] for one in lent))


def promised_elsewhere(beside: Beside) -> Money:
    """Give what of a contract's source other contracts were approved for and wait to get."""
    loan = beside.loan
    if loan is None or beside.kind is not ProposalKind.CONTRACT:
        return NOTHING
    return promised_capital(beside.session, loan.source_id, loan.id)


def moved(beside: Beside) -> tuple[int, date, Money]:
    """Give the source, the day and the amount of a movement of capital."""
    payload = beside.payload
    if "reverses" in payload:
        old = beside.session.get_one(CapitalMovement, payload["reverses"])
        return old.source_id, old.value_date, -old.amount
    request = read_movement(payload)
    query = select(CapitalSource.id).where(CapitalSource.code == request.source_code)
    return beside.session.scalars(query).one(), request.value_date, request.amount


def other_debts(beside: Beside) -> Iterator[tuple[Money, Money, int, int]]:
    """Give of each other loan of the borrower: owed, to pay, its group, days past due."""
    assert beside.loan is not None
    for one in beside.of_borrower:
        if one.id == beside.loan.id:
            continue
        snapshot = fold_loan(one.history(), beside.today, one.rule_sets).snapshot()
        if snapshot is None:
            continue
        rule_set = DebtRuleSet(
            beside.settings.get("debt_rule_set", beside.today, one.source_id)
        )
        yield (
            snapshot.principal_outstanding,
            snapshot.to_pay(beside.today).amount,
            snapshot.own_group(beside.today, rule_set) or 0,
            snapshot.days_past_due(beside.today),
        )


def month_end_of(beside: Beside) -> date:
    """Give the last day of the month that is to be closed."""
    return date.fromisoformat(beside.payload["month_end"])
