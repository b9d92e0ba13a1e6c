"""What stands in the database, and everything that follows from it, to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loanfund.domain.portfolio import portfolio_json
from loanfund.domain.simulation import view
from loanfund.models.base import Base
from loanfund.models.ledger import LedgerEntry
from loanfund.models.loan import Loan
from loanfund.queries._standing import Moment
from loanfund.queries.loan import contract_numbers, loan_at
from loanfund.queries.portfolio import portfolio_at
from loanfund.queries.verify import Difference, verify
from tests.builders import Fund

Json = dict[str, Any]
AccountsByDay = dict[tuple[str | None, date, str], int]

# 100 million at 7.3 % bear 20,000 đồng a day in term, and 30,000 once overdue.
AT_20_000_A_DAY: dict[str, Any] = {"annual_rate": "7.3"}

SOURCE_FIGURES = (
    "capital",
    "outstanding",
    "loans",
    "undisbursed",
    "overdue_principal",
    "interest_open",
)
LOAN_FIGURES = (
    "principal_outstanding",
    "interest_open",
    "interest_deferred",
    "overdue_interest_open",
    "late_interest_open",
    "accrued_interest",
    "credit",
    "days_past_due",
    "debt_group",
)


def contents(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {
        table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables
    }


def count_of(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def differences(session: Session, today: date) -> list[Difference]:
    """What `loanfund verify` finds."""
    return list(verify(session, today, lambda _done, _all: None))


def accounts_by_day(session: Session, day: Any = LedgerEntry.value_date) -> AccountsByDay:
    """How each account of each loan changed on each day, debit positive."""
    contracts = {row.id: row.contract_number for row in session.scalars(select(Loan))}
    sums: AccountsByDay = {}
    rows = session.execute(
        select(
            LedgerEntry.loan_id, day, LedgerEntry.debit, LedgerEntry.credit, LedgerEntry.amount
        )
    )
    for loan_id, on, debit, credit, amount in rows:
        contract = contracts.get(loan_id)
        for account, change in ((debit, amount.dong), (credit, -amount.dong)):
            key = contract, on, account
            sums[key] = sums.get(key, 0) + change
    return {key: change for key, change in sums.items() if change}


def balances(session: Session, contract: str | None, through: date) -> dict[str, int]:
    """The balance of every account of a loan by value date, debit positive."""
    sums: dict[str, int] = {}
    for (owner, on, account), change in accounts_by_day(session).items():
        if owner == contract and on <= through:
            sums[account] = sums.get(account, 0) + change
    return {account: balance for account, balance in sums.items() if balance}


def days_between(first: date, last: date, step: int = 1) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]


def derived(session: Session, days: Sequence[date], today: date) -> Json:
    """All that follows from contracts and events, on many days: loans, portfolio, ledger."""
    return {
        "loans": {
            (number, day): loan_json(session, number, day)
            for number in contract_numbers(session)
            for day in days
        },
        "portfolio": {day: portfolio_on(session, day, today) for day in days},
        "ledger": accounts_by_day(session),
        "differences": differences(session, today),
    }


def loan_json(session: Session, number: str, day: date) -> Json:
    """The result object of rules §11 with the final group; who has no id shows no id."""
    found = loan_at(session, number, Moment(day))
    return {**view(found.folded), "final_group": found.final_group}


def portfolio_on(session: Session, day: date, today: date) -> Json:
    return portfolio_json(portfolio_at(session, Moment(day), today), day, None)


def sources_on(session: Session, day: date, today: date) -> Json:
    """The figures of every source, under the names that the 2020 book's are known by."""
    return {
        one["source"]: {
            **{name: one[name] for name in SOURCE_FIGURES},
            "outstanding_by_own_group": one["outstanding_by_group"],
            "outstanding_of_loans_overdue": one["par"]["0"],
        }
        for one in portfolio_on(session, day, today)["sources"]
    }


def as_known(session: Session, number: str, day: date) -> Json:
    """Give a loan under the names that those of the 2020 book are known by."""
    found = loan_json(session, number, day)
    receipts = [row for row in found["transactions"] if row["type"] == "repayment"]
    figures = {name: found["position"][name] for name in LOAN_FIGURES}
    return {**figures, "receipts": len(receipts)}


def without_ids(result: Json) -> Json:
    """The same account with nothing that tells the order in which it was typed."""
    rows = [{**row, "id": None} for row in result["transactions"]]
    return {**result, "transactions": rows}


def verified(fund: Fund) -> list[Difference]:
    return differences(fund.session, fund.clock.today())
