"""Debt groups and the provisions that they require at a month's end; nothing is posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.money import Money
from loanfund.domain.portfolio import final_groups
from loanfund.domain.provision import LoanAtRisk, Provision, provision
from loanfund.domain.setting import SettingBook
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment, Standing, standings
from loanfund.queries.portfolio import loan_figures
from loanfund.store.setting import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """One active loan: its own group, the final one, and its specific provision."""

    contract_number: str
    source: str
    principal_outstanding: Money
    days_past_due: int
    own_group: int
    final_group: int
    provision: Money


@dataclass(frozen=True, slots=True)
class Classification:
    """Every active loan on the day, and the general provision of each source by its code."""

    day: date
    loans: tuple[Classified, ...]
    general: Mapping[str, Money]


def classification(session: Session, day: date) -> Classification:
    """Classify all active loans at the end of a day, as known now (rules §9)."""
    settings = load_settings(session)
    found = standings(session, settings, Moment(day), Loan.state == "approved")
    figures = [loan_figures(one) for one in found if one.snapshot is not None]
    groups = final_groups(figures)
    active = [one for one in found if one.facts.contract_number in groups]
    rows = session.execute(select(Loan.id, Loan.deductible_collateral))
    collateral = {loan_id: amount for loan_id, amount in rows}  # noqa: C416 -- rows are no tuples
    loans: list[Classified] = []
    general = {}
    for source in session.scalars(select(CapitalSource).order_by(CapitalSource.code)):
        own = [one for one in active if one.facts.source_id == source.id]
        required = _required(settings, source, own, groups, collateral, day)
        loans += [_classified(one, groups, required) for one in own]
        general[source.code] = required.general
    return Classification(day, tuple(loans), general)


def _required(  # noqa: PLR0913, PLR0917 -- what a provision depends on
    settings: SettingBook,
    source: CapitalSource,
    own: Sequence[Standing],
    groups: Mapping[str, int],
    collateral: Mapping[int, Money],
    day: date,
) -> Provision:
    rule_set = DebtRuleSet(settings.get("debt_rule_set", day, source.id))
    at_risk = [
        LoanAtRisk(
            loan=one.facts.contract_number,
            principal_outstanding=one.snapshot.principal_outstanding,
            deductible_collateral=collateral[one.facts.id],
            final_group=groups[one.facts.contract_number],
        )
        for one in own
        if one.snapshot is not None
    ]
    return provision(rule_set, at_risk, bears_risk=source.bears_risk)


def _classified(one: Standing, groups: Mapping[str, int], required: Provision) -> Classified:
    assert one.snapshot is not None
    assert one.own_group is not None
    number = one.facts.contract_number
    return Classified(
        contract_number=number,
        source=one.facts.source,
        principal_outstanding=one.snapshot.principal_outstanding,
        days_past_due=one.days_past_due,
        own_group=one.own_group,
        final_group=groups[number],
        provision=required.specific[number],
    )
