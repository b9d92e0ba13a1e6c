"""Vouchers of money that moved: what a receipt or payment voucher says of one event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from loanfund.domain.account import Transaction, left_to_recover
from loanfund.domain.event import MoneyEvent
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.movement import Move
from loanfund.domain.posting import MEMO_ACCOUNTS, Account, Books
from loanfund.domain.statement_parts import Borrower, Head

RECEIPT, PAYMENT_VOUCHER = "receipt", "payment_voucher"  # phiếu thu 01-TT, phiếu chi 02-TT
KIND_OF = {
    "repayment": RECEIPT,
    "recovery": RECEIPT,
    "disbursement": PAYMENT_VOUCHER,
    "credit_refund": PAYMENT_VOUCHER,
}
PARTS = ("principal", "interest", "overdue_interest", "late_interest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One amount of the box: a part of the money, or what is left after it."""

    name: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An account that the money went through, and the fund's own number of it, if any."""

    account: Account
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one event did to the loan: the parts of its money, balances left, dues, accounts."""

    parts: tuple[Part, ...]
    left: tuple[Part, ...]
    dues: tuple[date, ...]
    debit: tuple[Booked, ...]
    credit: tuple[Booked, ...]
    tranche: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """The reversal that took the event back, and the voucher that stands in its place."""

    number: str
    at: datetime
    by: str
    reason: str
    replaced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A print after the first one; `differs` where the parts were computed anew since."""

    number: int
    first_printed_at: datetime
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyVoucher:
    """A receipt (phiếu thu) or payment voucher (phiếu chi) as it is printed."""

    kind: str
    type: str
    sequence: int
    head: Head
    circular: str
    number: str
    value_date: date
    party: str
    amount: Money
    method: str
    reference: str
    note: str
    taken: Taken
    recorded_at: datetime
    recorded_by: str
    replaces: str = ""
    struck: Struck | None = None
    copy: Copy | None = None

    @property
    def borrower(self) -> Borrower:
        """The cooperative whose loan it is."""
        return self.head.borrower


def taken(
    folded: FoldedLoan, event: MoneyEvent, books: Books, numbers: dict[str, str]
) -> Taken:
    """Give what an event of a loan, folded through its day, did; it must count there."""
    rows = folded.transactions()
    place = next(at for at, row in enumerate(rows) if row.event == event.id)
    upto = rows[: place + 1]
    debit, credit = _accounts(folded, event, books, numbers)
    lent = [one for one in upto if one.type == "disbursement"]
    return Taken(
        parts=tuple(_parts(upto[-1])),
        left=tuple(_left(folded, upto)),
        dues=_dues(folded, event.id),
        debit=debit,
        credit=credit,
        tranche=len(lent) if event.type == "disbursement" else 0,
    )


def _parts(row: Transaction) -> Iterator[Part]:
    """Give the parts that money in adds up from; money out has none."""
    if KIND_OF[row.type] == PAYMENT_VOUCHER:
        return
    for name in PARTS:
        amount = getattr(row, name)
        if amount or row.type == "repayment":
            yield Part(name=name, amount=amount)
    if row.credit:
        name = "credit" if row.credit.dong > 0 else "credit_used"
        yield Part(name=name, amount=row.credit)


def _left(folded: FoldedLoan, upto: Sequence[Transaction]) -> Iterator[Part]:
    """Give the balances after the event that its kind of voucher states."""
    row = upto[-1]
    if row.type == "disbursement":
        lent = total([one.amount for one in upto if one.type == "disbursement"])
        yield Part(name="disbursed", amount=lent)
        limit = folded.history.terms.amount
        yield Part(name="undisbursed", amount=max(NOTHING, limit - lent))
    if row.type == "credit_refund":
        yield Part(name="credit_left", amount=total([one.credit for one in upto]))
    if any(one.type == "write_off" for one in upto):
        yield Part(name="left_to_recover", amount=left_to_recover(upto))
    else:
        yield Part(name="principal_balance", amount=row.principal_balance)


def _dues(folded: FoldedLoan, event: str) -> tuple[date, ...]:
    """Give the due dates of the interest that an event paid."""
    assert folded.state is not None
    days = {
        one.charge.due
        for one in folded.state.movements
        if one.event == event and one.move is Move.PAID_CHARGE and one.charge is not None
    }
    return tuple(date.fromordinal(day) for day in sorted(days))


def _accounts(
    folded: FoldedLoan, event: MoneyEvent, books: Books, numbers: dict[str, str]
) -> tuple[tuple[Booked, ...], tuple[Booked, ...]]:
    """Give the accounts on and off which the event's transfers go, memo accounts aside."""
    cause = f"event:{event.id}"
    keys = [key for key in folded.wanted(books) if key.cause == cause]
    on = [key for key in keys if key.debit not in MEMO_ACCOUNTS]
    debit = dict.fromkeys(key.debit for key in on)
    credit = dict.fromkeys(key.credit for key in on)
    return (
        tuple(Booked(account=one, number=numbers.get(one.value, "")) for one in debit),
        tuple(Booked(account=one, number=numbers.get(one.value, "")) for one in credit),
    )
