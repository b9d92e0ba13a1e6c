"""What a month's collection sheet asks of a loan on a day: to pay now, and due by its end."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from loanfund.domain.money import NOTHING, Money, total
from loanfund.domain.state import INTEREST, LoanState
from loanfund.domain.statement_lines import coming
from loanfund.domain.terms import Surplus
from loanfund.domain.to_pay import ToPay, to_pay


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCollect:
    """What is to be brought on a day so that nothing of the month is open at its end.

    Arrears fell due before the day; the dues are of the day itself and of the rest of the
    month. amount = arrears + dues + penalties − credit, column by column, also in sums.
    """

    arrears_principal: Money = NOTHING
    arrears_interest: Money = NOTHING
    due_principal: Money = NOTHING
    due_interest: Money = NOTHING
    penalties: Money = NOTHING
    credit: Money = NOTHING

    @property
    def arrears(self) -> Money:
        """Principal and interest that fell due before the day."""
        return self.arrears_principal + self.arrears_interest

    @property
    def due(self) -> Money:
        """Principal and interest that fall due from the day through the month's end."""
        return self.due_principal + self.due_interest

    @property
    def amount(self) -> Money:
        """All of it, less the credit that will pay a part."""
        return self.arrears + self.due + self.penalties - self.credit


def to_collect(state: LoanState, day: int, last: int) -> ToCollect:
    """Give what to bring at the end of a day that the state has reached, through another.

    Nobody is asked for more than settles the loan. Where the contract prepays with a surplus,
    money brought for dues to come would not wait for them: only what is due is asked for.
    """
    now = to_pay(state, day)
    if state.terms.surplus is Surplus.PRINCIPAL:
        return _now(now)
    whole = _with(now, *_coming(state, day, last))
    settlement = _settlement(state, now)
    return settlement if settlement.amount < whole.amount else whole


def _now(now: ToPay) -> ToCollect:
    return ToCollect(
        arrears_principal=now.arrears_principal,
        arrears_interest=now.arrears_interest,
        due_principal=now.today_principal,
        due_interest=now.today_interest,
        penalties=now.penalties,
        credit=now.from_credit,
    )


def _with(now: ToPay, principal: Money, interest: Money, penalties: Money) -> ToCollect:
    """Add what falls due later; credit pays of it what it can."""
    found = _now(now)
    later = principal + interest + penalties
    return replace(
        found,
        due_principal=found.due_principal + principal,
        due_interest=found.due_interest + interest,
        penalties=found.penalties + penalties,
        credit=found.credit + min(now.credit_left, later),
    )


def _coming(state: LoanState, day: int, last: int) -> tuple[Money, Money, Money]:
    """Give principal, interest and charged penalties that fall due after a day, by another."""
    rows = coming(state, day, shown=None, through=last)
    moved = [one for one in state.deferred if one.kind is not INTEREST and one.due <= last]
    return (
        total([row.principal - row.prepaid for row in rows]),
        total([row.interest for row in rows]),
        Money(sum(one.open for one in moved)),
    )


def _settlement(state: LoanState, now: ToPay) -> ToCollect:
    """Give what settles the loan: interest in term through the day, and all principal."""
    if state.is_closed or state.is_written_off:
        return _now(now)
    moved = [one for one in state.deferred if one.kind is not INTEREST]
    interest = [one for one in state.deferred if one.kind is INTEREST]
    return _with(
        now,
        Money(state.outstanding) - now.principal,
        Money(state.in_term.amount + sum(one.open for one in interest)),
        Money(sum(one.open for one in moved)),
    )


def total_to_collect(found: list[ToCollect]) -> ToCollect:
    """Give the sum of some loans."""
    names = [one.name for one in fields(ToCollect)]
    return ToCollect(**{name: total([getattr(one, name) for one in found]) for name in names})
