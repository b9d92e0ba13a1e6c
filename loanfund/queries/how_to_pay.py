"""How a cooperative pays: which sums, what each is made of, and where to transfer them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from loanfund.domain.account import Position
from loanfund.domain.added import Added, added_by_a_day
from loanfund.domain.calendar import DayOff, day_off_for
from loanfund.domain.folded import FoldedLoan
from loanfund.domain.money import NOTHING, Money
from loanfund.domain.permission import Actor
from loanfund.domain.to_pay import ToPay
from loanfund.domain.voucher import PARTS
from loanfund.queries._picture import picture_rows
from loanfund.queries._standing import Moment
from loanfund.queries.portal import OwnLoan, folded_loan, own_loan_of
from loanfund.store.setting import load_settings

Parts = tuple[tuple[str, Money], ...]

FALL_DUE = {"today", "next"}
NUMBER_THEN_BANK = re.compile(r"\s*(\d[\d .-]{3,}\d)\s*[,;–-]\s*(\S.*)")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """The fund's account as it may be typed into a transfer; `bank` is where it is kept."""

    number: str
    bank: str = ""

    @property
    def typed(self) -> str:
        """The number without what only parts its digits."""
        plain = re.sub(r"[ .-]", "", self.number)
        return plain if plain.isdecimal() else self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One amount that may be paid, line by line; `tomorrow` is what a day later adds to it.

    Where it falls due on a day off, `off` says by when to pay.
    """

    name: str
    day: date
    amount: Money
    parts: tuple[tuple[str, Money], ...]
    tomorrow: Money = NOTHING
    off: DayOff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToPay:
    """The sums of a loan, the most urgent first, and where to transfer them."""

    loan: OwnLoan
    sums: tuple[Sum, ...]
    account: BankAccount | None


def how_to_pay(
    session: Session, actor: Actor, loan_id: int, day: date, today: date
) -> HowToPay:
    """Give how one loan of the cooperative is paid on a day, which may be one to come."""
    loan, folded, row, closed_on = folded_loan(session, actor, loan_id, Moment(day))
    own = own_loan_of(loan, folded, row, closed_on)

    def off(due: date) -> DayOff | None:
        return day_off_for(due, today, closed_on)

    return HowToPay(
        loan=own,
        sums=tuple(
            one if one.name not in FALL_DUE else replace(one, off=off(one.day))
            for one in _sums(own.to_pay, own.place, added_by_a_day(folded), _settled(folded))
        ),
        account=_account(session, day),
    )


def _sums(found: ToPay, place: Position, added: Added, settled: Parts) -> Iterator[Sum]:
    day, grows = found.day, added.to_pay
    if found.amount:
        name = "overdue" if found.is_overdue else "today"
        yield Sum(name=name, day=day, amount=found.amount, parts=found.parts, tomorrow=grows)
    if found.next_due:
        due, amount = found.next_due.due_date, found.next_amount
        yield Sum(name="next", day=due, amount=amount, parts=found.next_parts)
    if place.left_to_recover:
        yield Sum(name="written_off", day=day, amount=place.left_to_recover, parts=())
    if place.settlement_amount:
        grows, amount = added.settlement, place.settlement_amount
        yield Sum(name="all", day=day, amount=amount, parts=settled, tomorrow=grows)


def _settled(folded: FoldedLoan) -> Parts:
    """Give what the settlement amount is made of; credit takes away.

    What a freeze moved forward stays what it was: late interest is late interest.
    """
    owed = {row.component: row.before for row in picture_rows(folded, folded, None)}
    owed["credit"] = -owed["credit"]
    return tuple((name, owed[name]) for name in (*PARTS, "credit") if owed[name])


def _account(session: Session, day: date) -> BankAccount | None:
    """Part `2501 0000 000 000, Ngân hàng …` into what is typed and where it is."""
    said = str(
        load_settings(session, keys=("fund_bank_account",)).get("fund_bank_account", day)
    )
    found = NUMBER_THEN_BANK.fullmatch(said)
    if found:
        return BankAccount(found[1].strip(), found[2].strip())
    return BankAccount(said) if said else None
