"""Which reports there are: what builds each, and what its address may say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from sqlalchemy.orm import Session

from loanfund.domain.calendar import month_end
from loanfund.domain.portfolio import GROUPS as DEBT_GROUPS
from loanfund.domain.posting import Account
from loanfund.domain.report import Report
from loanfund.queries._report import Question
from loanfund.queries.account_ledger import account_ledger
from loanfund.queries.cash_book import cash_book
from loanfund.queries.half_year import half_year
from loanfund.queries.journal import journal
from loanfund.queries.report_bad_debt import bad_debt_report
from loanfund.queries.report_capital import capital_report
from loanfund.queries.report_classification import classification_report
from loanfund.queries.report_daily import daily_list
from loanfund.queries.report_flows import disbursements_report, receipts_report
from loanfund.queries.report_loans import loans_report
from loanfund.queries.report_overdue import overdue_report
from loanfund.queries.report_sources import sources_report
from loanfund.queries.trial_balance import trial_balance


class Days(Enum):
    """The days a report speaks of when its address names none."""

    DAY = "day"
    YEAR = "year"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A report of the catalogue; of `accounts` and `groups` it can be asked about one."""

    name: str
    build: Callable[[Session, Question], Report]
    days: Days
    has_dimension: bool = False
    has_paper: bool = True
    accounts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def is_period(self) -> bool:
        """Say whether the report is of a period, not of one day."""
        return self.days is not Days.DAY

    def default_days(self, today: date) -> tuple[date, date]:
        """Give the year or the month so far; on a month's first day the month before."""
        if self.days is Days.MONTH:
            first = (today - timedelta(days=1)).replace(day=1)
            return first, min(today, month_end(first))
        return today.replace(month=1, day=1), today


PORTFOLIO = (
    Offer(name="half_year", build=half_year, days=Days.YEAR),
    Offer(name="sources", build=sources_report, days=Days.YEAR),
    Offer(name="loans", build=loans_report, days=Days.DAY),
    Offer(
        name="classification",
        build=classification_report,
        days=Days.DAY,
        groups=tuple(map(str, DEBT_GROUPS)),
    ),
    Offer(name="overdue", build=overdue_report, days=Days.DAY),
    Offer(name="bad_debt", build=bad_debt_report, days=Days.YEAR, has_dimension=True),
    Offer(name="capital", build=capital_report, days=Days.YEAR),
    Offer(name="receipts", build=receipts_report, days=Days.MONTH),
    Offer(
        name="disbursements",
        build=disbursements_report,
        days=Days.YEAR,
        has_dimension=True,
    ),
    Offer(name="daily_list", build=daily_list, days=Days.DAY),
)
MONEY_FIRST = (Account.BANK, Account.CASH)
ACCOUNTS = tuple(dict.fromkeys((*MONEY_FIRST, *Account)))
BOOKS = (
    Offer(name="journal", build=journal, days=Days.MONTH),
    Offer(name="cash_book", build=cash_book, days=Days.MONTH),
    Offer(
        name="account_ledger",
        build=account_ledger,
        days=Days.MONTH,
        accounts=tuple(account.value for account in ACCOUNTS),
    ),
    Offer(name="trial_balance", build=trial_balance, days=Days.MONTH),
)
GROUPS = (("portfolio", PORTFOLIO), ("books", BOOKS))
OFFERS = {offer.name: offer for _, offers in GROUPS for offer in offers}
