"""Debt groups and the provisions that they require on a day (rules §9); nothing is posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.debt_group import group_by_days
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import final_groups
from loanfund.domain.provision import LAST_OF_GENERAL, LoanAtRisk, provision
from loanfund.domain.setting import SettingBook, debt_circular
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._standing import LoanFacts, Moment, Standing, standings
from loanfund.queries.portfolio import loan_figures
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """One active loan: its own group, the final one and why, and its specific provision.

    `since` is the oldest due day still open; `held` the group that a rescheduling or waiver
    leaves; `infected_by` the loan of the borrower whose group it takes.
    """

    facts: LoanFacts
    principal_outstanding: Money
    collateral: Money
    days_past_due: int
    since: date | None
    by_days: int
    held: int
    own_group: int
    final_group: int
    infected_by: str | None
    provision: Money

    @property
    def contract_number(self) -> str:
        """The number of the contract."""
        return self.facts.contract_number

    @property
    def source(self) -> str:
        """The code of the capital source."""
        return self.facts.source

    @property
    def uncovered(self) -> Money:
        """The principal that deductible collateral does not cover."""
        return max(NOTHING, self.principal_outstanding - self.collateral)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedSource:
    """A capital source on the day: its rule set, its loans, and its general provision."""

    id: int
    code: str
    name: str
    bears_risk: bool
    rule_set: DebtRuleSet
    circular: str
    loans: tuple[Classified, ...]
    general: Money

    @property
    def general_base(self) -> Money:
        """The principal of groups 1 to 4, of which the general provision is a share."""
        owed = [one for one in self.loans if one.final_group <= LAST_OF_GENERAL]
        return total([one.principal_outstanding for one in owed])

    @property
    def specific(self) -> Money:
        """All specific provisions."""
        return total([one.provision for one in self.loans])


@dataclass(frozen=True, slots=True)
class Classification:
    """Every active loan on the day by its capital source, those by code."""

    day: date
    sources: tuple[ClassifiedSource, ...]

    @property
    def loans(self) -> tuple[Classified, ...]:
        """All of the loans."""
        return tuple(loan for source in self.sources for loan in source.loans)

    @property
    def general(self) -> Mapping[str, Money]:
        """The general provision of each source by its code."""
        return {one.code: one.general for one in self.sources}


def classification(session: Session, moment: Moment) -> Classification:
    """Classify all active loans at the end of a day; contagion looks at all of them."""
    settings = load_settings(session, moment.known_at)
    found = standings(session, settings, moment, Loan.state != "draft")
    groups = final_groups([loan_figures(one) for one in found if one.snapshot is not None])
    active = [one for one in found if one.facts.contract_number in groups]
    book = _Book(session, settings, moment.as_of, groups, _infecting(active))
    sources = session.scalars(select(CapitalSource).order_by(CapitalSource.code))
    return Classification(
        moment.as_of,
        tuple(
            book.source(source, [one for one in active if one.facts.source_id == source.id])
            for source in sources
        ),
    )


class _Book:
    """What classifying the loans of a source takes from the whole book."""

    def __init__(
        self,
        session: Session,
        settings: SettingBook,
        day: date,
        groups: Mapping[str, int],
        infecting: Mapping[tuple[int, int], str],
    ) -> None:
        rows = session.execute(select(Loan.id, Loan.deductible_collateral))
        self.collateral = {row.id: row.deductible_collateral for row in rows}
        self.settings = settings
        self.day = day
        self.groups = groups
        self.infecting = infecting

    def source(self, source: CapitalSource, own: Sequence[Standing]) -> ClassifiedSource:
        """Classify the loans of a source."""
        rule_set = DebtRuleSet(self.settings.get("debt_rule_set", self.day, source.id))
        at_risk = [
            LoanAtRisk(
                loan=one.facts.contract_number,
                principal_outstanding=one.snapshot.principal_outstanding,
                deductible_collateral=self.collateral[one.facts.id],
                final_group=self.groups[one.facts.contract_number],
            )
            for one in own
            if one.snapshot is not None
        ]
        required = provision(rule_set, at_risk, bears_risk=source.bears_risk)
        return ClassifiedSource(
            id=source.id,
            code=source.code,
            name=source.name,
            bears_risk=source.bears_risk,
            rule_set=rule_set,
            circular=debt_circular(self.settings, rule_set, self.day),
            loans=tuple(self._loan(one, rule_set, required.specific) for one in own),
            general=required.general,
        )

    def _loan(
        self, one: Standing, rule_set: DebtRuleSet, specific: Mapping[str, Money]
    ) -> Classified:
        place, facts = one.snapshot, one.facts
        assert place is not None
        assert one.own_group is not None
        final = self.groups[facts.contract_number]
        is_infected = final > one.own_group
        return Classified(
            facts=facts,
            principal_outstanding=place.principal_outstanding,
            collateral=self.collateral[facts.id],
            days_past_due=one.days_past_due,
            since=place.oldest_due if one.days_past_due else None,
            by_days=group_by_days(rule_set, one.days_past_due),
            held=place.group_floor,
            own_group=one.own_group,
            final_group=final,
            infected_by=self.infecting[facts.borrower_id, final] if is_infected else None,
            provision=specific[facts.contract_number],
        )


def _infecting(active: Sequence[Standing]) -> dict[tuple[int, int], str]:
    """Give a loan that other loans of its borrower take a group from, by both of these."""
    return {
        (one.facts.borrower_id, one.own_group or 0): one.facts.contract_number
        for one in reversed(active)
        if one.facts.bears_risk and one.snapshot and one.snapshot.principal_outstanding
    }
