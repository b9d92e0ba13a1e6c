"""What a close would lock: each loan with its groups and balances, each source's provisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from loanfund.domain.errors import RuleViolationError, UnreadableLoanError
from loanfund.domain.folded import fold_loan
from loanfund.domain.locked import Locked, LockedLoan, LockedSource, dump_locked
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.portfolio import LoanFigures, final_groups, overdue_and_bad
from loanfund.domain.provision import LoanAtRisk, Provision, provision
from loanfund.domain.setting import OverdueMethod, SettingBook
from loanfund.domain.snapshot import Balances, Snapshot
from loanfund.domain.terms import DebtRuleSet
from loanfund.models.capital import CapitalSource
from loanfund.models.loan import Loan
from loanfund.store.ledger import provisions_held
from loanfund.store.loan import LoadedLoan, load_loans
from loanfund.store.request_key import fingerprint
from loanfund.store.setting import load_settings

COLUMNS = [one.name for one in fields(Balances)]


@dataclass(frozen=True, slots=True)
class LoanAtClose:
    """A loan at the end of the month that is closed."""

    loan: LoadedLoan
    snapshot: Snapshot
    own_group: int | None
    final_group: int | None
    figures: LoanFigures


@dataclass(frozen=True, slots=True)
class SourceAtClose:
    """A source with its loans, what it must set aside, and what it has set aside so far."""

    source: CapitalSource
    loans: Sequence[LoanAtClose]
    required: Provision
    general_held: Money
    specific_held: Mapping[int, Money]
    overdue_method: OverdueMethod


def at_close(
    session: Session, day: date, settings: SettingBook | None = None
) -> list[SourceAtClose]:
    """Give every source by code with its loans disbursed by the day, all in one fold each.

    By the settings that are given, else by those recorded.
    """
    settings = settings or load_settings(session)
    loans = _loans(session, settings, day)
    specific, general = provisions_held(session, day)
    found = []
    for source in session.scalars(select(CapitalSource).order_by(CapitalSource.code)):
        own = [one for one in loans if one.loan.source_id == source.id]
        rule_set = DebtRuleSet(settings.get("debt_rule_set", day, source.id))
        found.append(
            SourceAtClose(
                source=source,
                loans=own,
                required=provision(rule_set, _at_risk(own), bears_risk=source.bears_risk),
                general_held=general.get(source.id, NOTHING),
                specific_held={one.loan.id: specific.get(one.loan.id, NOTHING) for one in own},
                overdue_method=OverdueMethod(settings.get("overdue_method", day, source.id)),
            )
        )
    return found


def locked_by(sources: Sequence[SourceAtClose]) -> Locked:
    """Give what closing would lock, so that it can be shown, kept and compared."""
    loans = (_locked_loan(one, own) for own in sources for one in own.loans)
    return Locked(
        tuple(sorted(loans, key=lambda one: one.contract)),
        tuple(_locked_source(one) for one in sources),
    )


def table_fingerprint(locked: Locked) -> str:
    """Give what tells the table of a close from any other: every loan, every source."""
    return fingerprint(dump_locked(locked))


def kept_columns(snapshot: Snapshot) -> Mapping[str, Any]:
    """Give what a month keeps of a loan's balances."""
    values = {name: getattr(snapshot, name) for name in COLUMNS}
    return {**values, "status": snapshot.status.value}


def _locked_loan(one: LoanAtClose, source: SourceAtClose) -> LockedLoan:
    place = one.snapshot
    interest = (place.interest_open, place.overdue_interest_open, place.late_interest_open)
    rest = {name: _plain(value) for name, value in kept_columns(place).items()}
    return LockedLoan(
        contract=one.loan.contract_number,
        source=source.source.code,
        group=one.final_group,
        principal=place.principal_outstanding,
        interest=total([*interest, place.interest_deferred]),
        specific=source.required.specific.get(one.loan.contract_number, NOTHING),
        rest=fingerprint({**rest, "own_group": one.own_group}),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.dong
    return value.isoformat() if isinstance(value, date) else value


def _locked_source(one: SourceAtClose) -> LockedSource:
    owing = [loan for loan in one.loans if loan.snapshot.principal_outstanding]
    parts = [
        overdue_and_bad(one.overdue_method, loan.figures, loan.final_group) for loan in owing
    ]
    return LockedSource(
        code=one.source.code,
        general=one.required.general,
        held=total([one.general_held, *one.specific_held.values()]),
        overdue_debt=total([overdue for overdue, _ in parts]),
        bad_debt=total([bad for _, bad in parts]),
    )


def _loans(session: Session, settings: SettingBook, day: date) -> list[LoanAtClose]:
    """Give every loan that was disbursed by the day, with its own and final group.

    A month is not closed without a loan: UnreadableLoanError names the one that cannot be read.
    """
    found: list[tuple[LoadedLoan, Snapshot, int | None, LoanFigures]] = []
    for loan in load_loans(session, settings, Loan.state == "approved"):
        try:
            snapshot = fold_loan(loan.history(), day, loan.rule_sets).snapshot()
        except RuleViolationError as error:
            named = UnreadableLoanError("loan", contract=loan.contract_number)
            raise named from error
        if snapshot is not None:
            rule_set = DebtRuleSet(settings.get("debt_rule_set", day, loan.source_id))
            own = snapshot.own_group(day, rule_set)
            found.append((loan, snapshot, own, _figures(loan, snapshot, own, day)))
    groups = final_groups([figures for *_, figures in found])
    return [
        LoanAtClose(loan, snapshot, own, groups.get(loan.contract_number), figures)
        for loan, snapshot, own, figures in found
    ]


def _figures(
    loan: LoadedLoan, snapshot: Snapshot, own_group: int | None, day: date
) -> LoanFigures:
    """Give what contagion needs to know of a loan."""
    return LoanFigures(
        loan=loan.contract_number,
        borrower=loan.borrower_id,
        source=str(loan.source_id),
        bears_risk=loan.books.bears_risk,
        principal_outstanding=snapshot.principal_outstanding,
        principal_overdue=snapshot.principal_overdue,
        interest_open=snapshot.interest_open,
        written_off_unrecovered=NOTHING,
        days_past_due=snapshot.days_past_due(day),
        own_group=own_group,
        in_freeze=snapshot.is_frozen,
    )


def _at_risk(loans: Sequence[LoanAtClose]) -> list[LoanAtRisk]:
    return [
        LoanAtRisk(
            loan=one.loan.contract_number,
            principal_outstanding=one.snapshot.principal_outstanding,
            deductible_collateral=one.loan.deductible_collateral,
            final_group=one.final_group,
        )
        for one in loans
        if one.final_group is not None
    ]
