"""What closing a month locks: every loan by source and group, and what sources set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from loanfund.domain.money import Money, total


@dataclass(frozen=True, slots=True)
class LockedLoan:
    """Where a loan stands at the month's end; `group` is None unless it is active.

    `interest` is all that is charged and open; `rest` is the fingerprint of everything else
    that the month keeps of it.
    """

    contract: str
    source: str
    group: int | None
    principal: Money
    interest: Money
    specific: Money
    rest: str


@dataclass(frozen=True, slots=True)
class LockedSource:
    """A source at the month's end: its general provision, and all provisions held so far.

    Overdue and bad debt are as the source counts them (rules §10).
    """

    code: str
    general: Money
    held: Money
    overdue_debt: Money
    bad_debt: Money


@dataclass(frozen=True, slots=True)
class Moved:
    """A loan that no longer stands as it was seen; None where it was not there, or is not."""

    contract: str
    then: LockedLoan | None
    now: LockedLoan | None


@dataclass(frozen=True, slots=True)
class Locked:
    """All loans by contract number and all sources by code, at the end of a month."""

    loans: tuple[LockedLoan, ...]
    sources: tuple[LockedSource, ...]

    @property
    def outstanding(self) -> Money:
        """All principal outstanding."""
        return total([one.principal for one in self.loans])

    @property
    def required(self) -> Money:
        """All provisions that must stand."""
        general = [one.general for one in self.sources]
        return total([*general, *(one.specific for one in self.loans)])

    @property
    def provisions(self) -> Money:
        """By how much the close changes all provisions."""
        return self.required - total([one.held for one in self.sources])

    def moved_to(self, now: Locked) -> Iterator[Moved]:
        """Give each loan that stands otherwise now, by contract number."""
        then_by = {one.contract: one for one in self.loans}
        now_by = {one.contract: one for one in now.loans}
        for contract in sorted(then_by.keys() | now_by.keys()):
            then, stands = then_by.get(contract), now_by.get(contract)
            if then != stands:
                yield Moved(contract, then, stands)


def dump_locked(locked: Locked) -> dict[str, Any]:
    """Give what is locked as plain JSON: a row a loan and a row a source, in đồng."""
    return {
        "loans": [_row(one) for one in locked.loans],
        "sources": [_row(one) for one in locked.sources],
    }


def load_locked(stored: Mapping[str, Any]) -> Locked:
    """Give what `dump_locked` stored."""
    return Locked(
        tuple(_loan(row) for row in stored["loans"]),
        tuple(_source(row) for row in stored["sources"]),
    )


def dump_moved(moved: Moved) -> dict[str, Any]:
    """Give a loan that moved as plain JSON."""
    then, now = (None if one is None else _row(one) for one in (moved.then, moved.now))
    return {"contract": moved.contract, "then": then, "now": now}


def load_moved(stored: Mapping[str, Any]) -> Moved:
    """Give what `dump_moved` stored."""
    then, now = (stored[name] and _loan(stored[name]) for name in ("then", "now"))
    return Moved(stored["contract"], then, now)


def _row(one: LockedLoan | LockedSource) -> list[Any]:
    values = (getattr(one, field.name) for field in fields(one))
    return [value.dong if isinstance(value, Money) else value for value in values]


def _loan(row: list[Any]) -> LockedLoan:
    contract, source, group, principal, interest, specific, rest = row
    amounts = (Money(principal), Money(interest), Money(specific))
    return LockedLoan(contract, source, group, *amounts, rest)


def _source(row: list[Any]) -> LockedSource:
    code, *amounts = row
    return LockedSource(code, *(Money(amount) for amount in amounts))
