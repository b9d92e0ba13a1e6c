"""The totals that a paper states, for whoever holds it and compares: no more than is on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from loanfund.domain.account import LoanStatus
from loanfund.domain.book_voucher import BookVoucher
from loanfund.domain.money import Money
from loanfund.domain.notice import NOTICES, read_notice
from loanfund.domain.plain import from_json
from loanfund.domain.to_pay import ToPay
from loanfund.domain.voucher import JournalVoucher
from loanfund.store.paper import STATEMENT


@dataclass(frozen=True, slots=True)
class Stated:
    """A total by its name, of a day where the paper names one for it."""

    name: str
    amount: Money
    day: date | None = None


def totals_of(kind: str, content: Mapping[str, Any]) -> tuple[Stated, ...]:
    """Give the totals of a paper in the order in which it states them."""
    if kind == STATEMENT:
        return tuple(_of_statement(content))
    if kind in NOTICES:
        return tuple(_of_notice(content))
    return tuple(_of_voucher(kind, content))


def _of_statement(content: Mapping[str, Any]) -> Iterator[Stated]:
    place = content["position"]
    if place["status"] == LoanStatus.WRITTEN_OFF:
        lost = place["written_off_principal"] + place["written_off_interest"]
        yield Stated("left_to_recover", Money(lost - place["recovered"]))
    else:
        yield Stated("principal", Money(content["closing"]["principal"]))
        if "to_pay" in content:  # not in papers of before
            yield from _asked(from_json(ToPay, content["to_pay"]))
        yield Stated("settlement", Money(place["settlement_amount"]))
    received = sum(one["amounts"]["received"] for one in content["totals"])
    yield Stated("received", Money(received))


def _asked(asked: ToPay) -> Iterator[Stated]:
    yield Stated("to_pay", asked.amount, asked.day)
    if asked.next_due is not None:
        yield Stated("next", asked.next_amount, asked.next_due.due_date)


def _of_notice(content: Mapping[str, Any]) -> Iterator[Stated]:
    notice = read_notice(content)
    yield Stated("to_pay", notice.to_pay, notice.told.day)
    if notice.on_deadline is not None:
        yield Stated("to_pay", notice.on_deadline.to_pay.amount, notice.deadline)


def _of_voucher(kind: str, content: Mapping[str, Any]) -> Iterator[Stated]:
    """Give what a voucher comes to, and the balances that it states."""
    yield Stated(f"amount.{kind}", _amount(content))
    for part in content["taken"]["left"] if "taken" in content else ():
        yield Stated(f"part.{part['name']}", Money(part["amount"]))


def _amount(content: Mapping[str, Any]) -> Money:
    if "amount" in content:
        return Money(content["amount"])
    if "sequence" in content:
        return from_json(JournalVoucher, content).amount
    return from_json(BookVoucher, content).amount
