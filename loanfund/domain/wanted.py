"""Which transfers a loan's history implies: the posting table of rules §13, row by row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from loanfund.domain.accrual import Charge
from loanfund.domain.calendar import month_ends
from loanfund.domain.debt_group import DebtGroups
from loanfund.domain.event import DatedEvent, MoneyEvent, PaymentMethod
from loanfund.domain.movement import Move, Movement
from loanfund.domain.posting import Account, Books, TransferKey, differences
from loanfund.domain.state import INTEREST, LoanState


def wanted_transfers(
    state: LoanState,
    groups: DebtGroups,
    events: Mapping[str, DatedEvent],
    books: Books,
    days: tuple[date, date],
) -> dict[TransferKey, int]:
    """Give the transfers that should stand, all positive.

    `days` are the last day whose transfers are left out, and the last whose are wanted.
    """
    after, through = days
    poster = _Poster(state, groups, events, books, after.toordinal())
    movements = _telling(state.movements, after.toordinal())
    begins = date.fromordinal(movements[0].day) if movements else state.start
    ends = iter(month_ends(begins, through))
    month_end = next(ends, None)
    for movement in movements:
        while month_end is not None and month_end.toordinal() < movement.day:
            poster.end_month(month_end)
            month_end = next(ends, None)
        poster.post(movement)
    while month_end is not None:
        poster.end_month(month_end)
        month_end = next(ends, None)
    return dict(differences(poster.wanted, {}))


def _telling(movements: Sequence[Movement], after: int) -> Sequence[Movement]:
    """Leave out what has nothing to tell of the days after one.

    Of the days before, charges that were settled by then are over; which others stand on the
    balance sheet depends on all that happened to them.
    """
    first = bisect_right(movements, after, key=lambda one: one.day)
    if not first:
        return movements
    later = movements[first:]
    moved = {id(one.charge) for one in later}
    earlier = [
        one
        for one in movements[:first]
        if one.charge is not None and (one.charge.open or id(one.charge) in moved)
    ]
    return [*earlier, *later]


class _Poster:
    """The running picture of which charges are on the balance sheet."""

    def __init__(
        self,
        state: LoanState,
        groups: DebtGroups,
        events: Mapping[str, DatedEvent],
        books: Books,
        after: int,
    ) -> None:
        self.start = state.start
        self.after = after
        self.groups = groups
        self.events = events
        self.books = books
        self.wanted: dict[TransferKey, int] = {}
        self.on_balance: dict[int, tuple[Charge, int]] = {}

    def post(self, movement: Movement) -> None:
        """Add the transfers of one movement."""
        _RULES[movement.move](self, movement)

    def add(self, movement: Movement, debit: Account, credit: Account) -> None:
        """Want one transfer of the movement's amount."""
        if movement.day > self.after:
            self.want(_cause(movement), movement.day, debit, credit, movement.amount)

    def want(self, cause: str, day: int, debit: Account, credit: Account, amount: int) -> None:
        """Want a transfer; the same key adds up."""
        key = TransferKey(cause, date.fromordinal(day), debit, credit)
        self.wanted[key] = self.wanted.get(key, 0) + amount

    def money(self, movement: Movement) -> Account:
        """Give where a movement's money came from: cash, bank, or the borrower's credit."""
        if movement.event is None:
            return Account.BORROWER_CREDIT
        event = self.events[movement.event]
        assert isinstance(event, MoneyEvent)
        return Account.CASH if event.method is PaymentMethod.CASH else Account.BANK

    def income(self, charge: Charge) -> Account:
        """Give where a charge of this kind is income."""
        is_interest = charge.kind is INTEREST
        return self.books.interest_income if is_interest else self.books.overdue_interest_income

    def starts_on_balance(self, charge: Charge) -> bool:
        """Tell whether a charge is on balance: own group 1 at the last month end before it."""
        if charge.kind is not INTEREST:
            return False
        last_month_end = date.fromordinal(charge.end).replace(day=1).toordinal() - 1
        if last_month_end < self.start.toordinal():
            return True
        return self.groups.own_group(last_month_end) == 1

    def take_from_balance(self, charge: Charge, amount: int) -> bool:
        """Lessen what a charge has on balance; False where it stands off balance."""
        held = self.on_balance.get(id(charge))
        if held is None:
            return False
        left = held[1] - amount
        if left:
            self.on_balance[id(charge)] = (charge, left)
        else:
            del self.on_balance[id(charge)]
        return True

    def end_month(self, month_end: date) -> None:
        """Move open charges off balance where the own group is 2 to 5 at a month's end."""
        day = month_end.toordinal()
        if not self.on_balance or self.groups.own_group(day) == 1:
            return
        amount = sum(held for _, held in self.on_balance.values())
        self.on_balance.clear()
        self.move_off(f"off_balance:{month_end.isoformat()}", day, amount)

    def move_off(self, cause: str, day: int, amount: int) -> None:
        """Take interest out of the balance sheet and track it off balance."""
        if day <= self.after:
            return
        self.want(cause, day, self.books.interest_income, Account.INTEREST_RECEIVABLE, amount)
        self.want(cause, day, Account.OFF_BALANCE_INTEREST, Account.OFF_BALANCE_CONTRA, amount)


