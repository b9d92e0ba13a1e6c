"""How the books name accounts and causes, and the rows that they all begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.book_voucher import about_cause
from loanfund.domain.posting import Account
from loanfund.domain.report import Cell, Look, Said
from loanfund.queries._report import Question
from loanfund.store.book_voucher import month_numbers
from loanfund.store.journal import JournalRow, Span
from loanfund.store.setting import load_settings

RESTATED = Said("report.note.restated")
# Which accounts that are no event's are debited when they happen; others when taken back.
DEBITS = {
    "charge": {Account.INTEREST_RECEIVABLE, Account.OFF_BALANCE_INTEREST},
    "overdue": {Account.PRINCIPAL_OVERDUE},
    "off_balance": {
        Account.INTEREST_INCOME,
        Account.ENTRUSTED_INTEREST_PAYABLE,
        Account.OFF_BALANCE_INTEREST,
    },
    "credit": {Account.BORROWER_CREDIT, Account.OFF_BALANCE_CONTRA},
}


def span_of(question: Question) -> Span:
    """Give the question as one of booking dates."""
    return Span(
        first=question.first,
        last=question.as_of,
        known_at=question.known_at,
        source=question.source,
    )


def account_numbers(session: Session, question: Question) -> Mapping[Account, str]:
    """Give the fund's own numbers of accounts at the end of the period."""
    settings = load_settings(session, question.known_at, keys=("account_numbers",))
    numbers = settings.get("account_numbers", question.as_of)
    return {Account(code): number for code, number in numbers.items()}


def account_name(account: Account) -> Said:
    """Give what an account is called."""
    return Said(f"account.{account.value}")


def account_title(numbers: Mapping[Account, str], account: Account) -> Said:
    """Give what stands above the table of an account, with the fund's number if it has one."""
    if account not in numbers:
        return account_name(account)
    facts = {"account": account_name(account), "number": numbers[account]}
    return Said("report.part.account", facts)


def account_cell(numbers: Mapping[Account, str], account: Account) -> Cell:
    """Give the fund's number of an account, else what it is called."""
    return numbers.get(account) or account_name(account)


def look_of(row: JournalRow) -> Look:
    """Mark a row booked later than it took effect: it restates a closed month."""
    return Look.MARKED if row.value_date < row.booking_date else Look.PLAIN


@dataclass(frozen=True, slots=True)
class Vouchers:
    """What the rows of the books are booked by: an event's voucher, or a closed month's."""

    of_months: Mapping[str, str]

    def number_of(self, row: JournalRow) -> str:
        """Give the number of a row's voucher; nothing while its month has none."""
        return row.number or self.of_months.get(about_cause(row.cause, row.booking_date), "")


def vouchers_of(session: Session, question: Question) -> Vouchers:
    """Give the vouchers of the books that were issued by the instant asked about."""
    return Vouchers(month_numbers(session, question.known_at))


def cause_words(row: JournalRow) -> Said:
    """Say in words what a row was booked for."""
    kind, _, rest = row.cause.partition(":")
    if kind == "event":
        words = Said(f"report.cause.{row.event_type}")
        if row.undoes:
            return Said("report.cause.undone", {"cause": words, "number": row.undoes})
        if row.by_number:
            return Said("report.cause.because", {"cause": words, "number": row.by_number})
        return words
    if kind == "capital":
        facts = {"contributor": row.contributor or "", "number": row.undoes or ""}
        return Said(
            "report.cause.capital_undone" if row.undoes else "report.cause.capital", facts
        )
    if kind == "provision":
        year, _, month = rest.rpartition(":")[2].partition("-")
        return Said("report.cause.provision", {"month": f"{month}/{year}"})
    component, _, day = rest.rpartition(":")
    name = f"{kind}.{component}" if component else kind
    words = Said(f"report.cause.{name}", {"day": date.fromisoformat(day)})
    is_back = row.debit not in DEBITS[kind]
    return Said("report.cause.taken_back", {"cause": words}) if is_back else words


def whose(row: JournalRow) -> str:
    """Give the borrower of a loan's row, the contributor of a movement of capital."""
    return row.borrower or row.contributor or ""
