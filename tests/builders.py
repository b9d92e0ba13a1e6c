"""A fund with everything in it, made by the real services: believable defaults, overrides.

fund = a_fund(session, clock)
a_source(fund, capital=1_000_000_000)
a_borrower(fund, "HTX Đồng Tâm")
a_loan(fund, "01/2020", signed_on=date(2020, 1, 10), amount=100_000_000)
repaid(fund, "01/2020", date(2020, 2, 10), 509_589)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from loanfund.clock import Clock
from loanfund.domain.borrower import BorrowerFacts
from loanfund.domain.money import Money
from loanfund.domain.permission import Actor, Role
from loanfund.domain.setting import OverdueMethod
from loanfund.domain.terms import DebtRuleSet
from loanfund.services._capital import MoveCapital, SourceFacts
from loanfund.services._contract import ContractFacts, Decide
from loanfund.services._loan_change import Recorded
from loanfund.services.borrower import register_borrower
from loanfund.services.capital import create_source, move_capital
from loanfund.services.contract import approve_contract, draft_contract
from loanfund.services.disbursement import Disburse, disburse
from loanfund.services.repayment import Repay, repay
from loanfund.services.user import AddUser, add_user, command_line
from loanfund.wording import fold

FOUNDED = date(2015, 1, 1)
A_YEAR_AT_SIX_PERCENT: dict[str, Any] = {
    "annual_rate": "6",
    "term_months": 12,
    "repayment_method": "principal_at_maturity",
}


@dataclass(frozen=True, kw_only=True)
class Fund:
    """One person of each role, and where and when they work; nobody has a password."""

    session: Session
    clock: Clock
    officer: Actor
    accountant: Actor
    manager: Actor
    admin: Actor
    auditor: Actor


def a_fund(session: Session, clock: Clock) -> Fund:
    """Add people; their addresses leave those of `Site.sign_in` free."""
    staff = (Role.OFFICER, Role.ACCOUNTANT, Role.MANAGER, Role.ADMIN, Role.AUDITOR)
    operator = command_line(session, now=clock.now())
    people = {
        role.value: add_user(
            session,
            AddUser(email=f"{role.value}@so-cu.example.vn", name=name, role=role),
            operator,
            now=clock.now(),
        )
        for role, name in zip(
            staff, ("Lê An", "Hà Bình", "Vũ Cúc", "Tạ Dần", "Ngô Én"), strict=True
        )
    }
    return Fund(session=session, clock=clock, **people)


def a_lending_fund(session: Session, clock: Clock) -> Fund:
    """Add people, a capital source and a borrower: a fund that may lend."""
    fund = a_fund(session, clock)
    a_source(fund)
    a_borrower(fund)
    return fund


def a_source(  # noqa: PLR0913 -- a source has that many sides
    fund: Fund,
    code: str = "QUY",
    *,
    capital: int = 1_000_000_000,
    bears_risk: bool = True,
    overdue_method: OverdueMethod = OverdueMethod.WHOLE_DEBT,
    debt_rule_set: DebtRuleSet = DebtRuleSet.MFI,
) -> str:
    """Add a capital source with its capital from the beginning, and give its code."""
    facts = SourceFacts(
        code=code,
        name=f"Nguồn {code}",
        bears_risk=bears_risk,
        overdue_method=overdue_method,
        debt_rule_set=debt_rule_set,
    )
    create_source(fund.session, facts, fund.accountant, fund.clock, fund.manager)
    if capital:
        capital_moved(fund, code, capital)
    return code


def capital_moved(fund: Fund, code: str, amount: int) -> None:
    """Move a source's capital from the beginning on; below nothing it is taken away."""
    moved = MoveCapital(
        source_code=code, value_date=FOUNDED, amount=Money(amount), contributor="UBND tỉnh"
    )
    move_capital(fund.session, moved, fund.accountant, fund.clock, fund.manager)


def a_borrower(fund: Fund, name: str = "HTX Đồng Tâm", **facts: Any) -> str:
    """Add a cooperative, and give its code: its folded name unless another is said."""
    code = facts.pop("code", fold(name).replace(" ", "-"))
    known = BorrowerFacts(**{"code": code, "name": name, "kind": "cooperative"} | facts)
    register_borrower(fund.session, known, fund.officer, fund.clock)
    return known.code


def a_draft(  # noqa: PLR0913 -- a contract has that many sides
    fund: Fund,
    number: str = "01/2020",
    *,
    borrower: str = "htx-dong-tam",
    source: str = "QUY",
    signed_on: date = date(2020, 1, 10),
    amount: int = 100_000_000,
    deductible_collateral: int = 0,
    **terms: Any,
) -> str:
    """Draft a contract, a year at 6 % unless `terms` say otherwise; give its number."""
    facts = ContractFacts(
        contract_number=number,
        borrower_code=borrower,
        source_code=source,
        signed_on=signed_on,
        terms={"amount": amount, **A_YEAR_AT_SIX_PERCENT, **terms},
        deductible_collateral=Money(deductible_collateral),
    )
    draft_contract(fund.session, facts, fund.officer, fund.clock)
    return number


def a_contract(fund: Fund, number: str = "01/2020", **facts: Any) -> str:
    """Add an approved contract, as `a_draft` writes it; give its number."""
    a_draft(fund, number, **facts)
    approve_contract(fund.session, Decide(contract_number=number), fund.manager, fund.clock)
    return number


def a_loan(fund: Fund, number: str = "01/2020", **facts: Any) -> str:
    """Add an approved contract that is disbursed in full on the day it is signed."""
    known = {"signed_on": date(2020, 1, 10), "amount": 100_000_000, **facts}
    a_contract(fund, number, **known)
    disbursed(fund, number, known["signed_on"], known["amount"])
    return number


def disbursed(fund: Fund, number: str, day: date, amount: int) -> Recorded:
    """Lend on an approved contract."""
    request = Disburse(contract_number=number, value_date=day, amount=Money(amount))
    return disburse(fund.session, request, fund.officer, fund.clock, fund.manager)


def repaid(fund: Fund, number: str, day: date, amount: int, **more: Any) -> Recorded:
    """Record a repayment."""
    request = Repay(contract_number=number, value_date=day, amount=Money(amount), **more)
    return repay(fund.session, request, fund.officer, fund.clock)