def _cause(movement: Movement) -> str:
    day = date.fromordinal(movement.day).isoformat()
    if movement.move is Move.CHARGED:
        assert movement.charge is not None
        return f"charge:{movement.charge.kind.value}:{day}"
    if movement.move is Move.FELL_OVERDUE:
        return f"overdue:{day}"
    return f"credit:{day}" if movement.event is None else f"event:{movement.event}"


def _charged(poster: _Poster, movement: Movement) -> None:
    charge = movement.charge
    assert charge is not None
    if poster.starts_on_balance(charge):
        poster.on_balance[id(charge)] = (charge, movement.amount)
        poster.add(movement, Account.INTEREST_RECEIVABLE, poster.books.interest_income)
    else:
        poster.add(movement, Account.OFF_BALANCE_INTEREST, Account.OFF_BALANCE_CONTRA)


def _paid_charge(poster: _Poster, movement: Movement) -> None:
    charge = movement.charge
    assert charge is not None
    money = poster.money(movement)
    if poster.take_from_balance(charge, movement.amount):
        poster.add(movement, money, Account.INTEREST_RECEIVABLE)
    else:
        poster.add(movement, money, poster.income(charge))
        poster.add(movement, Account.OFF_BALANCE_CONTRA, Account.OFF_BALANCE_INTEREST)


def _waived(poster: _Poster, movement: Movement) -> None:
    assert movement.charge is not None
    if poster.take_from_balance(movement.charge, movement.amount):
        poster.add(movement, poster.books.interest_income, Account.INTEREST_RECEIVABLE)
    else:
        poster.add(movement, Account.OFF_BALANCE_CONTRA, Account.OFF_BALANCE_INTEREST)


def _wrote_off_charge(poster: _Poster, movement: Movement) -> None:
    assert movement.charge is not None
    if poster.take_from_balance(movement.charge, movement.amount):
        poster.move_off(_cause(movement), movement.day, movement.amount)


def _wrote_off(principal: Account) -> Callable[[_Poster, Movement], None]:
    def rule(poster: _Poster, movement: Movement) -> None:
        poster.add(movement, poster.books.principal_loss, principal)
        poster.add(movement, Account.OFF_BALANCE_PRINCIPAL, Account.OFF_BALANCE_CONTRA)

    return rule


def _recovered(tracked: Account, owed_to: Account) -> Callable[[_Poster, Movement], None]:
    def rule(poster: _Poster, movement: Movement) -> None:
        income = Account.RECOVERY_INCOME if poster.books.bears_risk else owed_to
        poster.add(movement, poster.money(movement), income)
        poster.add(movement, Account.OFF_BALANCE_CONTRA, tracked)

    return rule


def _moves(debit: Account, credit: Account) -> Callable[[_Poster, Movement], None]:
    def rule(poster: _Poster, movement: Movement) -> None:
        poster.add(movement, debit, credit)

    return rule


def _money_to(account: Account) -> Callable[[_Poster, Movement], None]:
    def rule(poster: _Poster, movement: Movement) -> None:
        poster.add(movement, poster.money(movement), account)

    return rule


def _money_from(account: Account) -> Callable[[_Poster, Movement], None]:
    def rule(poster: _Poster, movement: Movement) -> None:
        poster.add(movement, account, poster.money(movement))

    return rule


_RULES: dict[Move, Callable[[_Poster, Movement], None]] = {
    Move.DISBURSED: _money_from(Account.PRINCIPAL_IN_TERM),
    Move.CHARGED: _charged,
    Move.FELL_OVERDUE: _moves(Account.PRINCIPAL_OVERDUE, Account.PRINCIPAL_IN_TERM),
    Move.PAID_IN_TERM: _money_to(Account.PRINCIPAL_IN_TERM),
    Move.PAID_OVERDUE: _money_to(Account.PRINCIPAL_OVERDUE),
    Move.PAID_CHARGE: _paid_charge,
    Move.CREDITED: _money_to(Account.BORROWER_CREDIT),
    Move.REFUNDED: _money_from(Account.BORROWER_CREDIT),
    Move.WAIVED: _waived,
    Move.NO_LONGER_OVERDUE: _moves(Account.PRINCIPAL_IN_TERM, Account.PRINCIPAL_OVERDUE),
    Move.WROTE_OFF_IN_TERM: _wrote_off(Account.PRINCIPAL_IN_TERM),
    Move.WROTE_OFF_OVERDUE: _wrote_off(Account.PRINCIPAL_OVERDUE),
    Move.WROTE_OFF_CHARGE: _wrote_off_charge,
    Move.RECOVERED_PRINCIPAL: _recovered(Account.OFF_BALANCE_PRINCIPAL, Account.ENTRUSTED_LOSS),
    Move.RECOVERED_INTEREST: _recovered(
        Account.OFF_BALANCE_INTEREST, Account.ENTRUSTED_INTEREST_PAYABLE
    ),
}
