"""Vouchers of what no event of a loan is: capital moved, and what a closed month booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from loanfund.domain.money import Money, total
from loanfund.domain.posting import MEMO_ACCOUNTS
from loanfund.domain.statement_parts import Fund
from loanfund.domain.voucher import Copy, Entry, Struck, VoucherKind


class Booking(StrEnum):
    """What such a voucher is about."""

    CAPITAL = "capital"
    PROVISION = "provision"
    INTEREST = "interest"
    TRANSFER = "transfer"


# What a month books by itself, and how the causes of its transfers begin.
CAUSES = {
    Booking.PROVISION: ("provision:",),
    Booking.INTEREST: ("charge:",),
    Booking.TRANSFER: ("overdue:", "off_balance:", "credit:"),
}
MONTHLY = tuple(CAUSES)


def about_month(booking: Booking, last: date) -> str:
    """Name what a voucher of a closed month is about."""
    return f"{booking}:{last:%Y-%m}"


def about_cause(cause: str, booked: date) -> str:
    """Name the month's voucher of a cause; nothing where a voucher of its own caused it."""
    for booking, beginnings in CAUSES.items():
        if cause.startswith(beginnings):
            return about_month(booking, booked)
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLine:
    """An entry, and whose it is: a contract, or a capital source."""

    whose: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class BookVoucher:
    """What was booked, by whom and with whose approval; `about` names what it is of.

    `of` is the voucher of the movement that this one undoes, `account` the fund's at its bank.
    """

    kind: VoucherKind
    booking: Booking
    about: str
    fund: Fund
    number: str
    value_date: date
    party: str
    note: str
    recorded_by: str
    approved_by: str
    lines: tuple[BookLine, ...]
    account: str = ""
    of: str = ""
    struck: Struck | None = None
    copy: Copy | None = None

    @property
    def amount(self) -> Money:
        """What the entries on the balance sheet come to; of memo entries alone, those."""
        entries = [one.entry for one in self.lines]
        on = [one for one in entries if one.debit.account not in MEMO_ACCOUNTS]
        return total([one.amount for one in on or entries])


def kind_of_capital(amount: Money, *, undoes: bool) -> VoucherKind:
    """Give the voucher of capital that came or went: through the bank, as the ledger has it.

    What undoes a movement moved no money.
    """
    if undoes:
        return VoucherKind.JOURNAL_VOUCHER
    return VoucherKind.BANK_RECEIPT if amount.dong > 0 else VoucherKind.BANK_PAYMENT
