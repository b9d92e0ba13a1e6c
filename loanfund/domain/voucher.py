"""Vouchers (chứng từ): of which kind an event has one, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import assert_never, cast

from loanfund.domain.account import Transaction, left_to_recover
from loanfund.domain.event import (
    Amend,
    AnyEvent,
    CreditRefund,
    Disbursement,
    Event,
    Freeze,
    InterestWaiver,
    MoneyEvent,
    PaymentMethod,
    RateChange,
    Recovery,
    Repayment,
    Reschedule,
    Reversal,
    WriteOff,
)
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.movement import Move
from loanfund.domain.posting import MEMO_ACCOUNTS, Account, Books, TransferKey
from loanfund.domain.statement_parts import Borrower, Head


class VoucherKind(StrEnum):
    """Cash has the two forms of the accounting circular; the others are the fund's own."""

    RECEIPT = "receipt"  # phiếu thu, 01-TT
    PAYMENT_VOUCHER = "payment_voucher"  # phiếu chi, 02-TT
    BANK_RECEIPT = "bank_receipt"  # chứng từ thu tiền gửi
    BANK_PAYMENT = "bank_payment"  # chứng từ chi tiền gửi
    JOURNAL_VOUCHER = "journal_voucher"  # phiếu kế toán: entries without money


SERIES = {
    VoucherKind.RECEIPT: "PT",
    VoucherKind.PAYMENT_VOUCHER: "PC",
    VoucherKind.BANK_RECEIPT: "TTG",
    VoucherKind.BANK_PAYMENT: "CTG",
    VoucherKind.JOURNAL_VOUCHER: "PKT",
}
CASH = (VoucherKind.RECEIPT, VoucherKind.PAYMENT_VOUCHER)
RECEIPTS = (VoucherKind.RECEIPT, VoucherKind.BANK_RECEIPT)
MONEY_IN, MONEY_OUT = ("repayment", "recovery"), ("disbursement", "credit_refund")
PARTS = ("principal", "interest", "overdue_interest", "late_interest")


def kind_of(
    event: Event, folded: FoldedLoan, earlier: Mapping[str, Event]
) -> VoucherKind | None:
    """Give what voucher an event has; None where it posts nothing of its own.

    The loan is folded with it; `earlier` are its events by id, for what a reversal takes back.
    """
    known = cast(AnyEvent, event)
    match known:
        case Disbursement() | Repayment() | Recovery() | CreditRefund():
            return kind_of_money(known)
        case Reversal():
            posts = not isinstance(earlier[known.of], RateChange | Freeze | Amend)
        case Reschedule() | InterestWaiver() | WriteOff() | RateChange() | Freeze() | Amend():
            moves = folded.state.movements if folded.state else ()
            posts = any(one.event == known.id for one in moves)
        case _:
            assert_never(known)
    return VoucherKind.JOURNAL_VOUCHER if posts else None


def kind_of_money(event: MoneyEvent) -> VoucherKind:
    """Give the voucher of money, by the way it took."""
    is_cash = event.method is PaymentMethod.CASH
    if event.type in MONEY_IN:
        return VoucherKind.RECEIPT if is_cash else VoucherKind.BANK_RECEIPT
    return VoucherKind.PAYMENT_VOUCHER if is_cash else VoucherKind.BANK_PAYMENT


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
class Entry:
    """One transfer that a voucher stands for."""

    debit: Booked
    credit: Booked
    amount: Money


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
class _Voucher:
    """What every voucher says: of which event, by whom recorded, whether it still counts."""

    kind: VoucherKind
    type: str
    sequence: int
    head: Head
    number: str
    value_date: date
    reference: str
    note: str
    recorded_at: datetime
    recorded_by: str
    struck: Struck | None = None
    copy: Copy | None = None

    @property
    def borrower(self) -> Borrower:
        """The cooperative whose loan it is."""
        return self.head.borrower


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyVoucher(_Voucher):
    """Money that came or went, by cash or through the fund's account at its bank."""

    circular: str
    party: str
    amount: Money
    method: PaymentMethod
    taken: Taken
    account: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalVoucher(_Voucher):
    """Entries without money; `of` is the voucher that a reversal takes back."""

    entries: tuple[Entry, ...]
    approved_by: str = ""
    of: str = ""

    @property
    def amount(self) -> Money:
        """What the entries on the balance sheet come to; of memo entries alone, those."""
        on = [one for one in self.entries if one.debit.account not in MEMO_ACCOUNTS]
        return total([one.amount for one in on or self.entries])


AnyVoucher = MoneyVoucher | JournalVoucher


def taken(
    folded: FoldedLoan, event: MoneyEvent, books: Books, numbers: Mapping[str, str]
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


def entries(
    folded: FoldedLoan, event: str, books: Books, numbers: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Give the transfers that an event of a folded loan itself implies (rules §13)."""
    wanted = folded.wanted(books)
    return tuple(
        Entry(
            debit=_booked(key.debit, numbers),
            credit=_booked(key.credit, numbers),
            amount=Money(wanted[key]),
        )
        for key in _of_event(wanted, event)
    )


def taken_back(found: Sequence[Entry]) -> tuple[Entry, ...]:
    """Give the transfers that undo others."""
    return tuple(Entry(debit=one.credit, credit=one.debit, amount=one.amount) for one in found)


def _parts(row: Transaction) -> Iterator[Part]:
    """Give the parts that money in adds up from; money out has none."""
    if row.type in MONEY_OUT:
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
    folded: FoldedLoan, event: MoneyEvent, books: Books, numbers: Mapping[str, str]
) -> tuple[tuple[Booked, ...], tuple[Booked, ...]]:
    """Give the accounts on and off which the event's transfers go, memo accounts aside."""
    keys = _of_event(folded.wanted(books), event.id)
    on = [key for key in keys if key.debit not in MEMO_ACCOUNTS]
    debit = dict.fromkeys(key.debit for key in on)
    credit = dict.fromkeys(key.credit for key in on)
    return (
        tuple(_booked(one, numbers) for one in debit),
        tuple(_booked(one, numbers) for one in credit),
    )


def _of_event(wanted: Mapping[TransferKey, int], event: str) -> list[TransferKey]:
    return [key for key in wanted if key.cause == f"event:{event}"]


def _booked(account: Account, numbers: Mapping[str, str]) -> Booked:
    return Booked(account=account, number=numbers.get(account.value, ""))
